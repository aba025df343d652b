import {
  type BackProjection,
  backProjectCone,
  backProjectStack,
  type FilteredCone,
  type Projector,
  SemcrcError,
} from '@semcrc/kernels';
import { backRecords, helixScale, type Span } from './beams.ts';
import { LineFilter } from './filter.ts';
import {
  arcOf,
  columnSizeOf,
  type FanGeometry,
  type Geometry,
  type HelixGeometry,
  outerRadius,
  type ParallelGeometry,
  valuesPerView,
} from './geometry.ts';
import { checkSpan } from './project.ts';
import { TAPER_REACH, taperedWindow, windowEdges } from './window.ts';

/** Line integrals of a span of views: views × columns × rows, rows fastest. */
export interface Views extends Span {
  readonly data: Float32Array;
}

/** Completeness below which a voxel of a helix is set to 0: what little is known of it would be noise. */
const LEAST = 0.05;

/**
 * The views that slices of a span are reconstructed from: for a helix those whose window may reach them.
 */
export function viewsFor(geometry: Geometry, slab: Span): Span {
  checkSpan('slices', slab, geometry.shape[0]);
  if (geometry.kind !== 'helix') return { from: 0, to: geometry.views };
  const { sourceRadius, voxelSize, shape, views, pitch, turns, start } = geometry;
  const rho = outerRadius(geometry);
  const { lower, upper } = windowEdges(geometry, rho);
  const reach = (-lower + TAPER_REACH * (upper - lower)) * (1 + rho / sourceRadius);
  const height = (slice: number) => (slice - (shape[0] - 1) / 2) * voxelSize[2];
  const viewAt = (z: number) => ((z - start) / pitch) * (views / turns) - 0.5;
  const within = (view: number) => Math.min(Math.max(view, 0), views);
  const from = within(Math.floor(viewAt(height(slab.from) - reach)));
  const to = within(Math.ceil(viewAt(height(slab.to - 1) + reach)) + 1);
  return { from: Math.min(from, views - 1), to: Math.max(to, Math.min(from, views - 1) + 1) };
}

/**
 * Filtered back-projection of a span of slices.
 *
 * Helix: cosine weight, ramp along the columns, distance weight, within the tapered Tam–Danielson window, with the term
 * that a window cut from fan-beam data owes at its edges, divided by the weight each voxel got (docs/scanner.md). Its
 * completeness is that weight over a whole one. Fan and parallel beams: the classical formulas; completeness is 1.
 *
 * @param views at least those of {@link viewsFor}. Not changed.
 * @returns slices × height × width voxels, x fastest, in the values of the volume that was scanned, not clipped. Each voxel
 * depends on the views alone, not on the span it is asked for in.
 * @throws SemcrcError `usage` when views that are needed are not there.
 */
export function reconstructSlab(
  projector: Projector,
  geometry: Geometry,
  views: Views,
  slab: Span,
): BackProjection {
  const needed = viewsFor(geometry, slab);
  const perView = valuesPerView(geometry);
  if (views.from > needed.from || views.to < needed.to) {
    throw new SemcrcError(
      'usage',
      `slices ${slab.from} … ${slab.to} need views ${needed.from} … ${needed.to}, found ${views.from} … ${views.to}`,
    );
  }
  if (views.data.length !== (views.to - views.from) * perView) {
    throw new SemcrcError(
      'usage',
      `views ${views.from} … ${views.to} hold ${views.data.length} values, expected ${perView} a view`,
    );
  }
  const first = (needed.from - views.from) * perView;
  const data = views.data.subarray(first, first + (needed.to - needed.from) * perView);
  return geometry.kind === 'helix'
    ? reconstructHelix(projector, geometry, data, needed, slab)
    : reconstructStack(projector, geometry, data, slab);
}

/** Views filtered at once: enough to keep the kernels busy, few enough not to count in memory. */
const BATCH = 64;

/**
 * Weighs views and copies the rows of a span out of them.
 *
 * @returns views × columns × rows of the span, rows fastest.
 */
function weightedViews(geometry: Geometry, data: Float32Array, rows: Span): Float32Array {
  const { columns } = geometry;
  const lines = rows.to - rows.from;
  const weights = cosineWeights(geometry, rows);
  const weighted = new Float32Array((data.length / geometry.rows) * lines);
  const views = data.length / valuesPerView(geometry);
  for (let view = 0, target = 0; view < views; view++) {
    for (let column = 0; column < columns; column++) {
      const source = (view * columns + column) * geometry.rows + rows.from;
      for (let row = 0; row < lines; row++, target++) {
        weighted[target] = data[source + row] * weights[column * lines + row];
      }
    }
  }
  return weighted;
}

