import Type, { type Static } from 'typebox';
import type { Immutable } from '../options/immutable.ts';
import { LabelsRecord, ProcedureName } from './run.ts';

/** Name and version of the format that `evaluate` writes. */
export const EVALUATION_SCHEMA = 'semcrc/evaluation@1';

const Count = Type.Integer({ minimum: 0 });
/** A mean over patients; the ends of its 95% interval and the sample standard deviation are null for fewer than two patients. */
const MeanIntervalRecord = Type.Object({
  mean: Type.Number(),
  low: Type.Union([Type.Number(), Type.Null()]),
  high: Type.Union([Type.Number(), Type.Null()]),
  sd: Type.Union([Type.Number(), Type.Null()]),
});
const measured = {
  risk: MeanIntervalRecord,
  length: MeanIntervalRecord,
  scans: Count,
  patients: Count,
};

/** A calibration measured on labelled scans. */
export const EvaluationDocument = Type.Object(
  {
    schema: Type.Literal(EVALUATION_SCHEMA),
    /** The file of the calibration. */
    calibration: Type.String(),
    procedure: ProcedureName,
    epsilon: Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 1 }),
    source: Type.Object({ name: Type.String(), digest: Type.String() }),
    /** Scans among these that the calibration was made on: none, since they are left out or refused. */
    calibratedOn: Count,
    labels: LabelsRecord,
    ...measured,
    /** By label id, over the scans that contain the label. */
    organs: Type.Record(Type.String(), Type.Object(measured)),
    /** How far the risk lies above what was promised. */
    excess: Type.Object({
      /** In standard errors; null if unknown, "Infinity" where all losses are equal and above ε. */
      z: Type.Union([Type.Number(), Type.Literal('Infinity'), Type.Null()]),
      flaggedAbove: Type.Number(),
      /** More than chance explains. */
      flagged: Type.Boolean(),
      /** Ids of labels whose own promise is flagged. */
      organs: Type.Array(Type.String()),
    }),
    /** What the promise was calibrated on, where these scans' voxels are chosen otherwise: for others it is an extrapolation. */
    extrapolation: Type.Union([Type.String(), Type.Null()]),
  },
  { $id: EVALUATION_SCHEMA, additionalProperties: false },
);
export type EvaluationDocument = Immutable<Static<typeof EvaluationDocument>>;
