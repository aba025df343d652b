import type { DenseNetworkData } from '@semcrc/predict';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { portableExp, standardNormal, uniform } from './random.ts';

/** Examples to learn from: `inputs` numbers each, one after the other, and what is wanted of each. */
export interface Examples {
  readonly count: number;
  readonly inputs: Float32Array;
  /** `targets` numbers each for regression; a class number each for classification. */
  readonly targets: Float32Array;
}

/** What a network's outputs are measured by: writes the gradient of the loss of one example, returns the loss. */
export type Loss = (outputs: Float64Array, example: number, gradient: Float64Array) => number;

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
  return (outputs, example, gradient) => {
    const target = targets[example];
    let loss = 0;
    for (const [output, level] of [
      [0, alpha],
      [2, 1 - alpha],
    ]) {
      const off = target - outputs[output];
      loss += off > 0 ? level * off : (level - 1) * off;
      gradient[output] = off > 0 ? -level : 1 - level;
    }
    const off = outputs[1] - target;
    // On the scale of the pinball terms, whose errors are about a tenth.
    gradient[1] = 6 * off;
    return loss + 3 * off * off;
  };
}

/** Classification: cross entropy of the softmax, each class weighed. */
export function classLoss(classes: Float32Array, weights: readonly number[]): Loss {
  return (outputs, example, gradient) => {
    const count = weights.length;
    let top = outputs[0];
    for (let k = 1; k < count; k++) if (outputs[k] > top) top = outputs[k];
    let sum = 0;
    for (let k = 0; k < count; k++) {
      gradient[k] = portableExp(outputs[k] - top);
      sum += gradient[k];
    }
    const right = classes[example];
    const weight = weights[right];
    const chance = gradient[right] / sum;
    for (let k = 0; k < count; k++) gradient[k] = (weight * gradient[k]) / sum;
    gradient[right] -= weight;
    // The loss is only told, not followed: 1 − chance stands for its logarithm.
    return weight * (1 - chance);
  };
}

interface Layer {
  readonly inputs: number;
  readonly outputs: number;
  readonly weights: Float64Array;
  readonly bias: Float64Array;
  readonly weightGradient: Float64Array;
  readonly biasGradient: Float64Array;
  readonly moments: readonly [Float64Array, Float64Array, Float64Array, Float64Array];
  readonly values: Float64Array;
  readonly gradient: Float64Array;
}

/**
 * Trains a dense network with Adam (Kingma & Ba 2015) on shuffled batches. Sums are taken in one order and nothing but
 * +, −, ×, ÷ and square roots is used, so the same examples and generator give the same bits everywhere.
 */
export function trainNetwork(examples: Examples, loss: Loss, options: TrainingOptions): DenseNetworkData {
  const { inputs, units, epochs, batch, rate, generator, onEpoch } = options;
  const { mean, scale } = normalisation(examples, inputs);
  const layers: Layer[] = [];
  let width = inputs;
  for (const outputs of units) {
    const spread = Math.sqrt(2 / width);
    const room = (): Float64Array => new Float64Array(outputs * width);
    const line = (): Float64Array => new Float64Array(outputs);
    layers.push({
      ...{ inputs: width, outputs, bias: line(), weightGradient: room(), biasGradient: line() },
      weights: room().map(() => spread * standardNormal(generator)),
      moments: [room(), room(), line(), line()],
      ...{ values: line(), gradient: line() },
    });
    width = outputs;
  }
  const order = Uint32Array.from({ length: examples.count }, (_, at) => at);
  const input = new Float64Array(inputs);
  const steps = epochs * Math.ceil(examples.count / batch);
  let step = 0;
  let power1 = 1;
  let power2 = 1;
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (let at = order.length - 1; at > 0; at--) {
      const other = Math.floor(uniform(generator, 0, 1) * (at + 1));
      [order[at], order[other]] = [order[other], order[at]];
    }
    let total = 0;
    for (let start = 0; start < order.length; start += batch) {
      const end = Math.min(order.length, start + batch);
      for (const layer of layers) {
        layer.weightGradient.fill(0);
        layer.biasGradient.fill(0);
      }
      for (let at = start; at < end; at++) {
        const example = order[at];
        const from = example * inputs;
        for (let i = 0; i < inputs; i++) input[i] = (examples.inputs[from + i] - mean[i]) * scale[i];
        forward(layers, input);
        const last = layers[layers.length - 1];
        total += loss(last.values, example, last.gradient);
        backward(layers, input);
      }
      step += 1;
      power1 *= 0.9;
      power2 *= 0.999;
      const decayed = rate * (1 - (0.99 * step) / steps);
      const corrected = (decayed * Math.sqrt(1 - power2)) / (1 - power1);
      for (const { weights, bias, weightGradient, biasGradient, moments } of layers) {
        adam(weights, weightGradient, moments[0], moments[1], end - start, corrected);
        adam(bias, biasGradient, moments[2], moments[3], end - start, corrected);
      }
    }
    onEpoch?.(epoch, total / order.length);
  }
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

function forward(layers: readonly Layer[], input: Float64Array): void {
  let from = input;
  for (let at = 0; at < layers.length; at++) {
    const { inputs, outputs, weights, bias, values } = layers[at];
    const hidden = at + 1 < layers.length;
    for (let unit = 0; unit < outputs; unit++) {
      const row = unit * inputs;
      let a = bias[unit];
      let b = 0;
      let i = 0;
      for (; i + 1 < inputs; i += 2) {
        a += weights[row + i] * from[i];
        b += weights[row + i + 1] * from[i + 1];
      }
      if (i < inputs) a += weights[row + i] * from[i];
      const sum = a + b;
      values[unit] = hidden && sum < 0 ? 0 : sum;
    }
    from = values;
  }
}

function backward(layers: readonly Layer[], input: Float64Array): void {
  for (let at = layers.length - 1; at >= 0; at--) {
    const { inputs, outputs, weights, weightGradient, biasGradient, gradient } = layers[at];
    const below = at > 0 ? layers[at - 1] : undefined;
    const from = below ? below.values : input;
    below?.gradient.fill(0);
    for (let unit = 0; unit < outputs; unit++) {
      const slope = gradient[unit];
      if (slope === 0) continue;
      biasGradient[unit] += slope;
      const row = unit * inputs;
      for (let i = 0; i < inputs; i++) weightGradient[row + i] += slope * from[i];
      if (below) for (let i = 0; i < inputs; i++) below.gradient[i] += slope * weights[row + i];
    }
    // The rectifier lets a gradient through where it let the value through.
    if (below) for (let i = 0; i < inputs; i++) if (below.values[i] <= 0) below.gradient[i] = 0;
  }
}

function adam(
  values: Float64Array,
  gradients: Float64Array,
  first: Float64Array,
  second: Float64Array,
  batch: number,
  rate: number,
): void {
  for (let at = 0; at < values.length; at++) {
    const gradient = gradients[at] / batch;
    first[at] = 0.9 * first[at] + 0.1 * gradient;
    second[at] = 0.999 * second[at] + 0.001 * gradient * gradient;
    values[at] -= (rate * first[at]) / (Math.sqrt(second[at]) + 1e-8);
  }
}
