import type { Shape, Vector3, Volume } from '@semcrc/imaging';
import type { BaselineKernels } from '@semcrc/kernels';
import { AnatomyFeatures, anatomyFeatureCount, featureNames, MeasurementFeatures } from '@semcrc/predict';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import type { Examples } from './network-training.ts';
import { uniform } from './random.ts';

/** Collects what a network learns from. */
class Collector {
  readonly #width: number;
  #inputs: Float32Array;
  #targets = new Float32Array(1024);
  count = 0;

  constructor(width: number) {
    this.#width = width;
    this.#inputs = new Float32Array(1024 * width);
  }

  add(input: Float64Array, target: number): void {
    if (this.count === this.#targets.length) {
      const inputs = new Float32Array(this.#inputs.length * 2);
      inputs.set(this.#inputs);
      this.#inputs = inputs;
      const targets = new Float32Array(this.count * 2);
      targets.set(this.#targets);
      this.#targets = targets;
    }
    this.#inputs.set(input, this.count * this.#width);
    this.#targets[this.count] = target;
    this.count += 1;
  }

  get examples(): Examples {
    const { count } = this;
    return {
      count,
      inputs: this.#inputs.subarray(0, count * this.#width),
      targets: this.#targets.subarray(0, count),
    };
  }
}

/** Voxels for the baseline predictor: its features, and the truth less the edge-preserving mean. */
export class VoxelExamples {
  readonly #collector = new Collector(featureNames.length);
  readonly #kernels: BaselineKernels;

  constructor(kernels: BaselineKernels) {
    this.#kernels = kernels;
  }

  /** Takes about `count` voxels of one slice, four in five of them tissue. */
  add(truth: Volume, measurement: Volume, slice: number, count: number, generator: RandomGenerator): void {
    const [, height, width] = truth.shape;
    const area = height * width;
    const features = new MeasurementFeatures(measurement, this.#kernels);
    features.look(slice);
    const input = new Float64Array(featureNames.length);
    for (let taken = 0; taken < count; ) {
      const at = Math.floor(uniform(generator, 0, area));
      const x = at % width;
      const wanted = truth.data[slice * area + at];
      if (wanted === 0 && uniform(generator, 0, 1) > 0.2) {
        taken += 0.1;
        continue;
      }
      features.at(x, (at - x) / width, input);
      this.#collector.add(input, wanted - input[0]);
      taken += 1;
    }
  }

  get examples(): Examples {
    return this.#collector.examples;
  }
}

/** One slice to learn the look of organs from. */
export interface LabelledSlice {
  readonly shape: Shape;
  readonly spacing: Vector3;
  /** Point prediction, body mask and true organs (0 where there is none, 1 body), height × width. */
  readonly point: Float32Array;
  readonly body: Uint8Array;
  readonly organs: Uint8Array;
  /** Where it lies in the range of slices, 0 lowest … 1 highest; −1 where that is unknown. */
  readonly height: number;
}

/** Blocks for the segmentation stand-in: their features and class. */
export class BlockExamples {
  readonly #collector = new Collector(anatomyFeatureCount);
  readonly #classOf: ReadonlyMap<number, number>;

  /** @param classes label id of every class, 0 ("no organ") first. */
  constructor(classes: readonly number[]) {
    this.#classOf = new Map(classes.map((label, at) => [label, at]));
  }

  /** Takes a share of the slice's blocks of organs, and a share of those of none. */
  add(
    slice: LabelledSlice,
    shares: { readonly organ: number; readonly body: number },
    generator: RandomGenerator,
  ): void {
    const [, height, width] = slice.shape;
    const features = new AnatomyFeatures(slice.shape, slice.spacing);
    features.look(slice.point, slice.body, slice.height);
    const { rows, columns, stride } = features.grid;
    const input = new Float64Array(anatomyFeatureCount);
    const half = stride >> 1;
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        if (features.inside[row * columns + column] === 0) continue;
        const y = Math.min(height - 1, row * stride + half);
        const x = Math.min(width - 1, column * stride + half);
        const kind = this.#classOf.get(slice.organs[y * width + x]) ?? 0;
        if (uniform(generator, 0, 1) >= (kind > 0 ? shares.organ : shares.body)) continue;
        features.at(row, column, input);
        this.#collector.add(input, kind);
      }
    }
  }

  get examples(): Examples {
    return this.#collector.examples;
  }
}
