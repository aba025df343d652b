import type {
  BackProjection,
  FilteredCone,
  FilteredStack,
  HelixScale,
  TaperedWindow,
} from '../projector-back.ts';
import type { ConeViews, StackViews, VoxelSize } from '../projector-views.ts';
import type { Samples } from '../resample.ts';
import { forEachSample } from './joseph.ts';

/** A voxel, 0 outside the volume. */
function voxel(
  { data, size: [width, height, slices] }: Samples<Float32Array>,
  x: number,
  y: number,
  z: number,
) {
  const inside = x >= 0 && x < width && y >= 0 && y < height && z >= 0 && z < slices;
  return inside ? data[x + width * (y + height * z)] : 0;
}

/** Scalar twin of `projectCone`. */
export function projectCone(
  volume: Samples<Float32Array>,
  { records, columns, rows }: ConeViews,
  size: VoxelSize,
): Float32Array {
  const out = new Float32Array((records.length / 9) * columns * rows);
  for (let i = 0; i < out.length; i++) {
    const row = i % rows;
    const column = Math.floor(i / rows) % columns;
    const view = Math.floor(i / (rows * columns));
    const [sx, sy, sz, px, py, pz, ex, ey, rz] = records.subarray(9 * view);
    let sum = 0;
    forEachSample(
      volume.size,
      size,
      [sx, sy, sz],
      [px + column * ex - sx, py + column * ey - sy, pz + row * rz - sz],
      (x, y, z, weight) => {
        sum += weight * voxel(volume, x, y, z);
      },
    );
    out[i] = sum;
  }
  return out;
}

/** Scalar twin of `projectStack`. */
export function projectStack(
  volume: Samples<Float32Array>,
  { records, columns }: StackViews,
  [sizeX, sizeY]: readonly [number, number],
): Float32Array {
  const slices = volume.size[2];
  const out = new Float32Array((records.length / 7) * columns * slices);
  for (let i = 0; i < out.length; i++) {
    const slice = i % slices;
    const column = Math.floor(i / slices) % columns;
    const [sx, sy, sw, px, py, ex, ey] = records.subarray(7 * Math.floor(i / (slices * columns)));
    const at: [number, number, number] = [px + column * ex, py + column * ey, slice];
    const along: [number, number, number] = sw === 0 ? [sx, sy, 0] : [at[0] - sx, at[1] - sy, 0];
    let sum = 0;
    forEachSample(volume.size, [sizeX, sizeY, 1], at, along, (x, y, z, weight) => {
      sum += weight * voxel(volume, x, y, z);
    });
    out[i] = sum;
  }
  return out;
}

/** Values between two neighbours of a line, its ends held. */
function between(at: number, last: number, value: (index: number) => number): number {
  const place = Math.min(Math.max(at, 0), last);
  const below = Math.floor(place);
  return below === last
    ? value(last)
    : value(below) * (1 - (place - below)) + value(below + 1) * (place - below);
}

/** Scalar twin of `backProjectStack`. */
export function backProjectStack(
  { filtered, columns, slices, records }: FilteredStack,
  [width, height]: readonly [number, number],
  scale: number,
): Float32Array {
  const out = new Float32Array(width * height * slices);
  for (let i = 0; i < out.length; i++) {
    const x = i % width;
    const y = Math.floor(i / width) % height;
    const slice = Math.floor(i / (width * height));
    let sum = 0;
    for (let view = 0; view < records.length / 6; view++) {
      const [p0, p1, p2, q0, q1, q2] = records.subarray(6 * view);
      const q = q0 + q1 * x + q2 * y;
      const value = (column: number) => filtered[(view * columns + column) * slices + slice];
      sum += between((p0 + p1 * x + p2 * y) / q, columns - 1, value) / (q * q);
    }
    out[i] = sum * scale;
  }
  return out;
}

/** Scalar twin of `backProjectCone`. */
export function backProjectCone(
  { ramp, hilbert, columns, rows, records }: FilteredCone,
  { edges, taper, reach }: TaperedWindow,
  scale: HelixScale,
  step: number,
  [width, height]: readonly [number, number],
  [from, to]: readonly [number, number],
  least: number,
): BackProjection {
  const data = new Float32Array(width * height * (to - from));
  const completeness = new Float32Array(data.length);
  const radius = scale.sourceRadius;
  const last = taper.length / 2 - 1;
  for (let i = 0; i < data.length; i++) {
    const x = i % width;
    const y = Math.floor(i / width) % height;
    const z = from + Math.floor(i / (width * height));
    let sum = 0;
    let weight = 0;
    for (let view = 0; view < records.length / 7; view++) {
      const [p0, p1, p2, q0, q1, q2, source] = records.subarray(7 * view);
      const q = q0 + q1 * x + q2 * y;
      const column = (p0 + p1 * x + p2 * y) / q;
      const slope = ((column - scale.columnCentre) * scale.columnSize) / radius;
      const v = ((z - source) * scale.sliceSize) / q;
      const lower = between(column, columns - 1, (c) => edges[2 * c]);
      const span = between(column, columns - 1, (c) => edges[2 * c + 1] - edges[2 * c]);
      const place = (v - lower) / span;
      const inward = Math.min(place, 1 - place);
      const at = ((inward + reach) / (2 * reach)) * last;
      const w = between(at, last, (k) => taper[2 * k]);
      const change = (between(at, last, (k) => taper[2 * k + 1]) / span) * Math.sign(0.5 - place);
      const row = v / scale.rowSize + scale.rowCentre;
      const read = (values: Float32Array) =>
        between(column, columns - 1, (c) =>
          between(row, rows - 1, (r) => values[(view * columns + c) * rows + r]),
        );
      const along = -scale.pitch / (2 * Math.PI * q) + v * slope;
      sum += (w * read(ramp)) / (q * q) - (change * along * read(hilbert)) / (2 * Math.PI * radius * q);
      weight += w / (q * (1 + slope * slope));
    }
    completeness[i] = (weight * step) / Math.PI;
    data[i] = completeness[i] < least ? 0 : (sum / weight) * Math.PI;
  }
  return { data, completeness };
}
