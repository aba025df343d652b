import { type Kernels, loadKernels } from '@semcrc/kernels';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  buildProfile,
  crcBound,
  hoeffdingBentkusBound,
  hoeffdingBound,
  makePartition,
  type Profile,
  type RiskBound,
  type Sample,
  wsrBound,
} from '../src/index.ts';
import { backtrack } from '../src/search/backtrack.ts';
import { lineFamily } from '../src/search/lambda-family.ts';
import { LossTable } from '../src/search/loss-table.ts';
import { draws } from './random-cohort.ts';

/*
 * An RCPS bound promises P(R(λ̂) > ε) ≤ δ over the draw of i.i.d. calibration scans. Here the risk R(λ) is known
 * exactly, so each of 2000 draws either exceeds ε or does not, and the number that do is held against the binomial: a
 * correct bound is refused with probability at most 1e-6 per assertion.
 */
const DRAWS = 2000;
const EPSILON = 0.3;
const DELTA = 0.1;
const LABELS = { 1: 'body' };

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

/** How a scan's loss falls with λ, and the mean of it over scans. */
interface Model {
  /** Scores of the voxels of one scan, in (0, 0.4]; `scan` is uniform in [0, 1). */
  readonly scores: (scan: number, random: () => number) => number[];
  readonly risk: (lambda: number) => number;
}

const MODELS: Readonly<Record<string, Model>> = {
  // Missed whole iff 0.4·U > λ.
  'scans missed whole or not at all': {
    scores: (scan) => [0.4 * scan],
    risk: (lambda) => Math.max(0, 1 - lambda / 0.4),
  },
  // Half the voxels follow the scan, half are for themselves; each is missed with chance 1 − λ/0.4.
  'voxels partly for themselves': {
    scores: (scan, random) => Array.from({ length: 8 }, (_, voxel) => 0.4 * (voxel < 4 ? scan : random())),
    risk: (lambda) => Math.max(0, 1 - lambda / 0.4),
  },
};

function drawProfile(model: Model, id: string, random: () => number): Profile {
  const scores = model.scores(random(), random);
  const truth = Float32Array.from(scores, (score) => 0.5 + score);
  const bound = truth.map(() => 0.5);
  const sample: Sample = {
    id,
    patient: id,
    shape: [1, 1, scores.length],
    truth,
    lower: bound,
    upper: bound,
    organs: new Uint8Array(scores.length).fill(1),
    mended: { clipped: 0, crossed: 0 },
  };
  return buildProfile(kernels, sample, makePartition({ kind: 'organ' }, LABELS));
}

/** In how many of DRAWS draws of n scans the risk of λ̂ exceeds ε. */
function exceedances(model: Model, bound: RiskBound, n: number, seed: number): number {
  const random = draws(seed);
  const uniform = makePartition({ kind: 'uniform' }, LABELS);
  let exceeded = 0;
  for (let draw = 0; draw < DRAWS; draw++) {
    const profiles = Array.from({ length: n }, (_, i) => drawProfile(model, `s${i}`, random));
    const found = backtrack(new LossTable(profiles, uniform), lineFamily(new Float64Array(1)), bound);
    if (found.state !== 'calibrated') throw new Error('vacuous');
    if (model.risk(found.lambda[0]) > EPSILON) exceeded++;
  }
  return exceeded;
}

/** The largest count of DRAWS that Binomial(DRAWS, δ) exceeds with a chance of at most 1e-6. */
function largestCount(delta: number): number {
  let log = DRAWS * Math.log1p(-delta);
  let tail = 1 - Math.exp(log);
  let count = 0;
  while (tail > 1e-6) {
    count++;
    log += Math.log(((DRAWS - count + 1) / count) * (delta / (1 - delta)));
    tail -= Math.exp(log);
  }
  return count;
}

const BOUNDS: readonly [string, RiskBound][] = [
  ['hoeffding', hoeffdingBound(EPSILON, DELTA)],
  ['hoeffding-bentkus', hoeffdingBentkusBound(EPSILON, DELTA)],
  ['wsr', wsrBound(EPSILON, DELTA)],
];

describe.each(Object.entries(MODELS))('P(R > 0.3) ≤ 0.1 over 2000 draws, %s', (_, model) => {
  it.each(BOUNDS)('%s', (_name, bound) => {
    expect(largestCount(DELTA)).toBeGreaterThan(200);
    expect(largestCount(DELTA)).toBeLessThan(275);
    for (const n of [39, 60]) {
      expect(exceedances(model, bound, n, n), `n = ${n}`).toBeLessThanOrEqual(largestCount(DELTA));
    }
  });
});

describe('a bound on the mean alone fails the same test', () => {
  it('the CRC condition exceeds ε in far more than a tenth of the draws', () => {
    const count = exceedances(MODELS['scans missed whole or not at all'], crcBound(EPSILON), 39, 1);
    expect(count).toBeGreaterThan(largestCount(DELTA));
  });
});
