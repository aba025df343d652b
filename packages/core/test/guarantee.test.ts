import { loadKernels } from '@semcrc/kernels';
import { describe, expect, it } from 'vitest';
import { crcBound } from '../src/index.ts';
import { controls, crcRisks, drawPopulation, meanOf, WHOLE_SCANS } from './exchangeable.ts';

// The short form of what guarantee.long.ts tests for every procedure: false-alarm rate 1e-6 per assertion.
describe('the guarantee of crc, over 2000 draws of 20 scans that are missed whole or not at all', () => {
  it('holds, and nearly with equality: 2/21', async () => {
    const kernels = await loadKernels();
    const population = drawPopulation(kernels, WHOLE_SCANS, 300, 1);
    const risks = crcRisks(kernels, population, 20, crcBound(0.1), 2000, 1);
    expect(controls(risks, 0.1)).toBe(true);
    expect(Math.abs(meanOf(risks) - 2 / 21)).toBeLessThan(0.015);
  });

  it('is seen to fail, at 3/21, when the 1/(n + 1) is dropped', async () => {
    const kernels = await loadKernels();
    const population = drawPopulation(kernels, WHOLE_SCANS, 300, 1);
    const accepts = (losses: Float64Array): boolean => meanOf(losses) <= 0.1;
    const broken = { ...crcBound(0.1), accepts };
    const risks = crcRisks(kernels, population, 20, broken, 2000, 1);
    expect(controls(risks, 0.1)).toBe(false);
    expect(Math.abs(meanOf(risks) - 3 / 21)).toBeLessThan(0.015);
  });
});
