import {
  type Cohort,
  defaultSizes,
  type ExperimentPlan,
  knowsWholeSlices,
  type Labels,
  PAPER_PROCEDURES,
  PRESETS,
  type ProcedureOptions,
  ExperimentPlan as planSchema,
  type SplitSizes,
  shortestOptions,
} from '@semcrc/core';
import { canonicalName } from '@semcrc/imaging';
import { SemcrcError } from '@semcrc/kernels';
import { Create } from 'typebox/value';
import type { Settings } from './settings.ts';
import type { SourceChoice } from './source.ts';

const { epsilons, runs: runsSchema, seed: seedSchema } = planSchema.properties;

/** Settings with every default filled in. */
export interface Config extends SplitSizes {
  readonly source: SourceChoice;
  readonly procedures: ExperimentPlan['procedures'];
  readonly epsilon: number;
  readonly runs: number;
  readonly seed: number;
  readonly preset: keyof typeof PRESETS;
  /** `control` names organs as they were given. */
  readonly options: ProcedureOptions;
}

/** The tolerance that settings name. */
export const toleranceOf = ({ epsilon = Create(epsilons.items) }: Settings): number => epsilon;

/**
 * Fills in what was not said, sizes by the cohort's patients.
 *
 * @param smallest tolerance that the split is for, where it serves several
 */
export function resolveConfig(
  settings: Settings,
  source: SourceChoice,
  cohort: Pick<Cohort, 'patients' | 'preparing' | 'profiled'>,
  smallest = toleranceOf(settings),
): Config {
  const { preset = 'paper' } = settings;
  const sizes = given(settings, ['nOpt', 'nCal', 'nTest']);
  const patients = new Set(cohort.patients).size;
  const designed =
    preset === 'shortest' ? shortestOptions(cohort.preparing, settings.heuristic) : PRESETS[preset];
  const options = cohort.profiled
    ? { ...(asksForDesign(settings) ? designed : PROFILED_DESIGN), ...cohort.profiled.heuristic }
    : designed;
  return {
    source,
    procedures: settings.procedures ?? (cohort.profiled ? ['sem-crc'] : defaultProcedures(settings)),
    epsilon: toleranceOf(settings),
    runs: settings.runs ?? Create(runsSchema),
    seed: settings.seed ?? Create(seedSchema),
    ...defaultSizes(patients, sizes, { preset: settings.preset, epsilon: smallest }),
    preset,
    options: { ...options, ...given(settings, Object.keys(options) as (keyof ProcedureOptions)[]) },
  };
}

/** Options that make a design of one's own. */
export const DESIGN: readonly (keyof Settings)[] = [
  ...(['preset', 'anchor', 'anchorVoxels', 'gap', 'backtrack'] as const),
  ...(['sides', 'strata', 'shrink', 'recentre'] as const),
];

/** The shortest intervals that profiles give: those of sem-crc without strata. */
const PROFILED_DESIGN: ProcedureOptions = {
  ...PRESETS.paper,
  ...{ anchor: 'envelope', backtrack: 'path', sides: 'two' },
};

/** Whether procedures or a design were named: what profiles are calibrated by is then as it was said. */
const asksForDesign = (settings: Settings): boolean =>
  settings.procedures !== undefined || DESIGN.some((name) => settings[name] !== undefined);

/** The paper's four and the shortest; with a preset those that take all that it sets. */
function defaultProcedures({ preset }: Settings): ExperimentPlan['procedures'] {
  if (preset === undefined) return [...PAPER_PROCEDURES, 'shortest'];
  return preset === 'paper' ? PAPER_PROCEDURES : ['sem-crc'];
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

/** Those of some settings that were given. */
function given<Name extends keyof Settings>(
  settings: Settings,
  names: readonly Name[],
): Pick<Settings, Name> {
  const entries = names.filter((name) => settings[name] !== undefined).map((name) => [name, settings[name]]);
  return Object.fromEntries(entries);
}

/** What the runner is asked to do. @param labels of the cohort: `control` is spelt as they are */
export function planOf(config: Config, labels: Labels): ExperimentPlan {
  const { procedures, epsilon, runs, seed, nOpt, nCal, nTest, options } = config;
  const control = options.control.map((name) => labelNamed(name, labels));
  const sizes = { nOpt, nCal, nTest };
  return { procedures, epsilons: [epsilon], runs, seed, ...sizes, options: { ...options, control } };
}

function labelNamed(name: string, labels: Labels): string {
  const found = Object.values(labels).find((label) => canonicalName(label) === canonicalName(name));
  if (found !== undefined) return found;
  throw new SemcrcError(
    'usage',
    `\`control\` names ${name}, which the cohort does not have; it has ${Object.values(labels).join(', ')}`,
    { data: { options: ['control'], label: name } },
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
