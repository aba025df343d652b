import type { Shape, Vector3 } from '@semcrc/imaging';
import { angleOf, type Geometry, sourceHeight } from '../src/geometry.ts';

/** A uniform ellipsoid, turned about z; lengths in units of length. */
export interface Ellipsoid {
  readonly value: number;
  readonly centre: Vector3;
  readonly axes: Vector3;
  /** Radians, counter-clockwise. */
  readonly turn?: number;
}

/** A point or direction in the frame where the ellipsoid is the unit ball. */
function inBall({ axes, turn = 0 }: Ellipsoid, x: number, y: number, z: number): Vector3 {
  const [sin, cos] = [Math.sin(turn), Math.cos(turn)];
  return [(x * cos + y * sin) / axes[0], (y * cos - x * sin) / axes[1], z / axes[2]];
}

/** The phantom's value averaged over each voxel by 4 × 4 × 4 points. */
export function rasterize(phantom: readonly Ellipsoid[], shape: Shape, fine = 4): Float32Array {
  const [slices, height, width] = shape;
  const data = new Float32Array(slices * height * width);
  const steps = Array.from({ length: fine }, (_, i) => (i + 0.5) / fine - 0.5);
  for (const ellipsoid of phantom) {
    const { centre, axes } = ellipsoid;
    const edge = 0.87 / Math.min(...axes);
    const reach = Math.max(axes[0], axes[1]) + 1;
    const range = (at: number, radius: number, size: number) => {
      const middle = at + (size - 1) / 2;
      return [
        Math.max(0, Math.floor(middle - radius)),
        Math.min(size - 1, Math.ceil(middle + radius)),
      ] as const;
    };
    const [z0, z1] = range(centre[2], axes[2] + 1, slices);
    const [y0, y1] = range(centre[1], reach, height);
    const [x0, x1] = range(centre[0], reach, width);
    for (let z = z0; z <= z1; z++) {
      for (let y = y0; y <= y1; y++) {
        for (let x = x0; x <= x1; x++) {
          // Voxels well inside or outside need no finer look: half a voxel's diagonal is 0.87.
          const at = [x - (width - 1) / 2, y - (height - 1) / 2, z - (slices - 1) / 2];
          const middle = inBall(ellipsoid, at[0] - centre[0], at[1] - centre[1], at[2] - centre[2]);
          const far = Math.hypot(...middle);
          if (far > 1 + edge) continue;
          if (far < 1 - edge) {
            data[x + width * (y + height * z)] += ellipsoid.value;
            continue;
          }
          let inside = 0;
          for (const a of steps) {
            for (const b of steps) {
              for (const c of steps) {
                const ball = inBall(
                  ellipsoid,
                  at[0] + a - centre[0],
                  at[1] + b - centre[1],
                  at[2] + c - centre[2],
                );
                if (ball[0] ** 2 + ball[1] ** 2 + ball[2] ** 2 < 1) inside++;
              }
            }
          }
          data[x + width * (y + height * z)] += (ellipsoid.value * inside) / fine ** 3;
        }
      }
    }
  }
  return data;
}

/** The phantom's exact line integrals: views × columns × rows, rows fastest. */
export function analyticViews(phantom: readonly Ellipsoid[], geometry: Geometry): Float32Array {
  const { views, columns, rows, shape, detectorWidth } = geometry;
  const out = new Float32Array(views * columns * rows);
  const pixel = detectorWidth / columns;
  for (let view = 0, i = 0; view < views; view++) {
    const angle = angleOf(geometry, view);
    const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
    for (let column = 0; column < columns; column++) {
      const u = (column - (columns - 1) / 2) * pixel;
      for (let row = 0; row < rows; row++, i++) {
        const slice = row - (shape[0] - 1) / 2;
        let from: Vector3;
        let to: Vector3;
        if (geometry.kind === 'parallel') {
          from = [u * cos + 1000 * sin, u * sin - 1000 * cos, slice];
          to = [u * cos - 1000 * sin, u * sin + 1000 * cos, slice];
        } else {
          const { sourceRadius: rs, detectorRadius: rd } = geometry;
          const z = geometry.kind === 'helix' ? sourceHeight(geometry, view) : slice;
          const v = geometry.kind === 'helix' ? ((row - (rows - 1) / 2) * geometry.detectorHeight) / rows : 0;
          from = [rs * sin, -rs * cos, z];
          to = [-rd * sin + u * cos, rd * cos + u * sin, z + v];
        }
        out[i] = phantom.reduce((sum, ellipsoid) => sum + ellipsoid.value * chord(ellipsoid, from, to), 0);
      }
    }
  }
  return out;
}

