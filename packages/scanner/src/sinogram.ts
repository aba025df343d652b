import { type Affine, invertAffine } from '@semcrc/imaging';
import { SemcrcError } from '@semcrc/kernels';
import Type, { type Static, type TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { Span } from './beams.ts';
import { type Geometry, outerRadius, valuesPerView } from './geometry.ts';
import type { Noise } from './noise.ts';

/** What a sinogram's store says it is. */
export const SINOGRAM_SCHEMA = 'semcrc/sinogram@1';

/** The volume that was scanned, as far as a reconstruction of it needs to know. */
export interface ScannedVolume {
  /** Of the file, for the reader. */
  readonly name: string;
  /** SHA-256 of its voxels as they were scanned, shape and affine. */
  readonly digest: string;
  /** Voxel index to mm of the grid that was scanned (RAS). */
  readonly affine: Affine;
  /** Of the file itself, in its own voxel order: where a reconstruction goes back to. */
  readonly source: { readonly shape: readonly [number, number, number]; readonly affine: Affine };
  /** HU that became 0 and 1; null where intensities were given. */
  readonly window: readonly [number, number] | null;
}

/** Everything about a sinogram but its integrals. */
export interface SinogramFacts {
  readonly geometry: Geometry;
  readonly noise: Noise;
  readonly volume: ScannedVolume;
}

const Count = Type.Integer({ minimum: 1, maximum: 2 ** 24 });
const Length = Type.Number({ exclusiveMinimum: 0, maximum: 1e9 });
const Three = <T extends TSchema>(item: T) => Type.Tuple([item, item, item]);
const Sampling = { views: Count, columns: Count, rows: Count };
const Planar = {
  shape: Three(Count),
  voxelSize: Three(Length),
  ...Sampling,
  needed: Type.Object(Sampling),
  detectorWidth: Length,
};
const Divergent = { ...Planar, sourceRadius: Length, detectorRadius: Length };
const Seed = Type.Integer({ minimum: -(2 ** 31), maximum: 2 ** 31 });
const Photons = Type.Number({ exclusiveMinimum: 0, maximum: 1e12 });
const AffineNumbers = Type.Array(Type.Number(), { minItems: 16, maxItems: 16 });

const Facts = Type.Object({
  schema: Type.Literal(SINOGRAM_SCHEMA),
  geometry: Type.Union([
    Type.Object({ kind: Type.Literal('parallel'), ...Planar }),
    Type.Object({ kind: Type.Literal('fan'), ...Divergent }),
    Type.Object({
      kind: Type.Literal('helix'),
      ...Divergent,
      turns: Length,
      pitch: Length,
      start: Type.Number(),
      detectorHeight: Length,
    }),
  ]),
  noise: Type.Union([
    Type.Object({ kind: Type.Literal('none') }),
    Type.Object({ kind: Type.Literal('poisson'), photons: Photons, seed: Seed }),
    Type.Object({ kind: Type.Literal('beer-lambert'), photons: Photons, attenuation: Length, seed: Seed }),
  ]),
  volume: Type.Object({
    name: Type.String(),
    digest: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    affine: AffineNumbers,
    source: Type.Object({ shape: Three(Count), affine: AffineNumbers }),
    window: Type.Union([Type.Tuple([Type.Number(), Type.Number()]), Type.Null()]),
  }),
});
const factsCheck = Compile(Facts);

/** Voxels that a volume may have: f32 of them fill 8 GiB. */
const MOST_VOXELS = 2 ** 31;

/**
 * Facts from the attributes of a store.
 *
 * @param name of the store, for the message.
 * @throws SemcrcError `bad-input` when they are not those of a sinogram.
 */
export function parseFacts(attributes: unknown, name: string): SinogramFacts {
  const refuse = (problem: string): never => {
    throw new SemcrcError('bad-input', `${name} is no sinogram (${SINOGRAM_SCHEMA}): ${problem}`, {
      data: { file: name },
    });
  };
  const schema = (attributes as { schema?: unknown } | null)?.schema;
  if (schema !== SINOGRAM_SCHEMA)
    refuse(`its schema is ${schema === undefined ? 'missing' : JSON.stringify(schema)}`);
  if (!factsCheck.Check(attributes)) {
    const [first] = factsCheck.Errors(attributes);
    refuse(`attributes${first?.instancePath ?? ''} ${first?.message ?? 'do not fit'}`);
  }
  const { geometry, noise, volume } = attributes as Static<typeof Facts>;
  const { rows, shape } = geometry;
  if (geometry.kind !== 'helix' && rows !== shape[0]) refuse(`it has ${rows} rows for ${shape[0]} slices`);
  if (shape[0] * shape[1] * shape[2] > MOST_VOXELS)
    refuse(`a volume of ${shape.join(' × ')} has too many voxels`);
  const sizes = (of: readonly number[]) => [...of].sort((a, b) => a - b).join();
  if (sizes(shape) !== sizes(volume.source.shape)) {
    refuse(`it was made of ${shape.join(' × ')} voxels, and the file has ${volume.source.shape.join(' × ')}`);
  }
  for (const affine of [volume.affine, volume.source.affine]) {
    try {
      invertAffine(affine);
    } catch (cause) {
      refuse((cause as SemcrcError).message);
    }
  }
  if (geometry.kind !== 'parallel') {
    const radius = Math.min(geometry.sourceRadius, geometry.detectorRadius);
    if (radius <= outerRadius(geometry)) refuse('its source or detector stands inside the volume');
  }
  return { geometry, noise, volume } as SinogramFacts;
}

/** Integrals that are worked on and stored together: about 4 MB of whole views. */
const BLOCK_VALUES = 2 ** 20;

/** Views that make one chunk of a stored sinogram. */
export function viewsPerBlock(geometry: Geometry): number {
  return Math.min(geometry.views, Math.max(1, Math.floor(BLOCK_VALUES / valuesPerView(geometry))));
}

/** The views of a sinogram, cut into blocks. */
export function viewBlocks(geometry: Geometry): readonly Span[] {
  return spans(geometry.views, viewsPerBlock(geometry));
}

/** Voxels of a slab times the views it needs stay below about a tenth of a GB with slabs of this many slices. */
const SLAB_SLICES = 32;

/** The slices of a volume, cut into slabs that are reconstructed together. */
export function sliceSlabs({ shape, kind }: Geometry): readonly Span[] {
  return spans(shape[0], kind === 'helix' ? SLAB_SLICES : SLAB_SLICES / 4);
}

function spans(count: number, size: number): readonly Span[] {
  return Array.from({ length: Math.ceil(count / size) }, (_, i) => ({
    from: i * size,
    to: Math.min((i + 1) * size, count),
  }));
}
