import {
  type Labels,
  type LeftOut,
  Preparing,
  type Sample,
  SURROUNDING_MARGIN,
  UNKNOWN_PREPARING,
} from '@semcrc/core';
import { describeFound, SemcrcError } from '@semcrc/kernels';
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';

/** What the attributes of a prepared cohort call themselves. */
export const STORE_SCHEMA = 'semcrc/cohort@1';

const Triple = Type.Tuple([Type.Number(), Type.Number(), Type.Number()]);
const Counts = Type.Array(Type.Integer({ minimum: 0 }));

/**
 * Attributes of the Zarr group. `scans` and `patients` run along the first axis of the arrays; `labels` names every
 * label id. `window` is in HU, `spacing` in mm (x, y, z), null where scans keep their own. What follows `source` is
 * semcrc's own and may be missing in a store written by another program: `sites` (along the first axis), `checksums` (CRC-32 of each chunk's bytes, by
 * array), `mended` (voxels changed on the way in, by scan), `fingerprints` (of the file of each scan's ground truth) and `affines`
 * (where slices adjoin: by scan the 4 × 4 matrix, row by row, from voxel indices to millimetres in RAS).
 */
export const storeAttributesSchema = Type.Object({
  schema: Type.Literal(STORE_SCHEMA),
  scans: Type.Array(Type.String({ minLength: 1 }), { minItems: 1 }),
  patients: Type.Array(Type.String({ minLength: 1 }), { minItems: 1 }),
  sites: Type.Optional(Type.Array(Type.String({ minLength: 1 }))),
  labels: Type.Record(Type.String({ pattern: '^[0-9]{1,5}$' }), Type.String()),
  window: Type.Optional(Type.Union([Type.Tuple([Type.Number(), Type.Number()]), Type.Null()])),
  spacing: Type.Optional(Type.Union([Triple, Type.Null()])),
  source: Type.Optional(Type.Unknown()),
  fingerprints: Type.Optional(Type.Array(Type.String({ pattern: '^[0-9a-f]{64}$' }))),
  checksums: Type.Optional(Type.Record(Type.String(), Counts)),
  mended: Type.Optional(Type.Object({ clipped: Counts, crossed: Counts })),
  affines: Type.Optional(Type.Array(Type.Array(Type.Number(), { minItems: 16, maxItems: 16 }))),
});

/** Attributes of a prepared cohort's Zarr group. */
export type StoreAttributes = Static<typeof storeAttributesSchema>;

const attributesValidator = Compile(storeAttributesSchema);

/**
 * Checks a group's attributes.
 *
 * @param place the store, for messages.
 * @throws SemcrcError `bad-input` for a newer schema, for one that is none of ours and for attributes that don't fit.
 */
export function parseStoreAttributes(attributes: unknown, place: string): StoreAttributes {
  const found = (attributes as { schema?: unknown } | null)?.schema;
  if (found !== STORE_SCHEMA) {
    const newer = typeof found === 'string' && found.startsWith('semcrc/cohort@');
    throw new SemcrcError(
      'bad-input',
      newer
        ? `${place} has the schema ${found}, written by another version of semcrc; this one reads ${STORE_SCHEMA}`
        : `${place} is not a prepared cohort: expected the attribute schema "${STORE_SCHEMA}", found ${describeFound(found)}`,
      { data: { file: place, expected: STORE_SCHEMA, found: String(found) } },
    );
  }
  if (!attributesValidator.Check(attributes)) {
    const problem = attributesValidator.Errors(attributes)[0];
    throw new SemcrcError(
      'bad-input',
      `${place}: attribute ${problem?.instancePath ?? ''} ${problem?.message ?? 'does not fit'}`,
      {
        data: { file: place },
      },
    );
  }
  const { scans, patients, fingerprints = scans, sites = scans } = attributes;
  if (
    patients.length !== scans.length ||
    fingerprints.length !== scans.length ||
    sites.length !== scans.length ||
    new Set(scans).size !== scans.length
  ) {
    throw new SemcrcError(
      'bad-input',
      `${place}: expected unique scan ids and one patient each, found ${scans.length} scans ` +
        `(${new Set(scans).size} different) and ${patients.length} patients (${fingerprints.length} fingerprints, ${sites.length} sites)`,
      { data: { file: place } },
    );
  }
  if (attributes.window && !(attributes.window[0] < attributes.window[1])) {
    throw new SemcrcError(
      'bad-input',
      `${place}: attribute /window must go from its lower end in HU to its upper, found ${attributes.window.join(' to ')}`,
      { data: { file: place } },
    );
  }
  return attributes;
}

const leftOutValidator = Compile(Type.Array(Type.Object({ scan: Type.String(), reason: Type.String() })));

