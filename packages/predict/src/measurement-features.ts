import type { Volume } from '@semcrc/imaging';
import { type BaselineKernels, edgePreservingMean, type NeighbouringSlice } from '@semcrc/kernels';
import { smoothSlice } from './smoothing.ts';

/** What the baseline looks at in every voxel, in the order of its inputs. */
export const featureNames = [
  'edge-preserving mean',
  'smooth 1 less mean',
  'smooth 2 less mean',
  'smooth 4 less mean',
  'voxel less mean',
  'slices above and below less mean',
  'gradient at 1',
  'gradient at 2',
  'local deviation',
] as const;

/** In the edge-preserving mean a neighbour's weight has fallen to a quarter where the guides differ by 0.11. */
const edgeWeights = { reach: 6, range: 0.11 * 0.11 } as const;

/**
 * Features of a measurement at several scales, slice by slice: in-plane binomial smoothing over slices averaged with
 * their neighbours (1, 2, 1)/4, gradients, and a mean over 5 × 5 × 3 voxels that leaves out those beyond an edge. All
 * from +, −, ×, ÷ and square roots: the same bits everywhere.
 */
export class MeasurementFeatures {
  readonly #volume: Volume;
  readonly #kernels: BaselineKernels;
  readonly #area: number;
  readonly #stacked: Float32Array;
  readonly #rows: Float32Array;
  /** Of the slice last looked at, height × width each. */
  readonly mean: Float32Array;
  readonly #smooth1: Float32Array;
  readonly #smooth2: Float32Array;
  readonly #smooth4: Float32Array;
  readonly #square: Float32Array;
  readonly #guides: Float32Array[];
  readonly #guideOf = [-1, -1, -1];
  #slice = 0;

  constructor(volume: Volume, kernels: BaselineKernels) {
    const [, height, width] = volume.shape;
    this.#volume = volume;
    this.#kernels = kernels;
    this.#area = height * width;
    const plane = (): Float32Array => new Float32Array(this.#area);
    this.#stacked = plane();
    this.#rows = plane();
    this.mean = plane();
    this.#smooth1 = plane();
    this.#smooth2 = plane();
    this.#smooth4 = plane();
    this.#square = plane();
    this.#guides = [plane(), plane(), plane()];
  }

  /** Readies for one slice. */
  look(slice: number): void {
    const [slices, height, width] = this.#volume.shape;
    this.#slice = slice;
    const above = this.#part(Math.min(slices - 1, slice + 1));
    const here = this.#part(slice);
    const below = this.#part(Math.max(0, slice - 1));
    const stacked = this.#stacked;
    for (let at = 0; at < stacked.length; at++) stacked[at] = 0.5 * here[at] + 0.25 * (above[at] + below[at]);
    const smooth = (from: Float32Array, to: Float32Array, step: number): void =>
      smoothSlice(from, to, this.#rows, height, width, step);
    smooth(stacked, this.#smooth1, 1);
    smooth(this.#smooth1, this.#smooth2, 2);
    smooth(this.#smooth2, this.#smooth4, 4);
    for (let at = 0; at < stacked.length; at++) {
      const off = here[at] - this.#smooth1[at];
      this.#square[at] = off * off;
    }
    smooth(this.#square, this.#square, 2);
    const neighbour = (near: number): NeighbouringSlice => ({
      data: this.#part(near),
      guide: this.#guide(near),
      off: near === slice ? 0 : 1,
    });
    edgePreservingMean(
      this.#kernels,
      [neighbour(Math.max(0, slice - 1)), neighbour(slice), neighbour(Math.min(slices - 1, slice + 1))],
      this.#smooth1,
      [height, width],
      edgeWeights,
      this.mean,
    );
  }

  #part(slice: number): Float32Array {
    return this.#volume.data.subarray(slice * this.#area, (slice + 1) * this.#area);
  }

  /** Each slice smoothed on its own: tells edges from noise. */
  #guide(slice: number): Float32Array {
    const kept = this.#guideOf.indexOf(slice);
    if (kept >= 0) return this.#guides[kept];
    const [, height, width] = this.#volume.shape;
    const room = slice % 3;
    this.#guideOf[room] = slice;
    smoothSlice(this.#part(slice), this.#guides[room], this.#rows, height, width, 1);
    return this.#guides[room];
  }

  /** The features of pixel (x, y) of the slice last looked at, into nine numbers from `to` on. */
  at(x: number, y: number, into: Float64Array, to = 0): void {
    const [, height, width] = this.#volume.shape;
    const at = y * width + x;
    const mean = this.mean[at];
    const left = x > 0 ? at - 1 : at;
    const right = x + 1 < width ? at + 1 : at;
    const up = y > 0 ? at - width : at;
    const down = y + 1 < height ? at + width : at;
    const one = this.#smooth1;
    const two = this.#smooth2;
    const here = this.#volume.data[this.#slice * this.#area + at];
    into[to] = mean;
    into[to + 1] = one[at] - mean;
    into[to + 2] = two[at] - mean;
    into[to + 3] = this.#smooth4[at] - mean;
    into[to + 4] = here - mean;
    into[to + 5] = 2 * (this.#stacked[at] - 0.5 * here) - mean;
    into[to + 6] = length(one[right] - one[left], one[down] - one[up]);
    into[to + 7] = length(two[right] - two[left], two[down] - two[up]);
    into[to + 8] = Math.sqrt(this.#square[at]);
  }
}

function length(a: number, b: number): number {
  return Math.sqrt(a * a + b * b);
}
