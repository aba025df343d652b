import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backtrack } from '../src/backtrack.ts';
import { crcBound, type RiskBound } from '../src/bound.ts';
import {
  hoeffdingBentkusBound,
  hoeffdingBound,
  leastUnits,
  makePartition,
  type Profile,
  randomStream,
  wsrBound,
} from '../src/index.ts';
import { lineFamily } from '../src/lambda-family.ts';
import { leastLambdas } from '../src/least-lambda.ts';
import { LossTable, type LossTableOptions } from '../src/loss-table.ts';
import { LABELS } from './random-cohort.ts';

const IDS = [0, 1, 3, 7];
const uniform = makePartition({ kind: 'uniform' }, LABELS);

/** How scores are drawn: what searches that guess from a sample may stumble over. */
const SHAPES = {
  even: (u: number) => u,
  /** Most of them small. */
  steep: (u: number) => u ** 8,
  /** Nearly all alike. */
  lumped: (u: number) => (u < 0.97 ? 0.5 + u * 1e-6 : u),
  /** A few beyond all measure. */
  wild: (u: number) => (u < 0.998 ? u / 16 : u < 0.999 ? 1e30 : Number.POSITIVE_INFINITY),
} as const;

interface Drawing {
  readonly seed: number;
  readonly units: number;
  /** A list has about up to so many. */
  readonly scores: number;
  /** Scores are spaced 1/levels. */
  readonly levels: number;
  readonly shape: keyof typeof SHAPES;
  readonly merged: boolean;
}

const drawings = (fixed: Partial<Drawing> = {}): fc.Arbitrary<Drawing> =>
  fc
    .record({
      seed: fc.nat(100_000),
      units: fc.constantFrom(1, 5, 20),
      scores: fc.constantFrom(0, 3, 400),
      levels: fc.constantFrom(4, 100, 2 ** 22),
      shape: fc.constantFrom(...(Object.keys(SHAPES) as (keyof typeof SHAPES)[])),
      merged: fc.boolean(),
    })
    .map((drawing) => ({ ...drawing, ...fixed }));

function drawProfiles(drawing: Drawing): Profile[] {
  return Array.from({ length: drawing.units }, (_, unit) => drawProfile(drawing, unit));
}

/** A profile over the organs; a unit may lack an organ, and every third patient has two scans. */
function drawProfile({ seed, scores, levels, shape, merged }: Drawing, unit: number): Profile {
  const { uniform } = randomStream(seed, unit);
  const cellCount = Math.max(...IDS) + 1;
  const lists = Array.from({ length: cellCount }, (_, organ) =>
    Float32Array.from(
      { length: IDS.includes(organ) ? Math.round(scores * uniform()) : 0 },
      () => Math.ceil(SHAPES[shape](uniform()) * levels) / levels,
    )
      .filter((score) => score > 0)
      .sort(),
  );
  const offsets = new Uint32Array(cellCount + 1);
  for (const [organ, list] of lists.entries()) offsets[organ + 1] = offsets[organ] + list.length;
  const organVoxels = Uint32Array.from(lists, ({ length }) => (length > 0 ? 2 * length + 1 : 0));
  const all = Float32Array.from(lists.flatMap((list) => [...list]));
  return {
    scan: `scan-${unit}`,
    patient: `patient-${unit % 3 === 2 ? unit - 1 : unit}`,
    shape: [1, 1, 1],
    dimension: organVoxels.reduce((sum, voxels) => sum + voxels, 1),
    sides: 1,
    cellCount,
    organVoxels,
    offsets,
    scores: all,
    merged: merged
      ? { offsets: Uint32Array.of(0, all.length), scores: all.slice().sort(), places: null }
      : null,
    lengths: null,
  };
}

/** Every λ at which some loss of a table changes, ascending, and 0. */
function levelsOf({ lists: { scores, start, end } }: LossTable): Float32Array {
  const all = scores.flatMap((own, list) => [...own.subarray(start[list], end[list])]);
  return Float32Array.from(new Set([0, ...all])).sort();
}

/** The least level that a bound accepts which accepts all above, found by halving. */
function leastAccepted(table: LossTable, levels: Float32Array, bound: RiskBound): number | null {
  const accepts = (at: number) => bound.accepts(table.evaluate(Float32Array.of(levels[at])));
  let [below, above] = [-1, levels.length - 1];
  if (!accepts(above)) return null;
  while (above - below > 1) {
    const middle = (below + above) >> 1;
    if (accepts(middle)) above = middle;
    else below = middle;
  }
  return levels[above];
}