/** Scans that did not qualify when the store was prepared; empty where it does not tell. */
export function storedLeftOut({ source }: StoreAttributes): readonly LeftOut[] {
  const stored = typeof source === 'object' && source !== null && 'leftOut' in source ? source.leftOut : [];
  return leftOutValidator.Check(stored) ? stored : [];
}

const preparingValidator = Compile(Preparing);

/**
 * What a store's attributes say of how its scans were made. Of a store that another program wrote: its window, and the
 * volumes it holds.
 */
export function storedPreparing(
  { source, window }: StoreAttributes,
  { point, std, samples }: OptionalVolumes,
): Preparing {
  const stored =
    typeof source === 'object' && source !== null && 'preparing' in source ? source.preparing : null;
  if (preparingValidator.Check(stored) && String(stored.window) === String(window ?? null)) return stored;
  return { ...UNKNOWN_PREPARING, point, std, draws: samples, window: window ?? null };
}

/** What slices that were cropped or padded show around their voxels: see core's `Surroundings`. */
export const SURROUNDING_ARRAYS = ['around-point', 'around-width', 'around-inside', 'organ-means'] as const;
type SurroundingArray = (typeof SURROUNDING_ARRAYS)[number];

/**
 * The arrays of a prepared cohort, `scans × slices × height × width`; `sample-0`, `sample-1`, … are draws, `measurement` is
 * what the predictor saw, which no λ depends on. Those of `SURROUNDING_ARRAYS` have planes of other sizes.
 */
export type StoreArray =
  | 'truth'
  | 'lower'
  | 'upper'
  | 'point'
  | 'std'
  | 'measurement'
  | 'groups'
  | `sample-${number}`
  | SurroundingArray;

/** Optional volumes that every sample of a cohort has. */
export interface OptionalVolumes {
  readonly point: boolean;
  readonly std: boolean;
  /** Whether what the predictor saw is kept beside every sample. */
  readonly measurement?: boolean;
  /** How many draws of the prediction. */
  readonly samples: number;
  /** Whether what lies around the voxels is kept; false where it is missing. */
  readonly surroundings?: boolean;
}

/** [slices, height, width] of one scan in an array. @param slots largest label id + 1 */
export function shapeOfArray(
  name: StoreArray,
  [slices, height, width]: readonly [number, number, number],
  slots: number,
): readonly [number, number, number] {
  if (name === 'organ-means') return [slices, 1, slots];
  if (!isSurrounding(name)) return [slices, height, width];
  return [slices, height + 2 * SURROUNDING_MARGIN, width + 2 * SURROUNDING_MARGIN];
}

/** Largest label id + 1. */
export const slotsOf = (labels: Labels): number => Math.max(...Object.keys(labels).map(Number)) + 1;

/** Type of an array's elements. @param labelBytes bytes of a label id */
export function typeOfArray(name: StoreArray, labelBytes: 1 | 2): 'float32' | 'uint8' | 'uint16' {
  if (name === 'around-inside') return 'uint8';
  return name === 'groups' ? (labelBytes === 1 ? 'uint8' : 'uint16') : 'float32';
}

const isSurrounding = (name: StoreArray): name is SurroundingArray =>
  (SURROUNDING_ARRAYS as readonly StoreArray[]).includes(name);

/** Names of a cohort's arrays in the order they are written. */
export function arraysOf({
  point,
  std,
  measurement = false,
  samples,
  surroundings = false,
}: OptionalVolumes): readonly StoreArray[] {
  return [
    'truth',
    'lower',
    'upper',
    ...(point ? (['point'] as const) : []),
    ...(std ? (['std'] as const) : []),
    ...Array.from({ length: samples }, (_, index) => `sample-${index}` as const),
    ...(measurement ? (['measurement'] as const) : []),
    'groups',
    ...(surroundings ? SURROUNDING_ARRAYS : []),
  ];
}

/** The field of `Surroundings` that an array holds. */
export const SURROUNDING_FIELDS = {
  'around-point': 'point',
  'around-width': 'width',
  'around-inside': 'inside',
  'organ-means': 'organMeans',
} as const;

/** A scan's voxels under the name of their array. */
export function arrayOf(
  { sample, measurement }: { readonly sample: Sample; readonly measurement?: Float32Array | undefined },
  name: StoreArray,
): Float32Array | Uint8Array | Uint16Array | undefined {
  if (name.startsWith('sample-')) return sample.samples?.[Number(name.slice(7))];
  if (name === 'groups') return sample.organs;
  if (name === 'measurement') return measurement;
  if (isSurrounding(name)) return sample.surroundings?.[SURROUNDING_FIELDS[name]];
  return sample[
    name as Exclude<StoreArray, 'groups' | 'measurement' | `sample-${number}` | SurroundingArray>
  ];
}
