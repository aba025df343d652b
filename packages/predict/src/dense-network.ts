import { type BaselineKernels, type DenseLayer, denseNetwork, SemcrcError } from '@semcrc/kernels';
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

/**
 * Evaluates a dense network with sums in f64 and a fixed order, so the same bits on every platform. Normalising the
 * inputs is folded into the first layer.
 */
export class DenseNetwork {
  readonly inputs: number;
  readonly outputs: number;
  readonly #layers: readonly DenseLayer[];

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
      inputs = weights.length;
      return layer;
    });
    this.outputs = inputs;
  }

  /**
   * Evaluates examples.
   *
   * @param inputs of one example after the other.
   * @param out where the outputs of one example after the other go.
   * @throws SemcrcError `usage` when the arrays do not fit the network or each other.
   */
  evaluate(kernels: BaselineKernels, inputs: Float64Array, out: Float64Array): void {
    denseNetwork(kernels, this.#layers, inputs, out, this.outputs);
  }
}

function makeLayer(
  rows: readonly (readonly number[])[],
  biases: readonly number[],
  normalise?: { readonly mean: readonly number[]; readonly scale: readonly number[] },
): DenseLayer {
  const inputs = rows[0].length;
  const outputs = Math.ceil(rows.length / 4) * 4;
  const weights = new Float64Array(outputs * inputs);
  const bias = new Float64Array(outputs);
  for (let unit = 0; unit < rows.length; unit++) {
    let sum = biases[unit];
    for (let i = 0; i < inputs; i++) {
      const weight = normalise ? rows[unit][i] * normalise.scale[i] : rows[unit][i];
      if (normalise) sum -= weight * normalise.mean[i];
      weights[((unit >> 2) * inputs + i) * 4 + (unit & 3)] = weight;
    }
    bias[unit] = sum;
  }
  return { inputs, outputs, weights, bias };
}
