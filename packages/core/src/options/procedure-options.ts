import Type, { type Static } from 'typebox';
import { Create } from 'typebox/value';
import type { Immutable } from './immutable.ts';

/** A word out of a few. */
const oneOf = <const Word extends string>(
  words: readonly Word[],
  about: { default: Word; description: string },
) => Type.Enum([...words], about);

/**
 * - `crc`: one λ for all voxels (eq. 3).
 * - `k-crc`: one λ per group of positions (eq. 6, PK).
 * - `sem-crc`: one λ per organ, risk over the scan (eq. 9, Psem).
 * - `organ-crc`: one λ per organ, risk within each organ (eq. 11, 12; the paper's sem-CRC with a bar).
 * - `shortest`, `recentred`: sem-crc with the design of that name, see `SHORTEST_OPTIONS` and `RECENTRED_OPTIONS`.
 * - `organ-shortest`: the risk within each organ, each along a path of its own with the means of `shortest`.
 * - `pooled`: as organ-crc with misses pooled over scans, as the authors' code has it: for comparison, without guarantee.
 */
export const PROCEDURES = [
  'crc',
  'k-crc',
  'sem-crc',
  'organ-crc',
  'shortest',
  'organ-shortest',
  'recentred',
  'pooled',
] as const;
export type Procedure = (typeof PROCEDURES)[number];

/** Whether a procedure promises the risk of every organ, and not that of the scan. */
export const promisesOrgans = (procedure: string): boolean =>
  procedure === 'organ-crc' || procedure === 'organ-shortest';

/** The paper's four. */
export const PAPER_PROCEDURES: readonly Procedure[] = ['crc', 'k-crc', 'sem-crc', 'organ-crc'];

/** Features of the prediction that strata are cut by. */
const STRATUM_FEATURES = ['intensity', 'width', 'gradient'] as const;

/**
 * Everything but ε and the data that decides what a procedure computes; the default of each option is the paper's choice.
 * This schema is where an option is defined: its type, range, default and description are read from here by the command line,
 * by config files and by records.
 */
