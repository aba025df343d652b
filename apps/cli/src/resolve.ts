import { type Cohort, knowsWholeSlices, type SplitSizes } from '@semcrc/core';
import { type ResolvedPlan, resolvePlan } from '@semcrc/runner';
import type { Settings } from './settings.ts';
import type { SourceChoice } from './source.ts';

/** Settings with every default filled in. */
export interface Config extends ResolvedPlan {
  readonly source: SourceChoice;
}

/**
 * Fills in what was not said, sizes by the cohort's patients.
 *
 * @param smallest tolerance that the split is for, where it serves several
 */
export function resolveConfig(
  settings: Settings,
  source: SourceChoice,
  cohort: Pick<Cohort, 'patients' | 'preparing' | 'profiled'>,
  smallest?: number,
): Config {
  return { source, ...resolvePlan(settings, cohort, smallest) };
}

/**
 * Says where the shortest design is not what it is elsewhere: a default never fails for that.
 *
 * @returns a sentence, or null
 */
export function designNote(
  { preset, procedures, options }: Pick<Config, 'preset' | 'procedures' | 'options'>,
  { preparing }: Pick<Cohort, 'preparing'>,
): string | null {
  const designed =
    preset === 'shortest' || procedures.includes('shortest') || procedures.includes('organ-shortest');
  if (!designed || knowsWholeSlices(preparing) || options.heuristic !== 'quantile') return null;
  return (
    'the scans are resampled, or keep nothing of what their slices showed around them, so strata cannot be learned: ' +
    'shortest takes strata of intensity and width'
  );
}

/** `config` of experiment.json: every option on one level, in camelCase. */
export function flatConfig({ options, source, ...rest }: Config): Record<string, unknown> {
  return { ...source, ...rest, ...options };
}

/** How many patients optimize, calibrate and are held out: numbers that add up, where `nCal` counts the first twice. */
export function splitText({ nOpt, nCal, nTest }: SplitSizes, patients: number): string {
  const left = patients - nCal - nTest;
  const unused = left > 0 ? `, ${left} not used` : '';
  return `${nOpt} to optimize, ${nCal - nOpt} to calibrate, ${nTest} held out${unused} (of ${patients} patients)`;
}
