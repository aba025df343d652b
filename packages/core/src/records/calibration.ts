import { SemcrcError } from '@semcrc/kernels';
import Type, { type Static } from 'typebox';
import { Errors } from 'typebox/value';
import { type Labels, labelIds } from '../cohort/labels.ts';
import type { Split } from '../cohort/split.ts';
import type { CalibratedLambda, Evaluation } from '../evaluate/scan-evaluation.ts';
import type { Immutable } from '../options/immutable.ts';
import { PreparingRecord1 } from '../options/preparing.ts';
import { ProcedureOptions } from '../options/procedure-options.ts';
import { makePartition } from '../partition/partition.ts';
import type { PartitionSpec } from '../partition/partition-spec.ts';
import { boundOf, type Fit } from '../procedures/fit.ts';
import { guaranteeInWords } from '../procedures/guarantee.ts';
import {
  AnchorRecord,
  anchorRecord,
  EvaluationRecord,
  LabelsRecord,
  LambdaByGroup,
  lambdaByGroup,
  lambdaVector,
  OrganStatusRecord,
  ProcedureName,
  SplitRecord,
} from './run.ts';

/** Name and version of the format; a reader refuses any other. */
export const CALIBRATION_SCHEMA = 'semcrc/calibration@1';

const Bytes = Type.String({
  pattern: '^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$',
});
const PartitionRecord = Type.Union([
  Type.Object({ kind: Type.Literal('uniform') }),
  Type.Object({ kind: Type.Literal('organ') }),
  Type.Object({
    kind: Type.Literal('position'),
    height: Type.Integer({ minimum: 1 }),
    width: Type.Integer({ minimum: 1 }),
    groupCount: Type.Integer({ minimum: 1, maximum: 256 }),
    /** Group of each pixel, one byte each, x fastest, base64. */
    map: Bytes,
  }),
  Type.Object({
    kind: Type.Literal('strata'),
    features: Type.Array(
      Type.Object({
        name: Type.Enum(['intensity', 'width', 'gradient']),
        bins: Type.Integer({ minimum: 1 }),
      }),
      { minItems: 1 },
    ),
    /** By label id, for each feature, ascending cuts; a value equal to a cut belongs to the lower bin. */
    cuts: Type.Record(Type.String(), Type.Array(Type.Array(Type.Number()))),
  }),
]);

/** Where the calibration scans came from and how they were prepared; scans to come must be prepared the same way. */
export const SourceRecord = Type.Object({
  name: Type.String(),
  digest: Type.String(),
  scans: Type.Integer({ minimum: 1 }),
  /** Every option that decided how files became voxels. */
  preparing: PreparingRecord1,
});
export type SourceRecord = Immutable<Static<typeof SourceRecord>>;

const method = ProcedureOptions.properties;

/** The JSON schema of `calibration.json`, and its TypeScript type. */
export const Calibration = Type.Object(
  {
    schema: Type.Literal(CALIBRATION_SCHEMA),
    procedure: ProcedureName,
    epsilon: Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 1 }),
    bound: method.bound,
    delta: Type.Union([Type.Number(), Type.Null()]),
    heuristic: method.heuristic,
    weightFloor: method.weightFloor,
    alpha: method.alpha,
    sampleQuantiles: method.sampleQuantiles,
    /** Whether λ may be negative: intervals shrink, to the point at most. */
    shrink: method.shrink,
    /** How many draws of the prediction every scan had; only where the heuristic takes quantiles of them. */
    draws: Type.Optional(Type.Integer({ minimum: 2 })),
    within: method.within,
    sides: Type.Union([Type.Literal(1), Type.Literal(2)]),
    guarantee: Type.String(),
    labels: LabelsRecord,
    partition: PartitionRecord,
    lambda: LambdaByGroup,
    anchor: Type.Union([AnchorRecord, Type.Null()]),
    omega: Type.Union([Type.Number(), Type.Null()]),
    pathPosition: Type.Union([Type.Number(), Type.Null()]),
    n: Type.Integer({ minimum: 1 }),
    organs: Type.Record(Type.String(), OrganStatusRecord),
    seed: Type.Integer({ minimum: 0 }),
    split: SplitRecord,
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
  /** Draws of the prediction that the cohort has by scan; 0 where there are none. */
  readonly draws: number;
  readonly seed: number;
  readonly split: Split;
  readonly source: SourceRecord;
  readonly test: Evaluation | null;
  readonly versions: Readonly<Record<string, string>>;
}

/** A fit as `calibration.json`. */
export function describeCalibration(fit: Fit, context: CalibrationContext): Calibration {
  const { epsilon, options, labels, draws, seed, split, source, test, versions } = context;
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
    ...(options.heuristic === 'samples' ? { draws } : {}),
    within: options.within,
    sides: fit.sides,
    guarantee: guaranteeInWords(fit.procedure, bound, options.within, controlled),
    labels: { ...labels },
    partition: writePartition(fit.partition.spec),
    lambda: lambdaByGroup(fit.partition.keys, fit.sides, fit.lambda),
    anchor: anchorRecord(fit),
    omega: fit.omega,
    pathPosition: fit.pathPosition,
    n: fit.units,
    organs: { ...fit.organs },
    seed,
    split: { opt: [...split.opt], cal: [...split.cal], test: [...split.test] },
    source,
    test,
    versions: { ...versions },
  };
}

