import Type, { type Static } from 'typebox';
import type { Labels } from '../cohort/labels.ts';
import type { MendedVoxels } from '../cohort/sample.ts';
import type { Cohort } from '../cohort/source.ts';
import type { Split } from '../cohort/split.ts';
import type { Evaluation } from '../evaluate/scan-evaluation.ts';
import type { Immutable } from '../options/immutable.ts';
import { Preparing } from '../options/preparing.ts';
import { ProcedureOptions } from '../options/procedure-options.ts';
import { boundOf, type Fit } from '../procedures/fit.ts';
import { guaranteeInWords } from '../procedures/guarantee.ts';
import { AnchorRecord, anchorRecord } from './anchor.ts';
import { LambdaByGroup, lambdaByGroup, meanLambdaByLabel } from './lambda.ts';
import { CentreRecord, centreRecord } from './learned.ts';
import { PartitionRecord, partitionRecord } from './partition.ts';
import {
  EvaluationRecord,
  LabelsRecord,
  LossesRecord,
  MendedRecord,
  type MoreScans,
  MoreScansRecord,
  OrganStatusRecord,
  organsWithLosses,
  ProcedureName,
  SitesRecord,
  SplitRecord,
  UnitsRecord,
  unitsOf,
} from './run.ts';

/** Name and version of the format; a reader refuses any other. */
export const CALIBRATION_SCHEMA = 'semcrc/calibration@2';

/** Where the calibration scans came from and how they were prepared; scans to come must be prepared the same way. */
export const SourceRecord = Type.Object({
  name: Type.String(),
  digest: Type.String(),
  scans: Type.Integer({ minimum: 1 }),
  /** Scans that did not qualify: what is promised is about scans that do. */
  leftOut: Type.Integer({ minimum: 0 }),
  /** Everything in the making of their voxels that λ depends on. */
  preparing: Preparing,
});
export type SourceRecord = Immutable<Static<typeof SourceRecord>>;

const method = ProcedureOptions.properties;
const Tolerance = Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 1 });

/**
 * λ̂ of the same split at several tolerances in ascending order, the calibration's own among them; null where n is too small or
 * the anchor out of reach. A promise holds for a tolerance that was fixed before the scan and its results were seen.
 */
export const CurveRecord = Type.Array(
  Type.Object({
    epsilon: Tolerance,
    status: Type.Enum(['calibrated', 'infeasible']),
    lambda: Type.Union([LambdaByGroup, Type.Null()]),
  }),
);
export type CurveRecord = Static<typeof CurveRecord>;

/** The JSON schema of `calibration.json`, and its TypeScript type. */
export const Calibration = Type.Object(
  {
    schema: Type.Literal(CALIBRATION_SCHEMA),
    procedure: ProcedureName,
    epsilon: Tolerance,
    bound: method.bound,
    delta: Type.Union([method.delta, Type.Null()]),
    heuristic: method.heuristic,
    weightFloor: method.weightFloor,
    alpha: method.alpha,
    sampleQuantiles: method.sampleQuantiles,
    /** Whether λ may be negative: intervals shrink, to the point at most. */
    shrink: method.shrink,
    within: method.within,
    sides: Type.Union([Type.Literal(1), Type.Literal(2)]),
    guarantee: Type.String(),
    labels: LabelsRecord,
    partition: PartitionRecord,
    /** The corrected point that intervals grow from: by label id and bin of the prediction, a coefficient per term. */
    centre: Type.Optional(CentreRecord),
    lambda: LambdaByGroup,
    /** Mean λ of every label over its voxels on the opt scans, where it has several groups. */
    meanLambda: Type.Optional(LambdaByGroup),
    anchor: Type.Union([AnchorRecord, Type.Null()]),
    omega: Type.Union([Type.Number(), Type.Null()]),
    pathPosition: Type.Union([Type.Number(), Type.Null()]),
    n: Type.Integer({ minimum: 1 }),
    organs: Type.Record(Type.String(), OrganStatusRecord),
    /** Losses of the calibration units at `lambda`. */
    losses: LossesRecord,
    moreScans: Type.Optional(MoreScansRecord),
    sites: Type.Optional(SitesRecord),
    curve: Type.Optional(CurveRecord),
    /** Patient of each scan of the split, where some patient has several. */
    patients: Type.Optional(Type.Record(Type.String(), Type.String())),
    units: Type.Optional(UnitsRecord),
    mended: Type.Optional(MendedRecord),
    /** Mean share of these scans' voxels that are background or padding. */
    background: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
    seed: Type.Integer({ minimum: 0 }),
    split: SplitRecord,
    /** Fingerprint of the ground truth of each scan of `split.opt` and `split.cal`, where the source knows it. */
    fingerprints: Type.Optional(Type.Record(Type.String(), Type.String({ pattern: '^[0-9a-f]{64}$' }))),
    source: SourceRecord,
    test: Type.Union([EvaluationRecord, Type.Null()]),
    versions: Type.Record(Type.String(), Type.String()),
  },
  { $id: CALIBRATION_SCHEMA, additionalProperties: false },
);
export type Calibration = Immutable<Static<typeof Calibration>>;

