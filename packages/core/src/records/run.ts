import { SemcrcError } from '@semcrc/kernels';
import Type, { type Static } from 'typebox';
import type { Labels } from '../cohort/labels.ts';
import type { CalibratedLambda } from '../evaluate/calibrated-lambda.ts';
import { averageEvaluations } from '../evaluate/patient-means.ts';
import type { Evaluation, ScanEvaluation } from '../evaluate/scan-evaluation.ts';
import type { Immutable } from '../options/immutable.ts';
import { PROCEDURES } from '../options/procedure-options.ts';
import { makePartition } from '../partition/partition.ts';
import type { PartitionSpec, PositionSpec } from '../partition/partition-spec.ts';
import type { Fit } from '../procedures/fit.ts';
import { AnchorRecord, anchorRecord } from './anchor.ts';
import { LambdaByGroup, lambdaByGroup, lambdaVector, meanLambdaByLabel } from './lambda.ts';
import { CentreRecord, centreRecord, LearnedTreesRecord, learnedTrees } from './learned.ts';
import { StrataRecord } from './partition.ts';

const Count = Type.Integer({ minimum: 0 });

/** Label id → organ name; ids are voxel values, so at most 65535. */
export const LabelsRecord = Type.Record(
  Type.String({
    pattern: '^(0|[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$',
  }),
  Type.String(),
  { additionalProperties: false, minProperties: 1 },
);

const Ids = Type.Array(Type.String());

export const SplitRecord = Type.Object({ opt: Ids, cal: Ids, test: Ids });

export const ProcedureName = Type.Enum([...PROCEDURES]);

/**
 * Losses of n exchangeable units (patients) at one λ: their mean and sample standard deviation, null for fewer than two.
 * What calibration saw at λ̂ is what a risk measured later is compared with.
 */
export const LossesRecord = Type.Object({
  n: Count,
  mean: Type.Number(),
  sd: Type.Union([Type.Number(), Type.Null()]),
});
export type LossesRecord = Immutable<Static<typeof LossesRecord>>;

export const OrganStatusRecord = Type.Object({
  status: Type.Union([Type.Literal('calibrated'), Type.Literal('infeasible'), Type.Literal('absent')]),
  nCal: Count,
  /** The organ's own losses over the calibration units that contain it. */
  losses: Type.Optional(LossesRecord),
});

/** Units (patients) behind a mean risk, and the sample standard deviation of theirs, null for fewer than two. */
const spreadFields = {
  units: Type.Optional(Count),
  sd: Type.Optional(Type.Union([Type.Number(), Type.Null()])),
};

export const EvaluationRecord = Type.Object({
  risk: Type.Number(),
  length: Type.Number(),
  ...spreadFields,
  organs: Type.Record(
    Type.String(),
    Type.Object({ risk: Type.Number(), length: Type.Number(), scans: Count, ...spreadFields }),
  ),
  /** Loss and mean length of every test scan, in the order of `split.test`. */
  perScan: Type.Optional(Type.Object({ risk: Type.Array(Type.Number()), length: Type.Array(Type.Number()) })),
});

/**
 * Results by site: losses of its calibration units at λ̂, and how its held-out scans fared; null where it has none. Sites are
 * promised their risk together, in the proportions of the calibration units, or each by itself.
 */
export const SitesRecord = Type.Object({
  promise: Type.Enum(['pooled', 'each']),
  results: Type.Record(
    Type.String(),
    Type.Object({
      losses: LossesRecord,
      test: Type.Union([
        Type.Object({ risk: Type.Number(), length: Type.Number(), scans: Count, ...spreadFields }),
        Type.Null(),
      ]),
    }),
  ),
});
export type SitesRecord = Immutable<Static<typeof SitesRecord>>;

/**
 * The record of a fit's sites; undefined where the cohort names none.
 *
 * @param scans held out, with their evaluations
 */
export function sitesRecord(
  { losses }: Pick<Fit, 'losses'>,
  promise: 'pooled' | 'each',
  scans: readonly ScanEvaluation[],
  siteOf: ((scan: string) => string) | undefined,
): SitesRecord | undefined {
  if (losses.sites === undefined || siteOf === undefined) return undefined;
  const results = Object.entries(losses.sites).map(([site, own]) => {
    const held = scans.filter(({ scan }) => siteOf(scan) === site);
    const mean = averageEvaluations(held);
    const test =
      mean === null
        ? null
        : { risk: mean.risk, length: mean.length, scans: held.length, units: mean.units, sd: mean.sd };
    return [site, { losses: own, test }] as const;
  });
  return { promise, results: Object.fromEntries(results) };
}

/**
 * What more calibration scans would give, were they like these: λ̂ where the condition holds for `n` units on this
 * calibration's own losses, and the mean length at that λ̂ over the test scans.
 */
export const MoreScansRecord = Type.Array(Type.Object({ n: Count, length: Type.Number() }));
export type MoreScans = Immutable<Static<typeof MoreScansRecord>>[number];

/** What intensities, λ, widths and lengths mean: shares of the window; times `huPerUnit` they are Hounsfield units. */
export const UnitsRecord = Type.Object({
  intensity: Type.Literal('share of window'),
  window: Type.Tuple([Type.Number(), Type.Number()]),
  huPerUnit: Type.Number({ exclusiveMinimum: 0 }),
});
export type UnitsRecord = Immutable<Static<typeof UnitsRecord>>;