/** Cosine of the angle between each ray and the central one; all 1 for parallel rays. */
function cosineWeights(geometry: Geometry, rows: Span): Float32Array {
  const lines = rows.to - rows.from;
  const weights = new Float32Array(geometry.columns * lines).fill(1);
  if (geometry.kind === 'parallel') return weights;
  const { columns, sourceRadius: radius } = geometry;
  const scale = geometry.kind === 'helix' ? helixScale(geometry) : { rowSize: 0, rowCentre: 0 };
  const size = columnSizeOf(geometry);
  for (let column = 0; column < columns; column++) {
    const u = (column - (columns - 1) / 2) * size;
    for (let row = 0; row < lines; row++) {
      const v = (rows.from + row - scale.rowCentre) * scale.rowSize;
      weights[column * lines + row] = radius / Math.hypot(radius, u, v);
    }
  }
  return weights;
}

function reconstructHelix(
  projector: Projector,
  geometry: HelixGeometry,
  data: Float32Array,
  span: Span,
  slab: Span,
): BackProjection {
  return backProjectCone(
    projector,
    filteredBatches(geometry, data, span),
    taperedWindow(geometry),
    helixScale(geometry),
    arcOf(geometry) / geometry.views,
    [geometry.shape[2], geometry.shape[1]],
    [slab.from, slab.to],
    LEAST,
  );
}

/** Views of a helix, weighted and filtered a few at a time. */
function* filteredBatches(geometry: HelixGeometry, data: Float32Array, span: Span): Generator<FilteredCone> {
  const { columns, rows } = geometry;
  const perView = valuesPerView(geometry);
  const filter = new LineFilter(columns, columnSizeOf(geometry));
  for (let from = span.from; from < span.to; from += BATCH) {
    const to = Math.min(from + BATCH, span.to);
    const views = data.subarray((from - span.from) * perView, (to - span.from) * perView);
    const ramp = weightedViews(geometry, views, { from: 0, to: rows });
    const hilbert = new Float32Array(ramp.length);
    for (let at = 0; at < ramp.length; at += perView) {
      filter.rampAndHilbert(ramp.subarray(at, at + perView), hilbert.subarray(at, at + perView), rows);
    }
    yield { ramp, hilbert, columns, rows, records: backRecords(geometry, { from, to }) };
  }
}

function reconstructStack(
  projector: Projector,
  geometry: FanGeometry | ParallelGeometry,
  data: Float32Array,
  slab: Span,
): BackProjection {
  const { columns, shape, views } = geometry;
  const slices = slab.to - slab.from;
  const filter = new LineFilter(columns, columnSizeOf(geometry));
  const filtered = weightedViews(geometry, data, slab);
  const perView = columns * slices;
  for (let at = 0; at < filtered.length; at += perView)
    filter.ramp(filtered.subarray(at, at + perView), slices);
  const records = backRecords(geometry, { from: 0, to: views });
  const step = arcOf(geometry) / views;
  // A whole turn of a fan sees every ray twice.
  const scale = geometry.kind === 'fan' ? step / 2 : step;
  const volume = new Float32Array(slices * shape[1] * shape[2]);
  const stack = { filtered, columns, slices, records };
  backProjectStack(projector, stack, [shape[2], shape[1]], scale, volume);
  return { data: volume, completeness: new Float32Array(volume.length).fill(1) };
}

/**
 * Slices at each end of a helical scan that miss data, as the source begins and ends with the volume. The farthest voxel
 * that the last view serves alone stands this far from the end.
 */
export function incompleteSlices(geometry: Geometry): number {
  if (geometry.kind !== 'helix') return 0;
  const { pitch, sourceRadius, voxelSize, shape } = geometry;
  const ratio = outerRadius(geometry) / sourceRadius;
  const reach = (pitch / 4) * (1 + ratio ** 2) * (1 + (2 / Math.PI) * Math.atan(ratio)) * (1 + ratio);
  return Math.min(Math.ceil(reach / voxelSize[2] - 0.5), shape[0]);
}
