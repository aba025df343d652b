import type { DenseBatch, TrainedLayer } from '../dense-training.ts';

interface Layer extends TrainedLayer {
  readonly weightGradient: Float64Array;
  readonly biasGradient: Float64Array;
  readonly moments: readonly [Float64Array, Float64Array, Float64Array, Float64Array];
  readonly values: Float64Array;
  readonly slopes: Float64Array;
}

/** Scalar twin of `trainDenseNetwork`: one example after the other. */
export function trainDenseNetwork(
  network: readonly TrainedLayer[],
  _most: number,
  batches: Iterable<DenseBatch>,
): void {
  const layers = network.map((layer): Layer => {
    const room = (): Float64Array => new Float64Array(layer.weights.length);
    const line = (): Float64Array => new Float64Array(layer.outputs);
    return {
      ...layer,
      ...{ weightGradient: room(), biasGradient: line(), moments: [room(), room(), line(), line()] },
      ...{ values: line(), slopes: line() },
    };
  });
  const width = network[0].inputs;
  const last = layers[layers.length - 1];
  let power1 = 1;
  let power2 = 1;
  for (const { inputs, rate, differentiate } of batches) {
    const count = inputs.length / width;
    const example = (at: number): Float64Array => inputs.subarray(at * width, (at + 1) * width);
    const outputs = new Float64Array(count * last.outputs);
    for (let at = 0; at < count; at++) {
      forward(layers, example(at));
      outputs.set(last.values, at * last.outputs);
    }
    const slopes = new Float64Array(outputs.length);
    differentiate(outputs, slopes);
    for (const { weightGradient, biasGradient } of layers) {
      weightGradient.fill(0);
      biasGradient.fill(0);
    }
    for (let at = 0; at < count; at++) {
      forward(layers, example(at));
      last.slopes.set(slopes.subarray(at * last.outputs, (at + 1) * last.outputs));
      backward(layers, example(at));
    }
    power1 *= 0.9;
    power2 *= 0.999;
    const corrected = (rate * Math.sqrt(1 - power2)) / (1 - power1);
    for (const { weights, bias, weightGradient, biasGradient, moments } of layers) {
      adam(weights, weightGradient, moments[0], moments[1], count, corrected);
      adam(bias, biasGradient, moments[2], moments[3], count, corrected);
    }
  }
}

function forward(layers: readonly Layer[], input: Float64Array): void {
  let from = input;
  for (const [at, { inputs, outputs, weights, bias, values }] of layers.entries()) {
    const hidden = at + 1 < layers.length;
    for (let unit = 0; unit < outputs; unit++) {
      const row = unit * inputs;
      let even = bias[unit];
      let odd = 0;
      for (let i = 0; i < inputs; i += 2) even += weights[row + i] * from[i];
      for (let i = 1; i < inputs; i += 2) odd += weights[row + i] * from[i];
      const sum = even + odd;
      values[unit] = hidden && sum < 0 ? 0 : sum;
    }
    from = values;
  }
}

function backward(layers: readonly Layer[], input: Float64Array): void {
  for (let at = layers.length - 1; at >= 0; at--) {
    const { inputs, outputs, weights, weightGradient, biasGradient, slopes } = layers[at];
    const below = at > 0 ? layers[at - 1] : undefined;
    const from = below ? below.values : input;
    below?.slopes.fill(0);
    for (let unit = 0; unit < outputs; unit++) {
      const slope = slopes[unit];
      biasGradient[unit] += slope;
      const row = unit * inputs;
      for (let i = 0; i < inputs; i++) weightGradient[row + i] += slope * from[i];
      if (below) for (let i = 0; i < inputs; i++) below.slopes[i] += slope * weights[row + i];
    }
    // The rectifier lets a slope through where it let the value through.
    if (below) for (let i = 0; i < inputs; i++) if (below.values[i] <= 0) below.slopes[i] = 0;
  }
}

function adam(
  values: Float64Array,
  gradients: Float64Array,
  first: Float64Array,
  second: Float64Array,
  count: number,
  rate: number,
): void {
  for (let at = 0; at < values.length; at++) {
    const gradient = gradients[at] / count;
    first[at] = 0.9 * first[at] + 0.1 * gradient;
    second[at] = 0.999 * second[at] + 0.001 * gradient * gradient;
    values[at] -= (rate * first[at]) / (Math.sqrt(second[at]) + 1e-8);
  }
}
