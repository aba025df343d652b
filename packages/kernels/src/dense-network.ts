import { type BaselineKernels, baselineInstance } from './baseline.ts';
import { SemcrcError } from './error.ts';
import { checkLength } from './projector-views.ts';

/** One layer of a fully connected network. */
export interface DenseLayer {
  readonly inputs: number;
  /** A multiple of four: the last block is filled up with units that nobody reads. */
  readonly outputs: number;
  /** By block of four outputs, then input, then output: outputs × inputs. */
  readonly weights: Float64Array;
  readonly bias: Float64Array;
}

/** @throws SemcrcError `usage` when layers do not fit each other, or the arrays them. */
function checkNetwork(
  layers: readonly DenseLayer[],
  inputs: Float64Array,
  out: Float64Array,
  outputs: number,
): number {
  const fits = layers.every(
    (layer, at) =>
      layer.outputs % 4 === 0 &&
      layer.weights.length === layer.inputs * layer.outputs &&
      layer.bias.length === layer.outputs &&
      // What a layer was filled up with goes nowhere.
      (at === 0 || (layer.inputs <= layers[at - 1].outputs && layer.inputs > layers[at - 1].outputs - 4)),
  );
  if (layers.length === 0 || !fits || outputs > layers[layers.length - 1].outputs) {
    throw new SemcrcError('usage', 'the layers of the network do not fit each other');
  }
  const count = inputs.length / layers[0].inputs;
  if (!Number.isInteger(count)) {
    throw new SemcrcError(
      'usage',
      `inputs: ${layers[0].inputs} numbers an example expected, found ${inputs.length} in all`,
    );
  }
  checkLength('the outputs', out.length, count * outputs);
  return count;
}

/**
 * Evaluates a fully connected network with rectified hidden layers. Each sum begins with the bias and goes through the inputs
 * in order, in f64.
 *
 * @param inputs examples one after the other.
 * @param out the first `outputs` values of the last layer, examples one after the other.
 * @throws SemcrcError `usage` when layers do not fit each other, or the arrays them.
 */
export function denseNetwork(
  kernels: BaselineKernels,
  layers: readonly DenseLayer[],
  inputs: Float64Array,
  out: Float64Array,
  outputs: number,
): void {
  const instance = baselineInstance(kernels);
  const count = checkNetwork(layers, inputs, out, outputs);
  if (count === 0) return;
  const whole = 4 * Math.ceil(count / 4);
  const widest = Math.max(...layers.flatMap((layer) => [layer.inputs, layer.outputs]));
  instance.scoped((arena) => {
    const parts = layers.map(
      ({ weights, bias }) => [arena.float64(weights.length), arena.float64(bias.length)] as const,
    );
    const table = arena.uint32(4 * layers.length);
    const from = arena.float64(whole * layers[0].inputs);
    const values = arena.float64(4 * widest);
    const other = arena.float64(4 * widest);
    const to = arena.float64(whole * outputs);
    for (const [at, { inputs: width, outputs: units, weights, bias }] of layers.entries()) {
      const [weight, shift] = parts[at];
      weight.view.set(weights);
      shift.view.set(bias);
      table.view.set([width, units, weight.view.byteOffset, shift.view.byteOffset], 4 * at);
    }
    from.view.set(inputs);
    from.view.fill(0, inputs.length);
    instance.raw.denseNetwork(
      ...[table.view.byteOffset, layers.length, from.view.byteOffset, whole],
      ...[values.view.byteOffset, other.view.byteOffset, to.view.byteOffset, outputs],
    );
    out.set(to.view.subarray(0, out.length));
  });
}
