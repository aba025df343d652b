import { type Kernels, loadKernels } from '@semcrc/kernels';
import { beforeAll, describe, expect, it } from 'vitest';
import { crcBound, PAPER_OPTIONS, type Sample } from '../src/index.ts';
import { fitOrganCrc } from '../src/procedures/organ-crc.ts';
import type { RiskBound } from '../src/search/bound.ts';
import {
  BROKEN_SEEDS,
  CAUGHT_SEEDS,
  controls,
  crcRisks,
  drawMembers,
  drawPopulation,
  idsOf,
  meanOf,
  type PopulationModel,
  populationData,
  riskOf,
  WHOLE_SCANS,
} from './exchangeable.ts';
import { draws } from './random-cohort.ts';

/*
 * Conformal risk control bounds the mean, over the draw of calibration and test scans, of the risk; so do these tests:
 * many exchangeable draws of n calibration and some test scans, and the mean of the test risks held against ε with an
 * allowance that a correct procedure exceeds with probability at most 1e-6 per assertion (empirical Bernstein).
 */
const DRAWS = 2000;
const TEST_SCANS = 20;
const POPULATION = 400;
const EPSILON = 0.1;

/** Every voxel for itself: losses hardly vary between scans. */
const SMOOTH: PopulationModel = {
  ...WHOLE_SCANS,
  height: 4,
  width: 4,
  offset: (_voxel, _label, _scan, random) => 0.4 * (random() - 0.5),
};

/** Organs of a scan are missed whole, each by a number of its own that leans on the scan's; two are often absent. */
const ORGANS: PopulationModel = {
  labels: { 0: 'background', 1: 'body', 3: 'kidney_right', 7: 'liver' },
  height: 4,
  width: 4,
  labelAt: (voxel) => [0, 1, 3, 7][voxel % 4],
  absence: { 3: 0.3, 7: 0.6 },
  offset: (_voxel, label, scan) => 0.4 * ((scan * (label + 3)) % 1),
};

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

const risksOf = (model: PopulationModel, n: number) =>
  crcRisks(kernels, drawPopulation(kernels, model, POPULATION, n), n, crcBound(EPSILON), DRAWS, n);

describe('the guarantee of crc: mean risk ≤ 0.1 over 2000 draws', () => {
  it.each([19, 20, 40])('n = %i, scans missed whole or not at all', (n) => {
    const risks = risksOf(WHOLE_SCANS, n);
    expect(controls(risks, EPSILON)).toBe(true);
    // Exactly ⌊ε(n + 1)⌋/(n + 1): the test would see a procedure that wastes its tolerance, too.
    const exact = Math.floor(EPSILON * (n + 1) + 1e-9) / (n + 1);
    expect(Math.abs(meanOf(risks) - exact)).toBeLessThan(0.015);
  });

  it.each([19, 20, 40])('n = %i, every voxel for itself', (n) => {
    const risks = risksOf(SMOOTH, n);
    expect(controls(risks, EPSILON)).toBe(true);
  });
});

describe('the guarantee of organ-crc: mean risk within each organ ≤ 0.1 over 2000 draws', () => {
  it.each([19, 20, 40])('n = %i, organs present at random', (n) => {
    const population = drawPopulation(kernels, ORGANS, POPULATION, n);
    const data = populationData(kernels, population);
    const random = draws(n);
    const organs = [0, 1, 3, 7];
    const risks = new Map(organs.map((organ) => [organ, [] as number[]]));
    const calibrated = new Map(organs.map((organ) => [organ, 0]));
    for (let draw = 0; draw < DRAWS; draw++) {
      const members = drawMembers(POPULATION, n + TEST_SCANS, random);
      const split = { opt: [], cal: idsOf(members.slice(0, n)), test: [] };
      const [fit] = fitOrganCrc(data, split, [EPSILON], PAPER_OPTIONS, 'organ-crc', null);
      for (const [group, organ] of organs.entries()) {
        if (fit.organs[organ].status === 'calibrated')
          calibrated.set(organ, 1 + (calibrated.get(organ) ?? 0));
        const contains = ({ organs }: Sample) => organs.includes(organ);
        const test = members
          .slice(n)
          .map((member) => population.samples[member])
          .filter(contains);
        if (test.length === 0) continue;
        const own = test.map((sample) =>
          riskOf(
            sample,
            () => fit.lambda[group],
            (voxel) => sample.organs[voxel] === organ,
          ),
        );
        risks.get(organ)?.push(meanOf(own));
      }
    }
    for (const organ of organs) {
      const own = risks.get(organ) ?? [];
      expect(own.length).toBeGreaterThan(0.99 * DRAWS);
      expect(controls(own, EPSILON), `organ ${organ}: mean risk ${meanOf(own)}`).toBe(true);
    }
    // The rare organ is calibrated in some draws and has too few scans in others.
    expect(calibrated.get(1)).toBe(DRAWS);
    expect(calibrated.get(7)).toBeGreaterThan(0.02 * DRAWS);
    if (n < 40) expect(calibrated.get(7)).toBeLessThan(0.9 * DRAWS);
  });
});

describe('a broken crc fails the same test', () => {
  it(`in at least ${CAUGHT_SEEDS} of ${BROKEN_SEEDS} seeds, with the 1/(n + 1) dropped at n = 20 and scans missed whole`, () => {
    const withoutCorrection: RiskBound = {
      ...crcBound(EPSILON),
      accepts: (losses) => meanOf(losses) <= EPSILON,
    };
    let failed = 0;
    let mean = 0;
    for (let seed = 0; seed < BROKEN_SEEDS; seed++) {
      const population = drawPopulation(kernels, WHOLE_SCANS, POPULATION, 1000 + seed);
      const risks = crcRisks(kernels, population, 20, withoutCorrection, DRAWS, 1000 + seed);
      mean += meanOf(risks) / BROKEN_SEEDS;
      if (!controls(risks, EPSILON)) failed++;
    }
    expect(failed).toBeGreaterThanOrEqual(CAUGHT_SEEDS);
    expect(mean).toBeCloseTo(3 / 21, 2);
  });
});
