import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  hoeffdingBentkusBound,
  hoeffdingBound,
  leastUnits,
  makePartition,
  type Profile,
  randomStream,
  type Sides,
} from '../src/index.ts';
import { numbersBetween } from '../src/profile/sorted-numbers.ts';
import { leastLambda } from '../src/search/backtrack.ts';
import { crcBound, type RiskBound } from '../src/search/bound.ts';
import { LossTable, type LossTableOptions } from '../src/search/loss-table.ts';
import { LABELS } from './random-cohort.ts';

const IDS = [0, 1, 3, 7];
const uniform = makePartition({ kind: 'uniform' }, LABELS);

/** How scores are drawn: what searches that interpolate may stumble over. */
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
  /** A list has about up to this number. */
  readonly scores: number;
  /** Scores are spaced 1/levels. */
  readonly levels: number;
  readonly shape: keyof typeof SHAPES;
  readonly merged: boolean;
  readonly sides: Sides;
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
      sides: fc.constantFrom<Sides>(1, 2),
    })
    .map((drawing) => ({ ...drawing, ...fixed }));

function drawProfiles(drawing: Drawing): Profile[] {
  return Array.from({ length: drawing.units }, (_, unit) => drawProfile(drawing, unit));
}

/** A profile over the organs; a unit may lack an organ, and every third patient has two scans. */
function drawProfile({ seed, scores, levels, shape, merged, sides }: Drawing, unit: number): Profile {
  const { uniform } = randomStream(seed, unit);
  const regionCount = Math.max(...IDS) + 1;
  const lists = Array.from({ length: sides * regionCount }, (_, list) =>
    Float32Array.from(
      { length: IDS.includes(list % regionCount) ? Math.round(scores * uniform()) : 0 },
      () => Math.ceil(SHAPES[shape](uniform()) * levels) / levels,
    )
      .filter((score) => score > 0)
      .sort(),
  );
  const organVoxels = new Uint32Array(regionCount);
  for (const [list, { length }] of lists.entries()) organVoxels[list % regionCount] += length;
  for (const [organ, missed] of organVoxels.entries()) if (missed > 0) organVoxels[organ] = 2 * missed + 1;
  const ofSides = Array.from({ length: sides }, (_, side) =>
    joined(lists.slice(side * regionCount, (side + 1) * regionCount)).scores.sort(),
  );
  return {
    scan: `scan-${unit}`,
    patient: `patient-${unit % 3 === 2 ? unit - 1 : unit}`,
    shape: [1, 1, 1],
    dimension: organVoxels.reduce((sum, voxels) => sum + voxels, 1),
    sides,
    regionCount,
    organVoxels,
    ...joined(lists),
    merged: merged ? { ...joined(ofSides), places: null } : null,
    lengths: null,
  };
}

/** Lists one after the other, and where each starts and ends. */
function joined(lists: readonly Float32Array[]): { offsets: Uint32Array; scores: Float32Array } {
  const offsets = new Uint32Array(lists.length + 1);
  for (const [list, { length }] of lists.entries()) offsets[list + 1] = offsets[list] + length;
  return { offsets, scores: Float32Array.from(lists.flatMap((list) => [...list])) };
}

/** Every λ at which some loss of a table changes, ascending, and 0. */
function levelsOf({ lists }: LossTable): Float32Array {
  const all = lists.flatMap(({ scores, start, end }) => [...numbersBetween(scores, start, end)]);
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

/** Compares λ's with the reference; returns how many were calibrated. */
function expectLeast(
  profiles: readonly Profile[],
  options: LossTableOptions,
  bounds: readonly RiskBound[],
): number {
  const table = new LossTable(profiles, uniform, options);
  const levels = levelsOf(table);
  let calibrated = 0;
  for (const bound of bounds) {
    const found = leastLambda(table, bound);
    const least = leastAccepted(table, levels, bound);
    expect(found.units).toBe(table.units.length);
    if (found.state === 'infeasible') {
      expect(least).toBeNull();
      expect(found.leastUnits).toBe(leastUnits(bound));
    } else {
      expect(found.lambda[0], `ε = ${bound.epsilon}`).toBe(least);
      calibrated++;
    }
  }
  return calibrated;
}

describe('the least λ that bounds accept', () => {
  it('is the first of all scores, tried one by one: by scan and organ, whatever the scores', () => {
    let calibrated = 0;
    const scopes: LossTableOptions[] = [
      {},
      { scope: { organ: 3 } },
      { scope: { organ: 3 }, average: 'pooled' },
    ];
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
        for (const options of scopes) {
          calibrated += expectLeast(profiles, options, bounds);
        }
      }),
      { numRuns: 200, seed: 13 },
    );
    expect(calibrated).toBeGreaterThan(500);
  });

  it('is that also where a mean loss is just the one accepted, as far as rounding tells', () => {
    let [sought, calibrated] = [0, 0];
    fc.assert(
      fc.property(
        drawings({ scores: 40 }),
        fc.array(fc.nat(999), { minLength: 5, maxLength: 20 }),
        (drawing, permille) => {
          const profiles = drawProfiles(drawing);
          for (const options of [{}, { scope: { organ: 3 } }] as const) {
            const table = new LossTable(profiles, uniform, options);
            const levels = levelsOf(table);
            const n = table.units.length;
            const epsilons = permille.flatMap((share) => {
              const level = levels[Math.floor((share * levels.length) / 1000)];
              const losses = table.evaluate(Float32Array.of(level));
              const epsilon = (losses.reduce((sum, loss) => sum + loss, 0) + 1) / (n + 1);
              // A hair less than what this level has, and it is rejected.
              return [epsilon, epsilon - 2e-12].filter((one) => one > 0 && one < 1);
            });
            sought += epsilons.length;
            calibrated += expectLeast(profiles, options, epsilons.map(crcBound));
          }
        },
      ),
      { numRuns: 100, seed: 16 },
    );
    expect(sought).toBeGreaterThan(2000);
    expect(calibrated).toBeGreaterThan(2000);
  });
});