/** Length of a line within an ellipsoid. */
function chord(ellipsoid: Ellipsoid, from: Vector3, to: Vector3): number {
  const { centre } = ellipsoid;
  const a = inBall(ellipsoid, from[0] - centre[0], from[1] - centre[1], from[2] - centre[2]);
  const d = inBall(ellipsoid, to[0] - from[0], to[1] - from[1], to[2] - from[2]);
  const dd = d[0] ** 2 + d[1] ** 2 + d[2] ** 2;
  const ad = a[0] * d[0] + a[1] * d[1] + a[2] * d[2];
  const aa = a[0] ** 2 + a[1] ** 2 + a[2] ** 2 - 1;
  const root = ad * ad - dd * aa;
  if (root <= 0) return 0;
  return ((2 * Math.sqrt(root)) / dd) * Math.hypot(to[0] - from[0], to[1] - from[1], to[2] - from[2]);
}

/** Lengths of a phantom in a cube of half-width 1, scaled to a volume. */
function scaled(rows: readonly (readonly number[])[], [slices, height, width]: Shape): readonly Ellipsoid[] {
  return rows.map(([value, a, b, c, x, y, z, degrees]) => ({
    value,
    axes: [(a * width) / 2, (b * height) / 2, (c * slices) / 2],
    centre: [(x * width) / 2, (y * height) / 2, (z * slices) / 2],
    turn: (degrees * Math.PI) / 180,
  }));
}

/** The head of Shepp and Logan in three dimensions with Toft's contrasts: 0 to 1. Of slices that are square. */
export function sheppLogan(shape: Shape): readonly Ellipsoid[] {
  return scaled(
    [
      [1, 0.69, 0.92, 0.81, 0, 0, 0, 0],
      [-0.8, 0.6624, 0.874, 0.78, 0, -0.0184, 0, 0],
      [-0.2, 0.11, 0.31, 0.22, 0.22, 0, 0, -18],
      [-0.2, 0.16, 0.41, 0.28, -0.22, 0, 0, 18],
      [0.1, 0.21, 0.25, 0.41, 0, 0.35, -0.15, 0],
      [0.1, 0.046, 0.046, 0.05, 0, 0.1, 0.25, 0],
      [0.1, 0.046, 0.046, 0.05, 0, -0.1, 0.25, 0],
      [0.1, 0.046, 0.023, 0.05, -0.08, -0.605, 0, 0],
      [0.1, 0.023, 0.023, 0.02, 0, -0.606, 0, 0],
      [0.1, 0.023, 0.046, 0.02, 0.06, -0.605, 0, 0],
    ],
    shape,
  );
}

/** In the manner of the FORBILD head: a skull of bone, brain of 0.5, ventricles and small details, an ear of bone. */
export function forbildLike(shape: Shape): readonly Ellipsoid[] {
  return scaled(
    [
      [0.9, 0.72, 0.9, 1.8, 0, 0, 0, 0],
      [-0.4, 0.66, 0.84, 1.7, 0, 0, 0, 0],
      [-0.05, 0.12, 0.22, 0.5, -0.14, 0.1, 0.05, 15],
      [-0.05, 0.12, 0.22, 0.5, 0.14, 0.1, 0.05, -15],
      [0.06, 0.16, 0.16, 0.3, 0, -0.35, 0.1, 0],
      [0.05, 0.05, 0.05, 0.12, -0.3, -0.4, 0, 0],
      [0.05, 0.04, 0.04, 0.1, 0.32, -0.38, 0, 0],
      [0.4, 0.05, 0.1, 0.3, 0.5, -0.1, 0, 10],
      [-0.5, 0.06, 0.05, 0.2, 0.45, 0.25, 0, 0],
    ],
    shape,
  );
}
