import type { Shape, Vector3 } from '@semcrc/imaging';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { bilinear } from './bilinear.ts';
import { standardNormal } from './random.ts';

/** How strongly and how smoothly space is bent. */
export interface BendOptions {
  /** Root mean square of the velocity along x, y and z, mm. */
  readonly amplitude: Vector3;
  /** Width (standard deviation, mm) of the low-pass filter that white noise goes through to become the velocity. */
  readonly smoothness: number;
}

/** Distance of the nodes that hold the field, mm. */
const nodeSpacing = 12;
/** The velocity is scaled down 2⁻⁶ and squared as often. */
const squarings = 6;
const halvings = 64;

/**
 * A smooth invertible map of space: the flow of a stationary velocity field for one unit of time, by scaling and squaring
 * (Arsigny et al., MICCAI 2006). The velocity is Gaussian white noise through a low-pass filter; the displacement is kept
 * on nodes 12 mm apart and interpolated by cubic B-splines, which keep the positive Jacobian of a displacement this
 * smooth.
 */
export class Diffeomorphism {
  readonly #nodes: Shape;
  /** x, y and z displacement in mm at the nodes. */
  readonly #field: readonly [Float64Array, Float64Array, Float64Array];

  /**
   * @param extent the box it is wanted in, mm along x, y, z from 0; beyond it the field goes on a little and ends.
   */
  constructor(extent: Vector3, { amplitude, smoothness }: BendOptions, generator: RandomGenerator) {
    // Three nodes beyond each side: what B-splines reach, and where the flow may come from.
    const count = (axis: 0 | 1 | 2): number => Math.ceil(extent[axis] / nodeSpacing) + 7;
    const nodes: Shape = [count(2), count(1), count(0)];
    this.#nodes = nodes;
    const passes = Math.max(1, Math.round(2 * (smoothness / nodeSpacing) * (smoothness / nodeSpacing)));
    const component = (axis: 0 | 1 | 2): Float64Array => {
      const noise = Float64Array.from({ length: nodes[0] * nodes[1] * nodes[2] }, () =>
        standardNormal(generator),
      );
      lowPass(noise, nodes, passes);
      let square = 0;
      for (const value of noise) square += value * value;
      const factor = amplitude[axis] / Math.sqrt(square / noise.length);
      return noise.map((value) => value * factor);
    };
    const field = [component(0), component(1), component(2)] as const;
    for (const part of field) for (let at = 0; at < part.length; at++) part[at] /= halvings;
    for (let step = 0; step < squarings; step++) square(field, nodes);
    this.#field = field;
  }

  /**
   * Where places (start + i · step, i below `count`), mm from the corner of the extent, lie between the nodes of a row.
   */
  places(start: number, step: number, count: number): RowPlaces {
    const width = this.#nodes[2];
    const nodes = new Int32Array(count);
    const weights = new Float64Array(4 * count);
    for (let i = 0; i < count; i++) {
      nodes[i] = sixfoldSpline((start + i * step) / nodeSpacing + 3, width, weights, 4 * i);
    }
    return { nodes, weights, line: new Float64Array(width) };
  }

  /** Displacements in mm at the places of a row at y and z, mm from the corner of the extent. */
  row(
    { nodes, weights, line }: RowPlaces,
    y: number,
    z: number,
    out: readonly [Float64Array, Float64Array, Float64Array],
  ): void {
    const [depth, height, width] = this.#nodes;
    const [z0, wz] = spline(z / nodeSpacing + 3, depth);
    const [y0, wy] = spline(y / nodeSpacing + 3, height);
    for (let axis = 0; axis < 3; axis++) {
      const part = this.#field[axis];
      line.fill(0);
      for (let k = 0; k < 4; k++) {
        for (let j = 0; j < 4; j++) {
          const weight = wz[k] * wy[j];
          const row = ((z0 + k) * height + y0 + j) * width;
          for (let i = 0; i < width; i++) line[i] += weight * part[row + i];
        }
      }
      const into = out[axis];
      for (let i = 0; i < nodes.length; i++) {
        const node = nodes[i];
        into[i] =
          (weights[4 * i] * line[node] +
            weights[4 * i + 1] * line[node + 1] +
            weights[4 * i + 2] * line[node + 2] +
            weights[4 * i + 3] * line[node + 3]) /
          6;
      }
    }
  }
}

/** Places along x, between nodes. */
interface RowPlaces {
  /** First of the four nodes around each place. */
  readonly nodes: Int32Array;
  /** Six times their cubic B-spline weights, four for each place. */
  readonly weights: Float64Array;
  /** Room for a row of nodes. */
  readonly line: Float64Array;
}

/** First of the four nodes around a place, and their cubic B-spline weights. */
function spline(place: number, count: number): readonly [first: number, weights: readonly number[]] {
  const weights = new Float64Array(4);
  const first = sixfoldSpline(place, count, weights, 0);
  return [first, Array.from(weights, (weight) => weight / 6)];
}

/** Writes six times the weights of the four nodes around a place, from `at` on; returns the first of them. */
function sixfoldSpline(place: number, count: number, weights: Float64Array, at: number): number {
  const held = Math.min(count - 2.000001, Math.max(1, place));
  const node = Math.floor(held);
  const t = held - node;
  const s = 1 - t;
  weights[at] = s * s * s;
  weights[at + 1] = 3 * t * t * t - 6 * t * t + 4;
  weights[at + 2] = 3 * s * s * s - 6 * s * s + 4;
  weights[at + 3] = t * t * t;
  return node - 1;
}

/** Smooths a field with (1, 2, 1)/4 along every axis, `passes` times; beyond the edge it repeats. */
function lowPass(values: Float64Array, [depth, height, width]: Shape, passes: number): void {
  const strides = [1, width, width * height];
  const counts = [width, height, depth];
  for (let pass = 0; pass < passes; pass++) {
    for (let axis = 0; axis < 3; axis++) {
      const stride = strides[axis];
      const count = counts[axis];
      for (let block = 0; block < values.length; block += stride * count) {
        for (let start = block; start < block + stride; start++) {
          let before = values[start];
          for (let k = 0, at = start; k < count; k++, at += stride) {
            const here = values[at];
            const after = k + 1 < count ? values[at + stride] : here;
            values[at] = 0.25 * before + 0.5 * here + 0.25 * after;
            before = here;
          }
        }
      }
    }
  }
}

/** u(x) ← u(x) + u(x + u(x)), u in mm at the nodes, interpolated linearly. */
function square(
  field: readonly [Float64Array, Float64Array, Float64Array],
  [depth, height, width]: Shape,
): void {
  const old = field.map((part) => Float64Array.from(part));
  const clamp = (value: number, count: number): number => Math.min(count - 1.000001, Math.max(0, value));
  const up = width * height;
  for (let z = 0, at = 0; z < depth; z++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++, at++) {
        const px = clamp(x + old[0][at] / nodeSpacing, width);
        const py = clamp(y + old[1][at] / nodeSpacing, height);
        const pz = clamp(z + old[2][at] / nodeSpacing, depth);
        const [i, j, k] = [px | 0, py | 0, pz | 0];
        const [a, b, c] = [px - i, py - j, pz - k];
        const corner = (k * height + j) * width + i;
        for (let axis = 0; axis < 3; axis++) {
          const from = old[axis];
          const near = bilinear(from, corner, 1, width, a, b);
          field[axis][at] = from[at] + near + c * (bilinear(from, corner + up, 1, width, a, b) - near);
        }
      }
    }
  }
}
