import Type, { type Static } from 'typebox';
import type { Immutable } from '../options/immutable.ts';
import { PreparingOptions } from '../options/preparing.ts';
import { LambdaByGroup } from './lambda.ts';
import { ProcedureName } from './run.ts';

/** Name and version of the format of `summary.json` beside applied intervals. */
export const APPLY_SCHEMA = 'semcrc/apply@1';

const Count = Type.Integer({ minimum: 0 });

/** One organ of the scan that a calibration was applied to. */
const AppliedOrgan = Type.Object({
  name: Type.String(),
  voxels: Count,
  /** Mean width of the published intervals, in the results' unit; null without voxels. */
  meanWidth: Type.Union([Type.Number(), Type.Null()]),
  /** How its λ came about: as the calibration says, or `unknown` to it, when the interval is the whole range. */
  status: Type.Enum(['calibrated', 'infeasible', 'absent', 'unknown']),
  /** λ in windowed intensity as the calibration has it, by its own keys. */
  lambda: LambdaByGroup,
});
export type AppliedOrgan = Immutable<Static<typeof AppliedOrgan>>;

/** What applying a calibration to one scan's predictions came to. */
export const ApplySummary = Type.Object(
  {
    schema: Type.Literal(APPLY_SCHEMA),
    /** SHA-256 (hex) over the calibration, the options and the fingerprints of the files. */
    digest: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    /** Paths of the predictions. */
    files: Type.Object({
      lower: Type.String(),
      upper: Type.String(),
      segmentation: Type.String(),
      point: Type.Optional(Type.String()),
      body: Type.Optional(Type.String()),
      std: Type.Optional(Type.String()),
      samples: Type.Optional(Type.String()),
    }),
    /** Of the results: windowed intensity, or HU. */
    units: Type.Enum(['window', 'hu']),
    window: PreparingOptions.properties.window,
    procedure: ProcedureName,
    epsilon: Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 1 }),
    /** What the calibration promises. */
    guarantee: Type.String(),
    /** What the promise was calibrated on, where this scan's voxels are chosen otherwise: for others it is an extrapolation. */
    extrapolation: Type.Union([Type.String(), Type.Null()]),
    /** Under what condition it holds for this scan, and how to read the bounds. */
    condition: Type.String(),
    voxels: Count,
    meanWidth: Type.Number(),
    mended: Type.Object({ clipped: Count, crossed: Count }),
    /** By label id. */
    organs: Type.Record(Type.String(), AppliedOrgan),
    warnings: Type.Array(Type.String()),
  },
  { $id: APPLY_SCHEMA, additionalProperties: false },
);
export type ApplySummary = Immutable<Static<typeof ApplySummary>>;