export const ProcedureOptions = Type.Object(
  {
    anchor: oneOf(['gamma', 'envelope'], {
      default: 'gamma',
      description:
        "How the anchor is found: by the paper's convex surrogate, or by the 0-1 loss itself over clamped length.",
    }),
    anchorVoxels: oneOf(['all', 'paper'], {
      default: 'all',
      description: "Opt voxels the gamma anchor is solved on: all, or the paper's stratified subsample.",
    }),
    gap: Type.Number({
      exclusiveMinimum: 0,
      exclusiveMaximum: 1,
      default: 1e-4,
      description: 'Relative gap between its bounds at which the gamma anchor stops.',
    }),
    backtrack: oneOf(['line', 'path'], {
      default: 'line',
      description: "From the anchor along a line by one offset, or along the path of the envelope's edges.",
    }),
    sides: oneOf(['one', 'two'], {
      default: 'one',
      description: 'One λ for both ends of the interval, or one below and one above.',
    }),
    strata: Type.Array(
      Type.Unsafe<`${(typeof STRATUM_FEATURES)[number] | 'learned'}:${number}`>(
        Type.String({ pattern: `^((${STRATUM_FEATURES.join('|')}):[1-9][0-9]?|learned:[1-9][0-9]{0,2})$` }),
      ),
      {
        uniqueItems: true,
        default: [],
        description: `Split every organ by quantiles of features of the prediction, as feature:bins; features are ${STRATUM_FEATURES.join(', ')}. Or by a regression tree learned on the opt scans, as learned:leaves (at most 64 leaves with fewer than 8 opt patients).`,
      },
    ),
    shrink: Type.Boolean({
      default: false,
      description: 'Let λ be negative: intervals may shrink, to the point prediction at most.',
    }),
    recentre: oneOf(['none', 'organ'], {
      default: 'none',
      description:
        'Let intervals grow from a corrected point: ridge regressions by organ, fitted on the opt scans.',
    }),
    bound: oneOf(['crc', 'hoeffding', 'hoeffding-bentkus', 'wsr'], {
      default: 'crc',
      description:
        'What is guaranteed: the expected risk (crc), or the risk with probability 1 − δ (the others).',
    }),
    delta: Type.Number({
      exclusiveMinimum: 0,
      exclusiveMaximum: 1,
      default: 0.1,
      description: 'Failure probability δ of the bounds other than crc.',
    }),
    correction: oneOf(['none', 'bonferroni'], {
      default: 'none',
      description:
        'With bonferroni, organ-crc divides δ by the number of organs it controls, so that all hold at once.',
    }),
    heuristic: oneOf(['quantile', 'mse', 'multiplicative', 'std', 'samples'], {
      default: 'quantile',
      description: 'What the interval grows from.',
    }),
    weightFloor: Type.Number({
      exclusiveMinimum: 0,
      default: 1e-2,
      description:
        'Least width of a voxel under the heuristics multiplicative and std, in windowed intensity per unit of λ.',
    }),
    alpha: Type.Number({
      exclusiveMinimum: 0,
      exclusiveMaximum: 0.5,
      default: 0.1,
      description: 'Tail that the heuristic samples leaves out on each side.',
    }),
    sampleQuantiles: oneOf(['plain', 'calibrated'], {
      default: 'plain',
      description: 'Quantiles of samples as they are, or calibrated to hold for one more sample.',
    }),
    within: oneOf(['scan', 'body'], {
      default: 'scan',
      description: 'Voxels the loss counts: the whole scan, or what is not background.',
    }),
    control: Type.Array(Type.String({ minLength: 1 }), {
      uniqueItems: true,
      default: [],
      description:
        'Organs (names of labels) whose own risk organ-crc controls beside the scan risk; none: every organ, and the scan risk not at all.',
    }),
    sites: oneOf(['pooled', 'each'], {
      default: 'pooled',
      description:
        'What is promised where scans come from several sites: the risk of scans drawn from all in the same proportions, or that of each site.',
    }),
    organCal: oneOf(['cal', 'all'], {
      default: 'cal',
      description: 'What organ-crc calibrates on: the cal split, or opt and cal together.',
    }),
  },
  { additionalProperties: false },
);
export type ProcedureOptions = Immutable<Static<typeof ProcedureOptions>>;

/** How a calibration proves the risk controlled: the CRC condition, or a test for risk-controlling prediction sets. */
export type BoundName = ProcedureOptions['bound'];

/** The part of the options that decides from which interval λ grows, and how. */
export type HeuristicOptions = Pick<
  ProcedureOptions,
  'heuristic' | 'weightFloor' | 'alpha' | 'sampleQuantiles' | 'shrink'
>;

/** The paper's choices: gamma anchor on all opt voxels, line, one side, no strata. */
export const PAPER_OPTIONS: ProcedureOptions = Create(ProcedureOptions);

/** The shortest intervals around the prediction that semcrc gives: envelope anchor, its path, two sides, negative λ, strata. */
export const SHORTEST_OPTIONS: ProcedureOptions = {
  ...PAPER_OPTIONS,
  anchor: 'envelope',
  backtrack: 'path',
  sides: 'two',
  strata: ['learned:128'],
  shrink: true,
};

/** As shortest, with strata that go by a voxel alone: where scans are cropped, padded or resampled. */
export const SHORTEST_POINTWISE_OPTIONS: ProcedureOptions = {
  ...SHORTEST_OPTIONS,
  strata: ['intensity:12', 'width:4'],
};

/** Shorter still, around a corrected point that need not be the prediction: learned centre and strata. */
export const RECENTRED_OPTIONS: ProcedureOptions = { ...SHORTEST_OPTIONS, shrink: false, recentre: 'organ' };

/** What makes a design: how intervals are grouped and shaped, and how λ is found. */
export const DESIGN_OPTIONS = [
  ...(['anchor', 'anchorVoxels', 'backtrack', 'sides', 'strata', 'shrink', 'recentre'] as const),
] as const satisfies readonly (keyof ProcedureOptions)[];

/** Sets of options by name. */
export const PRESETS = {
  paper: PAPER_OPTIONS,
  shortest: SHORTEST_OPTIONS,
  recentred: RECENTRED_OPTIONS,
} as const;
