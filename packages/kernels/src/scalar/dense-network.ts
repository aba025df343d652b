import type { DenseLayer } from '../dense-network.ts';

/** Scalar twin of `denseNetwork`. */
export function denseNetwork(
  layers: readonly DenseLayer[],
  inputs: Float64Array,
  out: Float64Array,
  outputs: number,
): void {
  const width = layers[0].inputs;
  for (let example = 0; example < inputs.length / width; example++) {
    let values = inputs.subarray(example * width, (example + 1) * width);
    for (const [at, layer] of layers.entries()) {
      const found = new Float64Array(layer.outputs);
      for (let unit = 0; unit < layer.outputs; unit++) {
        let sum = layer.bias[unit];
        for (let i = 0; i < layer.inputs; i++) {
          sum += layer.weights[((unit >> 2) * layer.inputs + i) * 4 + (unit & 3)] * values[i];
        }
        found[unit] = at + 1 < layers.length && sum < 0 ? 0 : sum;
      }
      values = found;
    }
    out.set(values.subarray(0, outputs), example * outputs);
  }
}
