import Type, { type Static } from 'typebox';
import type { Immutable } from './immutable.ts';
import { PROCEDURES, ProcedureOptions } from './procedure-options.ts';

/** Which procedures are calibrated, at which tolerances, on how many seeded splits of a cohort. */
export const ExperimentPlan = Type.Object(
  {
    procedures: Type.Array(Type.Enum([...PROCEDURES], { description: 'A procedure.' }), {
      minItems: 1,
      uniqueItems: true,
      description: 'Procedures to compare over the same splits.',
    }),
    /** Every run is calibrated at each of them, from the same profiles and anchors' voxels. */
    epsilons: Type.Array(
      Type.Number({
        exclusiveMinimum: 0,
        exclusiveMaximum: 1,
        default: 0.1,
        description: 'Tolerance ε: the risk allowed.',
      }),
      { minItems: 1 },
    ),
    runs: Type.Integer({ minimum: 1, maximum: 100_000, default: 20, description: 'Splits drawn.' }),
    seed: Type.Integer({
      minimum: 0,
      maximum: 0xffffffff,
      default: 0,
      description: 'Seed of the splits: run r of seed s is the same split everywhere.',
    }),
    nOpt: Type.Integer({ minimum: 0, default: 32, description: 'Patients the anchor is optimized on.' }),
    nCal: Type.Integer({
      minimum: 1,
      default: 512,
      description: 'Patients calibrated on, the opt patients among them.',
    }),
    nTest: Type.Integer({
      minimum: 0,
      default: 128,
      description: 'Patients held out to measure risk and length.',
    }),
    options: ProcedureOptions,
  },
  { additionalProperties: false },
);
export type ExperimentPlan = Immutable<Static<typeof ExperimentPlan>>;

/** How many patients each part of a split holds. `nCal` includes the opt patients, as in the paper. */
export type SplitSizes = Pick<ExperimentPlan, 'nOpt' | 'nCal' | 'nTest'>;