const tolerances = fc.oneof(
  fc.double({ min: 0.001, max: 0.999, noNaN: true }),
  fc.double({ min: 0.1, max: 0.101, noNaN: true }),
  fc.constantFrom(1 / 21, 0.1, 0.5),
);

function expectLeast(profiles: readonly Profile[], options: LossTableOptions, bounds: RiskBound[]): number {
  const table = new LossTable(profiles, uniform, options);
  const levels = levelsOf(table);
  let calibrated = 0;
  for (const [i, found] of leastLambdas(table, bounds).entries()) {
    const least = leastAccepted(table, levels, bounds[i]);
    expect(found.units).toBe(table.units.length);
    if (found.state === 'infeasible') {
      expect(least).toBeNull();
      expect(found.leastUnits).toBe(leastUnits(bounds[i]));
    } else {
      expect(found.lambda, `ε = ${bounds[i].epsilon}`).toBe(least);
      calibrated++;
    }
  }
  return calibrated;
}

describe('the least λ that bounds accept', () => {
  it('is the first of all scores, tried one by one: by scan and organ, whatever the scores and the other bounds', () => {
    let calibrated = 0;
    fc.assert(
      fc.property(drawings(), fc.array(tolerances, { minLength: 1, maxLength: 30 }), (drawing, epsilons) => {
        const profiles = drawProfiles(drawing);
        const bounds = epsilons.map((epsilon, i) =>
          i % 5 === 3
            ? hoeffdingBentkusBound(epsilon, 0.2)
            : i % 5 === 4
              ? hoeffdingBound(epsilon, 0.1)
              : crcBound(epsilon),
        );
        calibrated += expectLeast(profiles, {}, bounds);
        calibrated += expectLeast(profiles, { scope: { organ: 3 } }, bounds);
        calibrated += expectLeast(profiles, { scope: { organ: 3 }, average: 'pooled' }, bounds);
      }),
      { numRuns: 200, seed: 13 },
    );
    expect(calibrated).toBeGreaterThan(500);
  });

  it('is that also among so many scores that it is guessed where they are', () => {
    let calibrated = 0;
    fc.assert(
      fc.property(
        drawings({ units: 7, scores: 8_000, merged: true }),
        fc.constantFrom(0.02, 0.3),
        fc.constantFrom(1, 2, 40, 600),
        (drawing, width, count) => {
          const epsilons = Array.from({ length: count }, (_, i) => 0.16 + (width * i) / count);
          const bounds = epsilons.map(crcBound);
          calibrated += expectLeast(drawProfiles(drawing), {}, bounds);
        },
      ),
      { numRuns: 40, seed: 14 },
    );
    expect(calibrated).toBeGreaterThan(300);
  });

  it('is that also where more scores are alike than are read at once', () => {
    const scores = new Float32Array(2_700_000)
      .map((_, at) => (at % 5 < 4 ? 0.5 : (at % 1000) / 1000 + 0.001))
      .sort();
    const offsets = Uint32Array.from({ length: 9 }, (_, organ) => (organ > 1 ? scores.length : 0));
    const [drawn] = drawProfiles({ seed: 16, units: 1, scores: 0, levels: 4, shape: 'even', merged: false });
    const profile = { ...drawn, dimension: scores.length, offsets, scores };
    expect(scores.length).toBeGreaterThan(2 ** 21);
    const bounds = [0.501, 0.52, 0.6, 0.7, 0.8, 0.9, 0.98].map(crcBound);
    expect(expectLeast([profile], {}, bounds)).toBe(bounds.length);
  });

  it('is what backtracking along one λ finds', () => {
    fc.assert(
      fc.property(drawings(), fc.constantFrom(0.05, 0.2, 0.3, 0.5), (drawing, epsilon) => {
        const profiles = drawProfiles(drawing);
        const bounds = [crcBound(epsilon), wsrBound(epsilon, 0.3), hoeffdingBentkusBound(epsilon, 0.3)];
        for (const scope of ['scan', { organ: 1 }] as const) {
          const table = new LossTable(profiles, uniform, { scope });
          const found = leastLambdas(table, bounds);
          const alone = bounds.map((bound) => backtrack(table, lineFamily(new Float64Array(1)), bound));
          expect(found.map((one) => (one.state === 'calibrated' ? one.lambda : one))).toEqual(
            alone.map((one) => (one.state === 'calibrated' ? one.lambda[0] : one)),
          );
        }
      }),
      { numRuns: 150, seed: 15 },
    );
  });
});
