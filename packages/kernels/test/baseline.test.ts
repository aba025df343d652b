import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type DenseLayer,
  denseNetwork,
  edgePreservingMean,
  loadBaselineKernels,
  type NeighbouringSlice,
  type TrainedLayer,
  trainDenseNetwork,
} from '../src/index.ts';
import * as scalar from '../src/scalar/index.ts';

/** Uniform numbers in [−1, 1) from a 32-bit linear congruential generator. */
function numbers<T extends Float32Array | Float64Array>(into: T, seed: number): T {
  let state = seed | 0;
  return into.map(() => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 31;
  }) as T;
}

const seed = fc.integer();
const plane = (height: number, width: number, at: number): Float32Array =>
  numbers(new Float32Array(height * width), at);
const weights = { reach: 6, range: 0.11 * 0.11 };

describe.each([{ debug: false }, { debug: true }])('the kernels of the baseline, %o,', (options) => {
  it('take the edge-preserving mean to the bit of the scalar twin, slices of every width', async () => {
    const kernels = await loadBaselineKernels(options);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 13 }),
        fc.integer({ min: 1, max: 19 }),
        fc.tuple(...[0, 1, 2].map(() => fc.constantFrom(0 as const, 1 as const))),
        seed,
        (height, width, offs, s) => {
          const slices = offs.map((off, at) => ({
            data: plane(height, width, s + 2 * at),
            guide: plane(height, width, s + 2 * at + 1).map((value) => 0.2 * value),
            off,
          })) as [NeighbouringSlice, NeighbouringSlice, NeighbouringSlice];
          const centre = plane(height, width, s + 9).map((value) => 0.2 * value);
          const expected = new Float32Array(height * width);
          scalar.edgePreservingMean(slices, centre, [height, width], weights, expected);
          const out = new Float32Array(height * width);
          edgePreservingMean(kernels, slices, centre, [height, width], weights, out);
          expect(out).toEqual(expected);
        },
      ),
      { numRuns: 200, seed: 1 },
    );
  });

  it('evaluate networks of any size to the bit of the scalar twin, any number of examples', async () => {
    const kernels = await loadBaselineKernels(options);
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 21 }), { minLength: 2, maxLength: 4 }),
        fc.integer({ min: 0, max: 9 }),
        seed,
        (units, count, s) => {
          const layers = units.slice(1).map((outputs, at): DenseLayer => {
            const whole = 4 * Math.ceil(outputs / 4);
            return {
              inputs: units[at],
              outputs: whole,
              weights: numbers(new Float64Array(whole * units[at]), s + at),
              bias: numbers(new Float64Array(whole), s + 7 * at),
            };
          });
          const outputs = units[units.length - 1];
          const inputs = numbers(new Float64Array(count * units[0]), s + 99);
          const expected = new Float64Array(count * outputs);
          scalar.denseNetwork(layers, inputs, expected, outputs);
          const out = new Float64Array(count * outputs);
          denseNetwork(kernels, layers, inputs, out, outputs);
          expect(out).toEqual(expected);
        },
      ),
      { numRuns: 200, seed: 2 },
    );
  });

  it('train networks of any size to the bit of the scalar twin, batches of every length', async () => {
    const kernels = await loadBaselineKernels(options);
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 13 }), { minLength: 2, maxLength: 4 }),
        fc.array(fc.integer({ min: 1, max: 11 }), { minLength: 0, maxLength: 4 }),
        seed,
        (units, counts, s) => {
          const most = Math.max(1, ...counts);
          const network = (): TrainedLayer[] =>
            units.slice(1).map((outputs, at) => ({
              ...{ inputs: units[at], outputs },
              weights: numbers(new Float64Array(outputs * units[at]), s + at),
              bias: numbers(new Float64Array(outputs), s + 7 * at),
            }));
          const outputs = units[units.length - 1];
          const seen: Float64Array[] = [];
          const batches = counts.map((count, at) => ({
            inputs: numbers(new Float64Array(count * units[0]), s + 99 + at),
            rate: 0.1,
            // Half of the squared distance to some targets.
            differentiate: (found: Float64Array, slopes: Float64Array): void => {
              seen.push(Float64Array.from(found));
              const targets = numbers(new Float64Array(count * outputs), s + 31 * at);
              for (const [k, value] of found.entries()) slopes[k] = value - targets[k];
            },
          }));
          const [expected, trained] = [network(), network()];
          scalar.trainDenseNetwork(expected, most, batches);
          const before = seen.splice(0);
          trainDenseNetwork(kernels, trained, most, batches);
          expect(seen).toEqual(before);
          expect(trained).toEqual(expected);
          if (counts.length > 0) expect(trained[trained.length - 1].bias).not.toEqual(network().at(-1)?.bias);
        },
      ),
      { numRuns: 200, seed: 3 },
    );
  });

  it('train towards what is wanted: a network learns the sum and the larger of two numbers', async () => {
    const kernels = await loadBaselineKernels(options);
    const layers = [
      [2, 12],
      [12, 2],
    ].map(([inputs, outputs], at): TrainedLayer => {
      const weights = numbers(new Float64Array(inputs * outputs), 5 + at);
      return { inputs, outputs, weights, bias: new Float64Array(outputs) };
    });
    const errors: number[] = [];
    const batches = Array.from({ length: 600 }, (_, step) => {
      const inputs = numbers(new Float64Array(2 * 32), 1000 + step);
      return {
        ...{ inputs, rate: 0.02 * (1 - step / 600) },
        differentiate: (found: Float64Array, slopes: Float64Array): void => {
          let square = 0;
          for (let at = 0; at < 64; at += 2) {
            const [a, b] = [inputs[at], inputs[at + 1]];
            slopes[at] = found[at] - (a + b);
            slopes[at + 1] = found[at + 1] - Math.max(a, b);
            square += slopes[at] ** 2 + slopes[at + 1] ** 2;
          }
          errors.push(Math.sqrt(square / 64));
        },
      };
    });
    trainDenseNetwork(kernels, layers, 32, batches);
    expect(errors[0]).toBeGreaterThan(0.4);
    expect(errors[errors.length - 1]).toBeLessThan(0.05);
  });

  it('refuse arrays that do not fit, and kernels made elsewhere', async () => {
    const kernels = await loadBaselineKernels(options);
    const slice = { data: new Float32Array(6), guide: new Float32Array(6), off: 0 } as const;
    const mean = (of = kernels, out = new Float32Array(6)) =>
      edgePreservingMean(of, [slice, slice, { ...slice, off: 1 }], new Float32Array(6), [2, 3], weights, out);
    expect(mean).not.toThrow();
    expect(() => mean(kernels, new Float32Array(5))).toThrow(/mean has 5 values, expected 6/);
    expect(() => mean({ memory: kernels.memory })).toThrow(/loadBaselineKernels/);
    const layer = { inputs: 2, outputs: 4, weights: new Float64Array(8), bias: new Float64Array(4) };
    const evaluate = (layers: readonly DenseLayer[], inputs = 4, out = 2) =>
      denseNetwork(kernels, layers, new Float64Array(inputs), new Float64Array(out), 1);
    expect(() => evaluate([layer])).not.toThrow();
    expect(() => evaluate([layer], 3)).toThrow(/2 numbers an example expected, found 3/);
    expect(() => evaluate([layer], 4, 3)).toThrow(/3 values, expected 2/);
    const wide = { ...layer, inputs: 5, weights: new Float64Array(20) };
    for (const misfit of [[], [layer, wide], [{ ...layer, outputs: 3 }], [{ ...layer, inputs: 3 }]])
      expect(() => evaluate(misfit)).toThrow(/do not fit/);
    const train = (layers: readonly TrainedLayer[], count = 4) =>
      trainDenseNetwork(kernels, layers, 2, [
        { inputs: new Float64Array(count), rate: 1, differentiate: () => undefined },
      ]);
    expect(() => train([layer])).not.toThrow();
    for (const count of [0, 3, 6]) expect(() => train([layer], count)).toThrow(/1 to 2 examples of 2 inputs/);
    for (const misfit of [[], [layer, wide], [{ ...layer, outputs: 3 }]])
      expect(() => train(misfit)).toThrow(/do not fit/);
  });
});