/**
 * Reads `calibration.json`.
 *
 * @param name of the file, for messages
 * @throws SemcrcError `bad-input` naming the file and the first field that is not as the schema says.
 */
export function parseCalibration(json: string, name: string): Calibration {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new SemcrcError('bad-input', `${name}: expected JSON, found ${(cause as Error).message}`, {
      cause,
    });
  }
  const found = (value as { schema?: unknown } | null)?.schema;
  if (found !== CALIBRATION_SCHEMA) {
    throw new SemcrcError(
      'bad-input',
      `${name}: expected schema "${CALIBRATION_SCHEMA}", found ${JSON.stringify(found) ?? 'none'}` +
        (typeof found === 'string' && found.startsWith('semcrc/calibration@')
          ? '; it was written by another version of semcrc'
          : ''),
      { data: { file: name, expected: CALIBRATION_SCHEMA } },
    );
  }
  const [problem] = Errors(Calibration, value);
  if (problem) {
    throw new SemcrcError(
      'bad-input',
      `${name}: ${problem.instancePath || 'the document'} ${problem.message}`,
      {
        data: { file: name, field: problem.instancePath },
      },
    );
  }
  const calibration = value as Calibration;
  calibratedLambda(calibration, name);
  return calibration;
}

/**
 * The λ of a calibration, ready to evaluate or apply.
 *
 * @throws SemcrcError `bad-input` when λ, labels and partition contradict each other, or a λ is no f32, or negative without `shrink`.
 */
export function calibratedLambda(calibration: Calibration, name = 'calibration'): CalibratedLambda {
  const { labels } = calibration;
  const partition = makePartition(readPartition(calibration.partition, labels, name), labels);
  const lambda = lambdaVector(partition.keys, calibration.sides, calibration.lambda);
  if (!lambda || Object.keys(calibration.lambda).length !== partition.keys.length) {
    throw new SemcrcError(
      'bad-input',
      `${name}: lambda must have the keys ${partition.keys.join(', ')} with ${calibration.sides} side(s) each, ` +
        `found ${Object.keys(calibration.lambda).join(', ')}`,
      { data: { file: name } },
    );
  }
  const rewritten = JSON.stringify(lambdaByGroup(partition.keys, calibration.sides, lambda));
  const inOrder = Object.fromEntries(partition.keys.map((key) => [key, calibration.lambda[key]]));
  if (rewritten !== JSON.stringify(inOrder)) {
    throw new SemcrcError(
      'bad-input',
      `${name}: every λ must be a 32-bit float, found ${JSON.stringify(inOrder)}`,
      {
        data: { file: name },
      },
    );
  }
  if (!calibration.shrink && lambda.some((value) => value < 0)) {
    throw new SemcrcError('bad-input', `${name}: lambda must not be negative where intervals do not shrink`, {
      data: { file: name },
    });
  }
  return { partition, sides: calibration.sides, lambda, shrink: calibration.shrink };
}

function writePartition(spec: PartitionSpec): Calibration['partition'] {
  switch (spec.kind) {
    case 'uniform':
    case 'organ':
      return { kind: spec.kind };
    case 'position': {
      const { kind, height, width, groupCount, map } = spec;
      return {
        kind,
        height,
        width,
        groupCount,
        map: btoa(Array.from(map, (byte) => String.fromCharCode(byte)).join('')),
      };
    }
    case 'strata':
      return {
        kind: spec.kind,
        features: spec.features.map((feature) => ({ ...feature })),
        cuts: Object.fromEntries(
          Object.entries(spec.cuts).map(([organ, cuts]) => [organ, cuts.map((feature) => [...feature])]),
        ),
      };
  }
}

function readPartition(record: Calibration['partition'], labels: Labels, name: string): PartitionSpec {
  switch (record.kind) {
    case 'uniform':
    case 'organ':
      return record;
    case 'position': {
      const { height, width, groupCount } = record;
      const map = Uint8Array.from(atob(record.map), (character) => character.charCodeAt(0));
      if (map.length !== height * width || map.some((group) => group >= groupCount)) {
        throw new SemcrcError(
          'bad-input',
          `${name}: partition.map must hold ${height} × ${width} groups below ${groupCount}`,
          { data: { file: name } },
        );
      }
      return { ...record, map };
    }
    case 'strata': {
      const { features, cuts } = record;
      const ids = labelIds(labels);
      const complete =
        Object.keys(cuts).length === ids.length &&
        ids.every((id) => cuts[id]?.length === features.length && cuts[id].every(ascends));
      if (!complete) {
        throw new SemcrcError(
          'bad-input',
          `${name}: partition.cuts must hold, for each label ${ids.join(', ')}, ` +
            `${features.length} list(s) of ascending numbers, one per feature`,
          { data: { file: name } },
        );
      }
      return record;
    }
  }
}

const ascends = (cuts: readonly number[]): boolean => cuts.every((cut, i) => i === 0 || cut > cuts[i - 1]);
