import type { Shape } from '@semcrc/imaging';
import { type Projector, projectCone, projectStack, SemcrcError, type Sizes } from '@semcrc/kernels';
import { coneViews, type Span, stackViews } from './beams.ts';
import { type Geometry, valuesPerView } from './geometry.ts';

/** What is scanned: f32 voxels, x fastest. */
export interface Scanned {
  readonly data: Float32Array;
  /** Slices, height, width. */
  readonly shape: Shape;
}

/** @throws SemcrcError `usage` when a span does not lie in 0 … count. */
export function checkSpan(what: string, { from, to }: Span, count: number): void {
  if (Number.isSafeInteger(from) && Number.isSafeInteger(to) && from >= 0 && from < to && to <= count) return;
  throw new SemcrcError('usage', `${what} ${from} … ${to}: expected a span within 0 … ${count}`);
}

/**
 * Line integrals of a volume for a span of views: Joseph's method, the volume trilinear and zero outside. Values are in
 * voxel values × units of length. Each view depends on the volume and the geometry alone, so spans can be shared out.
 *
 * @param into views × columns × rows; a new array when left out.
 * @returns the integrals, rows fastest; for fan and parallel beams rows are slices.
 * @throws SemcrcError `usage` when the volume is not of the geometry's shape, or the span not within its views.
 */
export function projectViews(
  projector: Projector,
  volume: Scanned,
  geometry: Geometry,
  span: Span = { from: 0, to: geometry.views },
  into: Float32Array = new Float32Array((span.to - span.from) * valuesPerView(geometry)),
): Float32Array {
  checkSpan('views', span, geometry.views);
  const [slices, height, width] = geometry.shape;
  if (volume.shape.some((length, axis) => length !== geometry.shape[axis])) {
    throw new SemcrcError(
      'usage',
      `the scan is planned for ${geometry.shape.join(' × ')} (slices × height × width), the volume has ${volume.shape.join(' × ')}`,
    );
  }
  const samples = { data: volume.data, size: [width, height, slices] as Sizes };
  if (geometry.kind === 'helix') {
    return projectCone(projector, samples, coneViews(geometry, span), geometry.voxelSize, into);
  }
  const [sizeX, sizeY] = geometry.voxelSize;
  return projectStack(projector, samples, stackViews(geometry, span), [sizeX, sizeY], into);
}
