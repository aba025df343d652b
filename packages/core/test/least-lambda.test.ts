import { loadKernels } from '@semcrc/kernels';
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
  ScoreRankings,
  type Sides,
  wsrBound,
} from '../src/index.ts';
import { lineFamily } from '../src/lambda-family.ts';
import { leastLambdas } from '../src/least-lambda.ts';
import { LossTable, type LossTableOptions } from '../src/loss-table.ts';
import { RankingSearch } from '../src/ranking-search.ts';
import { rankScores } from '../src/score-ranking.ts';
import { LABELS } from './random-cohort.ts';

const kernels = await loadKernels();
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
  /** A list has about up to so many. */
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
  const cellCount = Math.max(...IDS) + 1;
  const lists = Array.from({ length: sides * cellCount }, (_, list) =>
    Float32Array.from(
      { length: IDS.includes(list % cellCount) ? Math.round(scores * uniform()) : 0 },
      () => Math.ceil(SHAPES[shape](uniform()) * levels) / levels,
    )
      .filter((score) => score > 0)
      .sort(),
  );
  const organVoxels = new Uint32Array(cellCount);
  for (const [list, { length }] of lists.entries()) organVoxels[list % cellCount] += length;
  for (const [organ, missed] of organVoxels.entries()) if (missed > 0) organVoxels[organ] = 2 * missed + 1;
  const ofSides = Array.from({ length: sides }, (_, side) =>
    joined(lists.slice(side * cellCount, (side + 1) * cellCount)).scores.sort(),
  );
  return {
    scan: `scan-${unit}`,
    patient: `patient-${unit % 3 === 2 ? unit - 1 : unit}`,
    shape: [1, 1, 1],
    dimension: organVoxels.reduce((sum, voxels) => sum + voxels, 1),
    sides,
    cellCount,
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

/** Where the scores of all units are ranked: between shares of the levels that occur; `gap` leaves one ranking out. */
interface Stretching {
  readonly cuts: readonly number[];
  readonly gap: number;
}

const stretchings: fc.Arbitrary<Stretching> = fc.record({
  cuts: fc
    .uniqueArray(fc.constantFrom(0, 0.1, 0.3, 0.5, 0.6, 0.8, 0.95, 1), { minLength: 2 })
    .map((cuts) => cuts.sort((a, b) => a - b)),
  gap: fc.nat(8),
});

function ranking(
  profiles: readonly Profile[],
  options: LossTableOptions,
  { cuts, gap }: Stretching,
): ScoreRankings {
  const table = new LossTable(profiles, uniform, options);
  const levels = levelsOf(table);
  const scans = profiles.map(({ scan }) => scan);
  const scanOf = (scan: number) => scans.indexOf(table.scans[scan]);
  const ends = cuts.map((share) => levels[Math.floor(share * (levels.length - 1))]);
  const rankings = ends.slice(1).flatMap((high, i) => {
    if (i === gap || high === ends[i]) return [];
    return rankScores(kernels, table, scanOf, [{ low: ends[i], high }]);
  });
  return new ScoreRankings(scans, rankings);
}

/** Compares λ's with the reference, with rankings and without; returns how many there are, and how many came from rankings. */
function expectLeast(
  profiles: readonly Profile[],
  options: LossTableOptions,
  bounds: readonly RiskBound[],
  stretching: Stretching,
): { readonly calibrated: number; readonly ranked: number } {
  // A share of those ranked, as a run has it.
  const own = profiles.filter((_, unit) => unit % 4 !== 3);
  const table = new LossTable(own, uniform, options);
  const levels = levelsOf(table);
  const rankings = ranking(profiles, options, stretching);
  const search = RankingSearch.in(table, rankings);
  const alone = leastLambdas(table, bounds);
  let calibrated = 0;
  let ranked = 0;
  for (const [i, found] of leastLambdas(table, bounds, rankings).entries()) {
    const least = leastAccepted(table, levels, bounds[i]);
    expect(found).toEqual(alone[i]);
    expect(found.units).toBe(table.units.length);
    if (found.state === 'infeasible') {
      expect(least).toBeNull();
      expect(found.leastUnits).toBe(leastUnits(bounds[i]));
    } else {
      expect(found.lambda, `ε = ${bounds[i].epsilon}`).toBe(least);
      calibrated++;
      const wanted = bounds[i].meanAccepted?.(found.units);
      if (wanted !== undefined && search && search.find(bounds[i], wanted) !== null) ranked++;
    }
  }
  return { calibrated, ranked };
}

describe('the least λ that bounds accept', () => {
  it('is the first of all scores, tried one by one: by scan and organ, whatever the scores, ranked or not', () => {
    let calibrated = 0;
    let ranked = 0;
    const scopes: LossTableOptions[] = [
      {},
      { scope: { organ: 3 } },
      { scope: { organ: 3 }, average: 'pooled' },
    ];
    fc.assert(
      fc.property(
        drawings(),
        fc.array(tolerances, { minLength: 1, maxLength: 30 }),
        stretchings,
        (drawing, epsilons, stretching) => {
          const profiles = drawProfiles(drawing);
          const bounds = epsilons.map((epsilon, i) =>
            i % 5 === 3
              ? hoeffdingBentkusBound(epsilon, 0.2)
              : i % 5 === 4
                ? hoeffdingBound(epsilon, 0.1)
                : crcBound(epsilon),
          );
          for (const options of scopes) {
            const found = expectLeast(profiles, options, bounds, stretching);
            calibrated += found.calibrated;
            ranked += found.ranked;
          }
        },
      ),
      { numRuns: 200, seed: 13 },
    );
    expect(calibrated).toBeGreaterThan(500);
    expect(ranked).toBeGreaterThan(200);
  });

  it('is that also among so many scores that rows of counts are skipped', () => {
    let ranked = 0;
    fc.assert(
      fc.property(
        drawings({ units: 7, scores: 8_000, merged: true }),
        fc.constantFrom(0.02, 0.3),
        fc.constantFrom(1, 2, 40, 200),
        stretchings,
        (drawing, width, count, stretching) => {
          const epsilons = Array.from({ length: count }, (_, i) => 0.25 + (width * i) / count);
          ranked += expectLeast(drawProfiles(drawing), {}, epsilons.map(crcBound), stretching).ranked;
        },
      ),
      { numRuns: 40, seed: 14 },
    );
    expect(ranked).toBeGreaterThan(300);
  });

  it('is that also where a mean loss is just the one accepted, as far as rounding tells', () => {
    let ranked = 0;
    let sought = 0;
    fc.assert(
      fc.property(
        drawings({ scores: 40 }),
        fc.array(fc.nat(999), { minLength: 5, maxLength: 20 }),
        fc.constantFrom([0, 1], [0, 0.3, 0.6, 1]),
        (drawing, permille, cuts) => {
          const profiles = drawProfiles(drawing);
          for (const options of [{}, { scope: { organ: 3 } }] as const) {
            const table = new LossTable(
              profiles.filter((_, unit) => unit % 4 !== 3),
              uniform,
              options,
            );
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
            ranked += expectLeast(profiles, options, epsilons.map(crcBound), { cuts, gap: 8 }).ranked;
          }
        },
      ),
      { numRuns: 100, seed: 16 },
    );
    expect(sought).toBeGreaterThan(2000);
    expect(ranked).toBeGreaterThan(1000);
  });

  it('is what backtracking along one λ finds', () => {
    fc.assert(
      fc.property(drawings(), fc.constantFrom(0.05, 0.2, 0.3, 0.5), (drawing, epsilon) => {
        const profiles = drawProfiles(drawing);
        const bounds = [crcBound(epsilon), wsrBound(epsilon, 0.3), hoeffdingBentkusBound(epsilon, 0.3)];
        for (const scope of ['scan', { organ: 1 }] as const) {
          const table = new LossTable(profiles, uniform, { scope });
          const found = leastLambdas(table, bounds, ranking(profiles, { scope }, { cuts: [0, 1], gap: 8 }));
          const alone = bounds.map((bound) => backtrack(table, lineFamily(new Float64Array(1)), bound));
          expect(found.map((one) => (one.state === 'calibrated' ? one.lambda : one))).toEqual(
            alone.map((one) => (one.state === 'calibrated' ? one.lambda[0] : one)),
          );
        }
      }),
      { numRuns: 150, seed: 15 },
    );
  });

  it('is sought in no rankings of other scans', () => {
    const profiles = drawProfiles({
      seed: 5,
      units: 20,
      scores: 400,
      levels: 100,
      shape: 'even',
      merged: false,
      sides: 1,
    });
    const rankings = ranking(profiles.slice(1), {}, { cuts: [0, 1], gap: 8 });
    const bound = crcBound(0.25);
    const table = new LossTable(profiles.slice(1), uniform);
    const search = RankingSearch.in(table, rankings);
    expect(search?.find(bound, bound.meanAccepted!(table.units.length))).toBeGreaterThan(0);
    expect(RankingSearch.in(new LossTable(profiles, uniform), rankings)).toBeNull();
    expect(
      RankingSearch.in(new LossTable(profiles.slice(1), uniform, { scope: { organ: 3 } }), rankings),
    ).toBeNull();
  });
});
