import {
  type ExperimentPlan,
  type Labels,
  PAPER_OPTIONS,
  PAPER_PROCEDURES,
  type ProcedureOptions,
  SHORTEST_OPTIONS,
  type SplitSizes,
  type StratumFeature,
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
  readonly preset: 'paper' | 'shortest';
  readonly options: Omit<ProcedureOptions, 'control'>;
  /** Organs by name, as given. */
  readonly control: readonly string[];
}

const PRESETS: Readonly<Record<Config['preset'], ProcedureOptions>> = {
  paper: PAPER_OPTIONS,
  shortest: SHORTEST_OPTIONS,
};

/** Fills in what was not said. The phantom has sizes of its own; any other cohort gets the paper's. */
export function resolveConfig(settings: Settings): Config {
  const { preset = 'paper', strata } = settings;
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
    options: {
      anchor: settings.anchor ?? defaults.anchor,
      anchorVoxels: settings.anchorVoxels ?? defaults.anchorVoxels,
      gap: settings.gap ?? defaults.gap,
      backtrack: settings.backtrack ?? defaults.backtrack,
      sides: settings.sides ?? defaults.sides,
      strata: strata?.map(featureOf) ?? defaults.strata,
      bound: settings.bound ?? defaults.bound,
      delta: settings.delta ?? defaults.delta,
      correction: settings.correction ?? defaults.correction,
      heuristic: settings.heuristic ?? defaults.heuristic,
      weightFloor: settings.weightFloor ?? defaults.weightFloor,
      alpha: settings.alpha ?? defaults.alpha,
      sampleQuantiles: settings.sampleQuantiles ?? defaults.sampleQuantiles,
      within: settings.within ?? defaults.within,
      organCal: settings.organCal ?? defaults.organCal,
    },
    control: settings.control ?? [],
  };
}

function featureOf(text: string): StratumFeature {
  const [name, bins] = text.split(':');
  return { name: name as StratumFeature['name'], bins: Number(bins) };
}

/** What the runner is asked to do. @param labels of the cohort: they give the organs of `--control` their ids. */
export function planOf(config: Config, labels: Labels): ExperimentPlan {
  const { procedures, epsilon, runs, seed, nOpt, nCal, nTest, options, control } = config;
  return {
    procedures,
    epsilon,
    runs,
    seed,
    nOpt,
    nCal,
    nTest,
    options: { ...options, control: control.map((name) => labelOf(name, labels)) },
  };
}

function labelOf(name: string, labels: Labels): number {
  const found = Object.entries(labels).find(([, label]) => canonicalName(label) === canonicalName(name));
  if (found === undefined) {
    throw new SemcrcError(
      'usage',
      `--control names ${name}, which the cohort does not have; it has ${Object.values(labels).join(', ')}`,
      { data: { label: name } },
    );
  }
  return Number(found[0]);
}

/** `config` of experiment.json: every option on one level, in camelCase. */
export function flatConfig({ options, source, ...rest }: Config): Record<string, unknown> {
  const strata = options.strata.map(({ name, bins }) => `${name}:${bins}`);
  return { ...source, ...rest, ...options, strata };
}
