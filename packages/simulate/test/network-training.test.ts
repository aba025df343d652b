import { loadBaselineKernels } from '@semcrc/kernels';
import { DenseNetwork } from '@semcrc/predict';
import { describe, expect, it } from 'vitest';
import { classLoss, type Examples, generatorOf, quantileLoss, trainNetwork } from '../src/index.ts';
import { standardNormal } from '../src/random.ts';

const outputs = [0.3, -0.2, 0.8, -1.4, 0.1, 2.1];

/** Derivatives by differences of the values of two examples, three outputs each. */
function derivatives(value: (at: Float64Array) => number): number[] {
  return outputs.map((_, k) => {
    const [up, down] = [1e-6, -1e-6].map((step) => {
      const at = Float64Array.from(outputs);
      at[k] += step;
      return value(at);
    });
    return (up - down) / 2e-6;
  });
}

describe('a loss', () => {
  it('of quantiles has its derivatives for slopes', () => {
    const loss = quantileLoss(0.1, Float32Array.of(9, 0.5, -0.5));
    const examples = Uint32Array.of(1, 2);
    const slopes = new Float64Array(6);
    loss(Float64Array.from(outputs), examples, slopes);
    const expected = derivatives((at) => loss(at, examples, new Float64Array(6)));
    for (const [k, slope] of slopes.entries()) expect(slope).toBeCloseTo(expected[k], 6);
  });

  it('of classes has the derivatives of the weighed cross entropy for slopes', () => {
    const weights = [1, 2.5, 0.5];
    const classes = [9, 2, 1];
    const examples = Uint32Array.of(1, 2);
    const slopes = new Float64Array(6);
    classLoss(Float32Array.from(classes), weights)(Float64Array.from(outputs), examples, slopes);
    const expected = derivatives((at) => {
      let loss = 0;
      for (const [order, example] of examples.entries()) {
        const scores = [...at.subarray(3 * order, 3 * order + 3)];
        const right = classes[example];
        const sum = scores.reduce((total, score) => total + Math.exp(score), 0);
        loss -= weights[right] * (scores[right] - Math.log(sum));
      }
      return loss;
    });
    for (const [k, slope] of slopes.entries()) expect(slope).toBeCloseTo(expected[k], 6);
  });
});

/** Points in the plane, in the disc or out of it. */
function discs(count: number): Examples {
  const generator = generatorOf(5, 0);
  const inputs = Float32Array.from({ length: 2 * count }, () => 3 + standardNormal(generator));
  const targets = Float32Array.from({ length: count }, (_, at) =>
    (inputs[2 * at] - 3) ** 2 + (inputs[2 * at + 1] - 3) ** 2 < 1.2 ? 1 : 0,
  );
  return { count, inputs, targets };
}

describe('a network', () => {
  const options = { inputs: 2, units: [12, 6, 2], epochs: 12, batch: 48, rate: 0.02 };

  it('learns what lies in a disc, a last batch that is not full included; told the loss of every epoch', async () => {
    const examples = discs(1003);
    const losses: number[] = [];
    const kernels = await loadBaselineKernels();
    const trained = trainNetwork(kernels, examples, classLoss(examples.targets, [1, 1]), {
      ...{ ...options, generator: generatorOf(1, 0) },
      onEpoch: (_, loss) => losses.push(loss),
    });
    const found = new Float64Array(2 * examples.count);
    new DenseNetwork(trained).evaluate(kernels, Float64Array.from(examples.inputs), found);
    let right = 0;
    for (const [at, wanted] of examples.targets.entries()) {
      if (found[2 * at + 1] > found[2 * at] === (wanted === 1)) right += 1;
    }
    expect(right / examples.count).toBeGreaterThan(0.95);
    expect(losses).toHaveLength(options.epochs);
    expect(losses[losses.length - 1]).toBeLessThan(losses[0] / 2);
  });

  it('comes out the same for the same examples and draws, on kernels of any past, and another for others', async () => {
    const examples = discs(200);
    const loss = classLoss(examples.targets, [1, 1]);
    const used = await loadBaselineKernels();
    const train = async (seed: number, kernels = used) =>
      trainNetwork(kernels, examples, loss, { ...options, epochs: 2, generator: generatorOf(seed, 0) });
    const first = await train(1);
    expect(await train(2)).not.toEqual(first);
    expect(await train(1)).toEqual(first);
    expect(await train(1, await loadBaselineKernels())).toEqual(first);
  });
});