/** The record that says what shares of a window are in HU. @param window HU that became 0 and 1 */
export function unitsOf([low, high]: readonly [low: number, high: number]): UnitsRecord {
  return { intensity: 'share of window', window: [low, high], huPerUnit: high - low };
}

/** What reading had to mend, in voxels of all scans read. */
export const MendedRecord = Type.Object({ clipped: Count, crossed: Count });

export const SecondsRecord = Type.Object({
  anchor: Type.Number(),
  backtrack: Type.Number(),
  evaluate: Type.Number(),
});

/** One procedure in one run of an experiment. */
export const RunRecord = Type.Object({
  procedure: ProcedureName,
  run: Count,
  split: SplitRecord,
  /** Calibration units (patients) behind λ̂. */
  n: Count,
  anchor: Type.Union([AnchorRecord, Type.Null()]),
  omega: Type.Union([Type.Number(), Type.Null()]),
  /** Envelope with path: edges traversed, with the fraction of the one under way; null elsewhere. */
  pathPosition: Type.Union([Type.Number(), Type.Null()]),
  lambda: LambdaByGroup,
  /** Mean λ of every label over its voxels on the opt scans, where it has several groups. */
  meanLambda: Type.Optional(LambdaByGroup),
  /** The strata that λ is given by, where there are any. */
  strata: Type.Optional(StrataRecord),
  /** The learned strata that λ is given by, where there are any: key `organ/part` is leaf part − 1 of the organ's tree. */
  learned: Type.Optional(LearnedTreesRecord),
  /** Whether λ may be negative; false where it is missing. */
  shrink: Type.Optional(Type.Boolean()),
  centre: Type.Optional(CentreRecord),
  organs: Type.Record(Type.String(), OrganStatusRecord),
  /** Losses of the calibration units at `lambda`. */
  losses: Type.Optional(LossesRecord),
  moreScans: Type.Optional(MoreScansRecord),
  sites: Type.Optional(SitesRecord),
  test: Type.Union([EvaluationRecord, Type.Null()]),
  seconds: SecondsRecord,
});
export type RunRecord = Immutable<Static<typeof RunRecord>>;

/**
 * The calibrated λ of a run's record, ready to evaluate or apply.
 *
 * @param positions K-CRC's groups in that run
 * @throws SemcrcError `bad-input` where the record's λ do not fit its groups
 */
export function recordedLambda(
  record: RunRecord,
  labels: Labels,
  positions: PositionSpec | null,
): CalibratedLambda {
  const { procedure, lambda, run, shrink = false, centre } = record;
  const partition = makePartition(partitionOf(record, positions), labels);
  const sides = Object.values(lambda).some((value) => typeof value === 'object') ? 2 : 1;
  const vector = lambdaVector(partition.keys, sides, lambda);
  if (vector) return { partition, sides, lambda: vector, shrink, centre: centre?.organs ?? null };
  throw new SemcrcError(
    'bad-input',
    `run ${run}: the λ of ${procedure} must have the keys ${partition.keys.join(', ')}, found ${Object.keys(lambda).join(', ')}`,
    { data: { run, procedure } },
  );
}

function partitionOf(
  { procedure, strata, learned }: RunRecord,
  positions: PositionSpec | null,
): PartitionSpec {
  if (procedure === 'crc') return { kind: 'uniform' };
  if (learned) return { kind: 'learned', trees: learned.trees };
  if (procedure === 'k-crc' && positions !== null) return positions;
  return strata ? { kind: 'strata', ...strata } : { kind: 'organ' };
}

/** How organs fared, each with its own losses where they are known. */
export function organsWithLosses({ organs, losses }: Fit): Record<string, Static<typeof OrganStatusRecord>> {
  const entries = Object.entries(organs).map(([id, status]) => {
    const own = losses.organs[id];
    return [id, { ...status, ...(own ? { losses: own } : {}) }];
  });
  return Object.fromEntries(entries);
}

/** One fit and its held-out evaluation as an entry of `runs`. */
export function runRecord(
  fit: Fit,
  run: number,
  split: RunRecord['split'],
  test: Evaluation | null,
  moreScans: readonly MoreScans[],
  evaluateSeconds: number,
  sites?: SitesRecord | undefined,
): RunRecord {
  const { spec } = fit.partition;
  const meanLambda = meanLambdaByLabel(fit);
  return {
    procedure: fit.procedure,
    run,
    split,
    n: fit.units,
    anchor: anchorRecord(fit),
    omega: fit.omega,
    pathPosition: fit.pathPosition,
    lambda: lambdaByGroup(fit.partition.keys, fit.sides, fit.lambda),
    ...(meanLambda ? { meanLambda } : {}),
    ...(spec.kind === 'strata' ? { strata: { features: spec.features, cuts: spec.cuts } } : {}),
    ...(spec.kind === 'learned' ? { learned: learnedTrees(spec) } : {}),
    ...(fit.shrink ? { shrink: true } : {}),
    ...(fit.centre ? { centre: centreRecord(fit.centre) } : {}),
    organs: organsWithLosses(fit),
    losses: fit.losses.scan,
    ...(moreScans.length > 0 ? { moreScans } : {}),
    ...(sites === undefined ? {} : { sites }),
    test,
    seconds: { ...fit.seconds, evaluate: evaluateSeconds },
  };
}
