import {
  type ExperimentPlan,
  type Labels,
  PAPER_PROCEDURES,
  PRESETS,
  type ProcedureOptions,
  type SplitSizes,
} from '@semcrc/core';
import { canonicalName } from '@semcrc/imaging';
import { SemcrcError } from '@semcrc/kernels';
import type { Settings } from './settings.ts';
import { chooseSource, PHANTOM, type SourceChoice } from './source.ts';

const PHANTOM_SIZES: SplitSizes = { nOpt: 32, nCal: 128, nTest: 32 };
const PAPER_SIZES: SplitSizes = { nOpt: 32, nCal: 512, nTest: 128 };
const DEFAULT_EPSILON = 0.1;
const DEFAULT_RUNS = 20;

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

/** Fills in what was not said. The phantom has sizes of its own; any other cohort gets the paper's. */
export function resolveConfig(settings: Settings): Config {
  const { preset = 'paper' } = settings;
  const source = chooseSource(settings);
  const sizes = source.source === PHANTOM ? PHANTOM_SIZES : PAPER_SIZES;
  const defaults = PRESETS[preset];
  return {
    source,
    // Only sem-crc takes all that `shortest` sets.
    procedures: settings.procedures ?? (preset === 'shortest' ? ['sem-crc'] : PAPER_PROCEDURES),
    epsilon: settings.epsilon ?? DEFAULT_EPSILON,
    runs: settings.runs ?? DEFAULT_RUNS,
    seed: settings.seed ?? 0,
    nOpt: settings.nOpt ?? sizes.nOpt,
    nCal: settings.nCal ?? sizes.nCal,
    nTest: settings.nTest ?? sizes.nTest,
    preset,
    options: { ...defaults, ...given(settings, defaults) },
  };
}

/** The settings that are procedure options and were given. */
function given(settings: Settings, options: ProcedureOptions): Partial<ProcedureOptions> {
  const names = Object.keys(options) as (keyof ProcedureOptions)[];
  return Object.fromEntries(
    names.filter((name) => settings[name] !== undefined).map((name) => [name, settings[name]]),
  );
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
    `--control names ${name}, which the cohort does not have; it has ${Object.values(labels).join(', ')}`,
    { data: { label: name } },
  );
}

/** `config` of experiment.json: every option on one level, in camelCase. */
export function flatConfig({ options, source, ...rest }: Config): Record<string, unknown> {
  return { ...source, ...rest, ...options };
}
