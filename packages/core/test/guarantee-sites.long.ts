import { type Kernels, loadKernels } from '@semcrc/kernels';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CalibrationData, crcBound, PAPER_OPTIONS, type Profile, profileToKeep } from '../src/index.ts';
import { fitCrc } from '../src/procedures/crc.ts';
import {
  controls,
  drawMembers,
  drawPopulation,
  meanOf,
  type Population,
  type PopulationModel,
  riskOf,
  WHOLE_SCANS,
} from './exchangeable.ts';
import { draws } from './random-cohort.ts';

/*
 * As for crc: many exchangeable draws of calibration and test scans, the mean of the test risks held against ε with an
 * allowance that a correct procedure exceeds with probability at most 1e-6 per assertion (empirical Bernstein).
 */
const DRAWS = 2000;
const TEST_SCANS = 20;
const POPULATION = 400;
const EPSILON = 0.1;

/** Scans of a site that are missed by three times as much as elsewhere. */
const HARD: PopulationModel = { ...WHOLE_SCANS, offset: (_voxel, _label, scan) => 0.42 * scan };
const EASY: PopulationModel = { ...WHOLE_SCANS, offset: (_voxel, _label, scan) => 0.14 * scan };

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

interface Site {
  readonly name: string;
  readonly population: Population;
  /** Calibration scans of each draw. */
  readonly n: number;
}

/** Mean test risk at each site over draws of all sites' calibration and test scans. */
function risksBySite(
  sites: readonly Site[],
  promise: 'pooled' | 'each',
  seed: number,
): Map<string, number[]> {
  const random = draws(seed);
  const risks = new Map(sites.map(({ name }) => [name, [] as number[]]));
  const placeOf = (id: string): readonly [site: Site, member: number] => {
    const [name, member] = id.split(' ');
    return [sites.find((site) => site.name === name) as Site, Number(member)];
  };
  const data: CalibrationData = {
    kernels,
    labels: WHOLE_SCANS.labels,
    profileOf: (id) => {
      const [{ population }, member] = placeOf(id);
      return { ...population.profiles[member], scan: id, patient: id };
    },
    siteOf: (id) => id.split(' ')[0],
    read: () => Promise.reject(new Error('crc reads no voxels')),
  };
  for (let draw = 0; draw < DRAWS; draw++) {
    const members = sites.map(({ n }) => drawMembers(POPULATION, n + TEST_SCANS, random));
    const cal = sites.flatMap(({ name, n }, at) =>
      members[at].slice(0, n).map((member) => `${name} ${member}`),
    );
    const [{ lambda }] = fitCrc(data, { opt: [], cal, test: [] }, [crcBound(EPSILON)], { sites: promise });
    for (const [at, { name, population, n }] of sites.entries()) {
      const test = members[at].slice(n).map((member) => population.samples[member]);
      risks.get(name)?.push(meanOf(test.map((sample) => riskOf(sample, () => lambda[0]))));
    }
  }
  return risks;
}

const sitesOf = (seed: number): Site[] => [
  { name: 'easy', population: drawPopulation(kernels, EASY, POPULATION, seed), n: 40 },
  { name: 'hard', population: drawPopulation(kernels, HARD, POPULATION, seed + 1), n: 15 },
];

describe('each site promised its own risk: mean risk at every site ≤ 0.1 over 2000 draws', () => {
  it('holds at an easy and at a hard one', () => {
    for (const [site, risks] of risksBySite(sitesOf(1), 'each', 2)) {
      expect(controls(risks, EPSILON), `${site}: ${meanOf(risks)}`).toBe(true);
    }
  });

  it('is not what pooling gives: the hard site is missed more often, and the same test sees it', () => {
    const risks = risksBySite(sitesOf(1), 'pooled', 3);
    expect(controls(risks.get('hard') ?? [], EPSILON)).toBe(false);
    // In the proportions of the calibration scans the promise holds.
    const [easy, hard] = [risks.get('easy') ?? [], risks.get('hard') ?? []];
    const mixed = easy.map((risk, draw) => (40 * risk + 15 * hard[draw]) / 55);
    expect(controls(mixed, EPSILON)).toBe(true);
  });
});

describe('rounded scores: mean risk ≤ 0.1 over 2000 draws, measured on scores as they are', () => {
  const round = 0.1;
  const risks = (population: Population, profiles: readonly Profile[], n: number, seed: number): number[] => {
    const random = draws(seed);
    const data: CalibrationData = {
      kernels,
      labels: population.labels,
      profileOf: (id) => profiles[Number(id.slice(1))],
      read: () => Promise.reject(new Error('crc reads no voxels')),
    };
    return Array.from({ length: DRAWS }, () => {
      const members = drawMembers(POPULATION, n + TEST_SCANS, random);
      const cal = members.slice(0, n).map((member) => `s${member}`);
      const [{ lambda }] = fitCrc(data, { opt: [], cal, test: [] }, [crcBound(EPSILON)]);
      return meanOf(members.slice(n).map((member) => riskOf(population.samples[member], () => lambda[0])));
    });
  };
  const { heuristic, weightFloor, alpha, sampleQuantiles } = PAPER_OPTIONS;
  const profiling = { heuristic: { heuristic, weightFloor, alpha, sampleQuantiles }, reach: 0.125, round };

  it.each([19, 40])('holds where they are rounded up, n = %i', (n) => {
    const population = drawPopulation(kernels, WHOLE_SCANS, POPULATION, n);
    const profiles = population.samples.map((sample) =>
      profileToKeep(kernels, sample, population.labels, profiling),
    );
    expect(controls(risks(population, profiles, n, n), EPSILON)).toBe(true);
  });

  it('does not where they are rounded to the nearest, and the same test sees it', () => {
    const population = drawPopulation(kernels, WHOLE_SCANS, POPULATION, 5);
    const profiles = population.profiles.map((profile) => ({
      ...profile,
      merged: null,
      scores: (profile.scores as Float32Array).map((score) => Math.round(score / 0.25) * 0.25),
    }));
    expect(controls(risks(population, profiles, 19, 6), EPSILON)).toBe(false);
  });
});
