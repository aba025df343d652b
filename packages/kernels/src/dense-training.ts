import type { Arena, Block } from './arena.ts';
import { type BaselineKernels, baselineInstance } from './baseline.ts';
import { SemcrcError } from './error.ts';

/** One layer of a network in training; training changes its weights and biases in place. */
export interface TrainedLayer {
  readonly inputs: number;
  readonly outputs: number;
  /** By output, then input: outputs × inputs. */
  readonly weights: Float64Array;
  readonly bias: Float64Array;
}

/** Examples that one step of training looks at. */
export interface DenseBatch {
  /** Of one example after the other; at least one example. */
  readonly inputs: Float64Array;
  /** Step of Adam. */
  readonly rate: number;
  /** Writes how the loss of each example changes with its outputs, in the order of `outputs`, one example after the other. */
  readonly differentiate: (outputs: Float64Array, slopes: Float64Array) => void;
}

/**
 * Trains a fully connected network with rectified hidden layers by Adam (Kingma & Ba 2015, its own β₁, β₂ and ε), a step for each batch.
 * Arithmetic is f64 in a fixed order: sums over examples in their order.
 *
 * @param most examples in a batch at most.
 * @param batches looked at one after the other; what they call must not use the same kernels.
 * @throws SemcrcError `usage` when layers do not fit each other, or a batch them.
 */
export function trainDenseNetwork(
  kernels: BaselineKernels,
  layers: readonly TrainedLayer[],
  most: number,
  batches: Iterable<DenseBatch>,
): void {
  const instance = baselineInstance(kernels);
  checkLayers(layers);
  instance.scoped((arena) => {
    const { raw } = instance;
    const { depth, table, examples, parameters, gradient, first, second, ...room } = layOut(
      arena,
      layers,
      most,
    );
    const width = layers[0].inputs;
    const { outputs } = layers[layers.length - 1];
    const found = new Float64Array(most * outputs);
    const slopes = new Float64Array(most * outputs);
    let power1 = 1;
    let power2 = 1;
    for (const { inputs, rate, differentiate } of batches) {
      const count = inputs.length / width;
      if (!Number.isInteger(count) || count < 1 || count > most) {
        throw new SemcrcError(
          'usage',
          `a batch: expected 1 to ${most} examples of ${width} inputs, found ${inputs.length} numbers`,
        );
      }
      const whole = four(count);
      copyRows(inputs, width, examples.view, four(width), count);
      examples.view.fill(0, count * four(width), whole * four(width));
      const network = [
        table.view.byteOffset,
        depth,
        parameters.view.byteOffset,
        examples.view.byteOffset,
        whole,
      ];
      raw.denseForward(...network);
      copyRows(room.values.view, four(outputs), found, outputs, count);
      const own = slopes.subarray(0, count * outputs);
      differentiate(found.subarray(0, count * outputs), own);
      copyRows(own, outputs, room.slopes.view, four(outputs), count);
      room.slopes.view.fill(0, count * four(outputs), whole * four(outputs));
      raw.denseBackward(...network, gradient.view.byteOffset);
      power1 *= 0.9;
      power2 *= 0.999;
      raw.adamStep(
        ...[parameters, gradient, first, second].map(({ view }) => view.byteOffset),
        ...[parameters.length, count, (rate * Math.sqrt(1 - power2)) / (1 - power1)],
      );
    }
    let at = 0;
    for (const { inputs, outputs: units, weights, bias } of layers) {
      copyRows(parameters.view.subarray(at), four(inputs), weights, inputs, units);
      at += four(inputs) * four(units);
      bias.set(parameters.view.subarray(at, at + units));
      at += four(units);
    }
  });
}

/** @throws SemcrcError `usage` when layers do not fit each other. */
function checkLayers(layers: readonly TrainedLayer[]): void {
  const fits = layers.every(
    ({ inputs, outputs, weights, bias }, at) =>
      weights.length === inputs * outputs &&
      bias.length === outputs &&
      (at === 0 || inputs === layers[at - 1].outputs),
  );
  if (layers.length === 0 || !fits) {
    throw new SemcrcError('usage', 'the layers of the network do not fit each other');
  }
}

/** A network on kernel memory, as the kernels want it: everything filled up with zeros to multiples of four. */
interface Room {
  readonly depth: number;
  readonly table: Block<Uint32Array>;
  readonly examples: Block<Float64Array>;
  readonly parameters: Block<Float64Array>;
  readonly gradient: Block<Float64Array>;
  readonly first: Block<Float64Array>;
  readonly second: Block<Float64Array>;
  /** Of the last layer, as its slopes. */
  readonly values: Block<Float64Array>;
  readonly slopes: Block<Float64Array>;
}

function layOut(arena: Arena, layers: readonly TrainedLayer[], most: number): Room {
  const rows = four(most);
  const sizes = layers.map(({ inputs, outputs }) => four(outputs) * (four(inputs) + 1));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const table = arena.uint32(6 * layers.length);
  const examples = arena.float64(rows * four(layers[0].inputs));
  const [parameters, gradient, first, second] = [0, 1, 2, 3].map(() => arena.float64(total));
  const values = layers.map(({ outputs }) => arena.float64(rows * four(outputs)));
  const slopes = layers.map(({ outputs }) => arena.float64(rows * four(outputs)));
  for (const block of [examples, parameters, first, second, ...values, ...slopes]) block.view.fill(0);
  let at = 0;
  for (const [order, { inputs, outputs, weights, bias }] of layers.entries()) {
    const bytes = 8 * at;
    const shift = 8 * four(inputs) * four(outputs);
    table.view.set(
      [
        ...[four(inputs), four(outputs), bytes, bytes + shift],
        ...[values[order].view.byteOffset, slopes[order].view.byteOffset],
      ],
      6 * order,
    );
    copyRows(weights, inputs, parameters.view.subarray(at), four(inputs), outputs);
    parameters.view.set(bias, at + four(inputs) * four(outputs));
    at += sizes[order];
  }
  return {
    ...{ depth: layers.length, table, examples, parameters, gradient, first, second },
    ...{ values: values[values.length - 1], slopes: slopes[slopes.length - 1] },
  };
}

/** Copies the numbers that rows of two widths share. */
function copyRows(from: Float64Array, width: number, to: Float64Array, wide: number, rows: number): void {
  const shared = Math.min(width, wide);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < shared; i++) to[row * wide + i] = from[row * width + i];
  }
}

/** The least multiple of four from a number on. */
function four(count: number): number {
  return 4 * Math.ceil(count / 4);
}
