import { SemcrcError } from '@semcrc/kernels';
import Type, { type Static } from 'typebox';

/** A fully connected network with rectified hidden layers: weights by layer, output unit and input. */
export const DenseNetworkSchema = Type.Object(
  {
    /** The network sees (input − mean) · scale. */
    mean: Type.Array(Type.Number(), { minItems: 1 }),
    scale: Type.Array(Type.Number(), { minItems: 1 }),
    layers: Type.Array(
      Type.Object(
        { weights: Type.Array(Type.Array(Type.Number()), { minItems: 1 }), bias: Type.Array(Type.Number()) },
        { additionalProperties: false },
      ),
      { minItems: 1 },
    ),
  },
  { additionalProperties: false },
);
export type DenseNetworkData = Static<typeof DenseNetworkSchema>;

interface Layer {
  readonly inputs: number;
  readonly outputs: number;
  /** outputs rounded up to a multiple of four. */
  readonly padded: number;
  /** Blocks of four outputs: for each input, the four weights. */
  readonly weights: Float64Array;
  readonly bias: Float64Array;
  readonly values: Float64Array;
}

/**
 * Evaluates a dense network with sums in f64 and a fixed order, so the same bits on every platform. Normalising the
 * inputs is folded into the first layer.
 */
export class DenseNetwork {
  readonly inputs: number;
  readonly outputs: number;
  readonly #layers: readonly Layer[];

  /** @throws SemcrcError `bad-input` when the layers do not fit each other. */
  constructor({ mean, scale, layers }: DenseNetworkData) {
    let inputs = mean.length;
    this.inputs = inputs;
    this.#layers = layers.map(({ weights, bias }, at) => {
      const fits = bias.length === weights.length && weights.every((row) => row.length === inputs);
      if (!fits || scale.length !== mean.length) {
        throw new SemcrcError(
          'bad-input',
          `layer ${at + 1} of the network: expected rows of ${inputs} weights and one bias each, found ` +
            `${weights.length} rows of ${weights[0]?.length ?? 0} and ${bias.length} biases`,
        );
      }
      const layer = makeLayer(weights, bias, at === 0 ? { mean, scale } : undefined);
      inputs = layer.outputs;
      return layer;
    });
    this.outputs = inputs;
  }

  /** Evaluates one input vector; the result is overwritten by the next call. */
  evaluate(input: Float64Array): Float64Array {
    let from = input;
    const last = this.#layers.length - 1;
    for (let at = 0; at <= last; at++) {
      const { inputs, padded, weights, bias, values } = this.#layers[at];
      for (let unit = 0, w = unit * inputs; unit < padded; unit += 4) {
        let a = bias[unit];
        let b = bias[unit + 1];
        let c = bias[unit + 2];
        let d = bias[unit + 3];
        for (let i = 0; i < inputs; i++, w += 4) {
          const value = from[i];
          a += weights[w] * value;
          b += weights[w + 1] * value;
          c += weights[w + 2] * value;
          d += weights[w + 3] * value;
        }
        if (at < last) {
          if (a < 0) a = 0;
          if (b < 0) b = 0;
          if (c < 0) c = 0;
          if (d < 0) d = 0;
        }
        values[unit] = a;
        values[unit + 1] = b;
        values[unit + 2] = c;
        values[unit + 3] = d;
      }
      from = values;
    }
    return from;
  }
}

function makeLayer(
  rows: readonly (readonly number[])[],
  biases: readonly number[],
  normalise?: { readonly mean: readonly number[]; readonly scale: readonly number[] },
): Layer {
  const outputs = rows.length;
  const inputs = rows[0].length;
  const padded = Math.ceil(outputs / 4) * 4;
  const weights = new Float64Array(padded * inputs);
  const bias = new Float64Array(padded);
  for (let unit = 0; unit < outputs; unit++) {
    let sum = biases[unit];
    for (let i = 0; i < inputs; i++) {
      const weight = normalise ? rows[unit][i] * normalise.scale[i] : rows[unit][i];
      if (normalise) sum -= weight * normalise.mean[i];
      weights[((unit >> 2) * inputs + i) * 4 + (unit & 3)] = weight;
    }
    bias[unit] = sum;
  }
  return { inputs, outputs, padded, weights, bias, values: new Float64Array(padded) };
}