/** What surrounds a fit in `calibration.json`. */
export interface CalibrationContext {
  readonly epsilon: number;
  readonly options: ProcedureOptions;
  readonly labels: Labels;
  readonly seed: number;
  readonly split: Split;
  /** What the cohort knows of its scans; see `Cohort`. */
  readonly cohort: Pick<Cohort, 'ids' | 'patients' | 'fingerprints'>;
  readonly source: SourceRecord;
  readonly mended?: MendedVoxels;
  /** Mean share of background over the scans read; undefined where none was. */
  readonly background?: number | undefined;
  readonly test: Evaluation | null;
  readonly curve?: CurveRecord | undefined;
  /** What more scans would give; empty where it was not asked for. */
  readonly moreScans?: readonly MoreScans[];
  /** Results by site, where the cohort names sites. */
  readonly sites?: SitesRecord | undefined;
  readonly versions: Readonly<Record<string, string>>;
}

/** A fit as `calibration.json`. */
export function describeCalibration(fit: Fit, context: CalibrationContext): Calibration {
  const { epsilon, options, labels, seed, split, cohort, source, mended, test, versions } = context;
  const { curve, moreScans = [], sites, background } = context;
  const used = new Set([...split.opt, ...split.cal]);
  const { window } = source.preparing;
  const meanLambda = meanLambdaByLabel(fit);
  const bound = boundOf(options, epsilon);
  const controlled = fit.procedure === 'organ-crc' ? options.control : [];
  return {
    schema: CALIBRATION_SCHEMA,
    procedure: fit.procedure,
    epsilon,
    bound: bound.name,
    delta: bound.delta,
    heuristic: options.heuristic,
    weightFloor: options.weightFloor,
    alpha: options.alpha,
    sampleQuantiles: options.sampleQuantiles,
    shrink: fit.shrink ?? false,
    within: options.within,
    sides: fit.sides,
    guarantee: guaranteeInWords(
      fit.procedure,
      bound,
      options.within,
      controlled,
      selectionOf(source),
      fit.centre ? 'corrected' : 'predicted',
      sites === undefined ? null : { promise: sites.promise, units: unitsBySite(sites) },
    ),
    labels: { ...labels },
    partition: partitionRecord(fit.partition),
    ...(fit.centre ? { centre: centreRecord(fit.centre) } : {}),
    lambda: lambdaByGroup(fit.partition.keys, fit.sides, fit.lambda),
    ...(meanLambda ? { meanLambda } : {}),
    anchor: anchorRecord(fit),
    omega: fit.omega,
    pathPosition: fit.pathPosition,
    n: fit.units,
    organs: organsWithLosses(fit),
    losses: fit.losses.scan,
    ...(moreScans.length > 0 ? { moreScans } : {}),
    ...(curve === undefined ? {} : { curve }),
    ...(sites === undefined ? {} : { sites }),
    ...patientsOfSplit(split, cohort),
    ...(window === null ? {} : { units: unitsOf(window) }),
    ...(mended === undefined ? {} : { mended: { ...mended } }),
    ...(background === undefined ? {} : { background }),
    seed,
    split: { opt: [...split.opt], cal: [...split.cal], test: [...split.test] },
    ...(cohort.fingerprints === undefined
      ? {}
      : { fingerprints: byScan(cohort.ids, cohort.fingerprints, (id) => used.has(id)) }),
    source,
    test,
    versions: { ...versions },
  };
}

/** Fits of one split at several tolerances, null where there is none, as `curve` of `calibration.json`. */
export function curveRecord(epsilons: readonly number[], fits: readonly (Fit | null)[]): CurveRecord {
  const knots = epsilons.map((epsilon, at) => {
    const fit = fits[at];
    return fit === null
      ? { epsilon, status: 'infeasible' as const, lambda: null }
      : {
          epsilon,
          status: 'calibrated' as const,
          lambda: lambdaByGroup(fit.partition.keys, fit.sides, fit.lambda),
        };
  });
  return knots.sort((a, b) => a.epsilon - b.epsilon);
}

const unitsBySite = ({ results }: SitesRecord): Record<string, number> =>
  Object.fromEntries(Object.entries(results).map(([site, { losses }]) => [site, losses.n]));

/** Whether rules decide which scans there are, or which part of them. */
function selectionOf({ leftOut, preparing }: SourceRecord): 'all' | 'qualifying' {
  return leftOut > 0 || preparing.prepare === 'paper' ? 'qualifying' : 'all';
}

function byScan(
  ids: readonly string[],
  values: readonly string[],
  wanted: (id: string) => boolean,
): Record<string, string> {
  return Object.fromEntries(ids.flatMap((id, at) => (wanted(id) ? [[id, values[at]]] : [])));
}

function patientsOfSplit(
  split: Split,
  { ids, patients }: CalibrationContext['cohort'],
): { patients?: Record<string, string> } {
  const used = new Set([...split.opt, ...split.cal, ...split.test]);
  const own = byScan(ids, patients, (id) => used.has(id));
  return new Set(Object.values(own)).size === Object.keys(own).length ? {} : { patients: own };
}
