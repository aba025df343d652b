import Type, { type Static } from 'typebox';
import type { Immutable } from '../options/immutable.ts';
import { LabelsRecord, ProcedureName, RunRecord, UnitsRecord } from './run.ts';

/** Name and version of the format of `experiment.json`. */
export const EXPERIMENT_SCHEMA = 'semcrc/experiment@1';

const MeanAndSdRecord = Type.Union([Type.Object({ mean: Type.Number(), sd: Type.Number() }), Type.Null()]);

/** The JSON schema of `experiment.json`, and its TypeScript type: everything needed to recompute its results. */
export const ExperimentDocument = Type.Object(
  {
    schema: Type.Literal(EXPERIMENT_SCHEMA),
    /** Every option resolved, in camelCase. */
    config: Type.Record(Type.String(), Type.Unknown()),
    labels: LabelsRecord,
    units: Type.Optional(UnitsRecord),
    versions: Type.Optional(Type.Record(Type.String(), Type.String())),
    /** Patient of each scan, where some patient has several. */
    patients: Type.Optional(Type.Record(Type.String(), Type.String())),
    runs: Type.Array(RunRecord),
    /** Means and population standard deviations over runs. */
    summary: Type.Array(
      Type.Object({
        procedure: ProcedureName,
        runs: Type.Integer({ minimum: 1 }),
        risk: MeanAndSdRecord,
        length: MeanAndSdRecord,
      }),
    ),
  },
  { $id: EXPERIMENT_SCHEMA, additionalProperties: false },
);
export type ExperimentDocument = Immutable<Static<typeof ExperimentDocument>>;
