import { type BaselineKernels, type DenseBatch, type TrainedLayer, trainDenseNetwork } from '@semcrc/kernels';
import type { DenseNetworkData } from '@semcrc/predict';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { exponentiate, standardNormal, uniform } from './random.ts';

/** Examples to learn from: `inputs` numbers each, one after the other, and what is wanted of each. */
export interface Examples {
  readonly count: number;
  readonly inputs: Float32Array;
  /** `targets` numbers each for regression; a class number each for classification. */
  readonly targets: Float32Array;
}

/**
 * What a network's outputs are measured by: writes how the loss of each of some examples changes with its outputs, in the order of
 * `outputs`; returns the sum of their losses.
 */
export type Loss = (outputs: Float64Array, examples: Uint32Array, slopes: Float64Array) => number;

export interface TrainingOptions {
  readonly inputs: number;
  /** Units of the hidden layers, then of the output. */
  readonly units: readonly number[];
  readonly epochs: number;
  readonly batch: number;
  /** Step of Adam at the beginning; it falls to a hundredth of that, linearly. */
  readonly rate: number;
  readonly generator: RandomGenerator;
  /** Told the mean loss of every epoch. */
  readonly onEpoch?: (epoch: number, loss: number) => void;
}

/** Quantile regression: the pinball loss of levels α and 1 − α for the first and last output, squared error between. */
export function quantileLoss(alpha: number, targets: Float32Array): Loss {
  return (outputs, examples, slopes) => {
    let loss = 0;
    const pinball = (off: number, level: number, output: number): void => {
      loss += off > 0 ? level * off : (level - 1) * off;
      slopes[output] = off > 0 ? -level : 1 - level;
    };
    for (let order = 0, at = 0; order < examples.length; order++, at += 3) {
      const target = targets[examples[order]];
      pinball(target - outputs[at], alpha, at);
      pinball(target - outputs[at + 2], 1 - alpha, at + 2);
      const off = outputs[at + 1] - target;
      // On the scale of the pinball terms, whose errors are about a tenth.
      slopes[at + 1] = 6 * off;
      loss += 3 * off * off;
    }
    return loss;
  };
}

/** Classification: cross entropy of the softmax, each class weighed. */
export function classLoss(classes: Float32Array, weights: readonly number[]): Loss {
  const count = weights.length;
  return (outputs, examples, slopes) => {
    for (let from = 0; from < outputs.length; from += count) {
      let top = outputs[from];
      for (let at = from + 1; at < from + count; at++) if (outputs[at] > top) top = outputs[at];
      for (let at = from; at < from + count; at++) slopes[at] = outputs[at] - top;
    }
    exponentiate(slopes);
    let loss = 0;
    for (let order = 0, from = 0; order < examples.length; order++, from += count) {
      let sum = 0;
      for (let at = from; at < from + count; at++) sum += slopes[at];
      const right = classes[examples[order]];
      const weight = weights[right];
      // The loss is only told, not followed: 1 − chance stands for its logarithm.
      loss += weight * (1 - slopes[from + right] / sum);
      for (let at = from; at < from + count; at++) slopes[at] = (weight * slopes[at]) / sum;
      slopes[from + right] -= weight;
    }
    return loss;
  };
}

/**
 * Trains a dense network with Adam (Kingma & Ba 2015) on shuffled batches. Sums are taken in one order and nothing but
 * +, −, ×, ÷ and square roots is used, so the same examples and generator give the same bits everywhere.
 */
export function trainNetwork(
  kernels: BaselineKernels,
  examples: Examples,
  loss: Loss,
  options: TrainingOptions,
): DenseNetworkData {
  const { inputs, units, batch, generator } = options;
  const { mean, scale } = normalisation(examples, inputs);
  let width = inputs;
  const layers = units.map((outputs): TrainedLayer => {
    const spread = Math.sqrt(2 / width);
    const weights = new Float64Array(outputs * width).map(() => spread * standardNormal(generator));
    const layer = { inputs: width, outputs, weights, bias: new Float64Array(outputs) };
    width = outputs;
    return layer;
  });
  trainDenseNetwork(kernels, layers, batch, shuffledBatches(examples, { mean, scale }, loss, options));
  const short = (value: number): number => Number(value.toPrecision(7));
  return {
    mean: mean.map(short),
    scale: scale.map(short),
    layers: layers.map(({ inputs: n, outputs, weights, bias }) => ({
      weights: Array.from({ length: outputs }, (_, unit) =>
        Array.from(weights.subarray(unit * n, (unit + 1) * n), short),
      ),
      bias: Array.from(bias, short),
    })),
  };
}

interface Normalisation {
  readonly mean: readonly number[];
  readonly scale: readonly number[];
}

/** All examples, normalised, once in every epoch and in another order. */
function* shuffledBatches(
  examples: Examples,
  { mean, scale }: Normalisation,
  loss: Loss,
  { inputs: width, epochs, batch, rate, generator, onEpoch }: TrainingOptions,
): Generator<DenseBatch> {
  const order = Uint32Array.from({ length: examples.count }, (_, at) => at);
  const steps = epochs * Math.ceil(order.length / batch);
  const room = new Float64Array(batch * width);
  let step = 0;
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (let at = order.length - 1; at > 0; at--) {
      const other = Math.floor(uniform(generator, 0, 1) * (at + 1));
      [order[at], order[other]] = [order[other], order[at]];
    }
    let total = 0;
    for (let start = 0; start < order.length; start += batch) {
      const chosen = order.subarray(start, start + batch);
      const inputs = room.subarray(0, chosen.length * width);
      for (let k = 0, at = 0; k < chosen.length; k++) {
        const from = chosen[k] * width;
        for (let i = 0; i < width; i++, at++) inputs[at] = (examples.inputs[from + i] - mean[i]) * scale[i];
      }
      step += 1;
      yield {
        ...{ inputs, rate: rate * (1 - (0.99 * step) / steps) },
        differentiate: (outputs, slopes) => {
          total += loss(outputs, chosen, slopes);
        },
      };
    }
    onEpoch?.(epoch, total / order.length);
  }
}

function normalisation(
  { count, inputs: values }: Examples,
  inputs: number,
): { mean: number[]; scale: number[] } {
  const mean = new Array<number>(inputs).fill(0);
  const square = new Array<number>(inputs).fill(0);
  for (let example = 0, at = 0; example < count; example++) {
    for (let i = 0; i < inputs; i++, at++) {
      mean[i] += values[at] / count;
      square[i] += (values[at] * values[at]) / count;
    }
  }
  const scale = mean.map((m, i) => 1 / Math.sqrt(Math.max(square[i] - m * m, 1e-6)));
  return { mean, scale };
}
