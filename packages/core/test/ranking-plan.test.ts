import { loadKernels } from '@semcrc/kernels';
import { describe, expect, it } from 'vitest';
import {
  buildRankings,
  drawSplit,
  type ExperimentPlan,
  PAPER_OPTIONS,
  type Profile,
  randomStream,
  rankedScopes,
  runOne,
  ScoreRankings,
  stretchesToRank,
} from '../src/index.ts';
import { LABELS } from './random-cohort.ts';

const kernels = await loadKernels();
const plan: ExperimentPlan = {
  procedures: ['crc', 'organ-crc', 'pooled'],
  epsilon: 0.1,
  runs: 1,
  seed: 7,
  nOpt: 8,
  nCal: 56,
  nTest: 24,
  options: PAPER_OPTIONS,
};
const TOLERANCES = [0.06, 0.08, 0.15];

/** Scans of which each misses another share in two organs, and that have no voxel of the others. */
function drawProfiles(scans: number, voxels: number): Profile[] {
  return Array.from({ length: scans }, (_, scan) => {
    const { uniform } = randomStream(29, scan);
    const wide = 0.5 + uniform();
    const lists = [0, 1].map(() =>
      Float32Array.from({ length: Math.round(voxels / 4) }, () => wide * uniform() + 1e-6).sort(),
    );
    const scores = Float32Array.from(lists.flatMap((list) => [...list]));
    const ends = [lists[0].length, scores.length];
    return {
      scan: `scan-${scan}`,
      patient: `patient-${scan}`,
      shape: [1, 1, 2 * voxels],
      dimension: 2 * voxels,
      sides: 1,
      cellCount: 8,
      organVoxels: Uint32Array.from([voxels, voxels, 0, 0, 0, 0, 0, 0]),
      offsets: Uint32Array.from([0, ...ends, ...new Array<number>(6).fill(ends[1])]),
      scores,
      merged: null,
      lengths: null,
    };
  });
}

describe('planning rankings', () => {
  it('names the scan for crc and each organ for organ-crc, or those controlled', () => {
    const scopes = (procedures: ExperimentPlan['procedures'], control: readonly number[] = []) =>
      rankedScopes({ ...plan, procedures, options: { ...PAPER_OPTIONS, control } }, LABELS);
    expect(scopes(['crc'])).toEqual(['scan']);
    expect(scopes(['pooled'])).toEqual([{ organ: 0 }, { organ: 1 }, { organ: 3 }, { organ: 7 }]);
    expect(scopes(['crc', 'sem-crc', 'organ-crc'], [3])).toEqual(['scan', { organ: 3 }]);
    expect(scopes(['sem-crc', 'organ-crc', 'pooled'], [3])).toHaveLength(4);
    expect(scopes(['k-crc', 'sem-crc'])).toEqual([]);
  });

  it('takes stretches in which nearly all λ̂ of runs lie, and no score twice', async () => {
    const profiles = drawProfiles(80, 2000);
    const index = { ids: profiles.map(({ scan }) => scan), patients: profiles.map(({ patient }) => patient) };
    const byId = new Map(profiles.map((profile) => [profile.scan, profile]));
    const stretches = rankedScopes(plan, LABELS).map((scope) => ({
      scope,
      own: stretchesToRank(profiles, LABELS, plan, TOLERANCES, scope),
    }));
    expect(stretches.map(({ own }) => own.length)).toEqual([1, 1, 1, 0, 0]);
    const rankings = stretches.flatMap(({ scope, own }) =>
      own.length > 0 ? buildRankings(kernels, profiles, LABELS, scope, own) : [],
    );
    for (const [at, { list, scan, end, missed, covered, low, high }] of rankings.entries()) {
      expect(list.length).toBe(stretches[at].own[0].scores);
      // What a list has before, in and beyond the ranking, in the scans' own scores.
      for (const [own, index] of scan.entries()) {
        const { scores } = profiles[index];
        const first = end[own] - missed[own];
        const inside = covered[covered.length - scan.length + own];
        expect(scores.subarray(first, first + inside).every((score) => score > low && score <= high)).toBe(
          true,
        );
        expect(first + inside === end[own] || scores[first + inside] > high).toBe(true);
      }
    }
    let found = 0;
    let inside = 0;
    for (let run = 0; run < 60; run++) {
      const data = {
        kernels,
        labels: LABELS,
        profileOf: (id: string) => byId.get(id)!,
        read: () => Promise.reject(new Error('no voxels')),
      };
      const toDo = { run, split: { ...drawSplit(index, plan, plan.seed, run), test: [] } };
      const results = await runOne(data, plan, toDo, TOLERANCES);
      const ranked = await runOne(
        { ...data, rankings: new ScoreRankings(index.ids, rankings) },
        plan,
        toDo,
        TOLERANCES,
      );
      for (const [i, { records }] of results.entries()) {
        const lambdas = (of: typeof records) => of.map(({ lambda }) => lambda);
        expect(lambdas(ranked[i].records)).toEqual(lambdas(records));
        const { lambda } = records[0];
        const [{ low, high }] = rankings;
        found++;
        if (Number(lambda.all) > low && Number(lambda.all) <= high) inside++;
      }
    }
    // Each end is missed once in 740 times where three standard deviations are what they say; of 180, five or more outside
    // would come once in a hundred thousand times.
    expect(found).toBe(180);
    expect(inside).toBeGreaterThan(found - 5);
  });

  it('divides many scores into stretches that follow each other, none with many more than half a million', () => {
    const profiles = drawProfiles(80, 200_000);
    const wide = [0.05, 0.3];
    const stretches = stretchesToRank(profiles, LABELS, plan, wide, 'scan');
    expect(stretches.length).toBeGreaterThan(3);
    const rankings = buildRankings(kernels, profiles, LABELS, 'scan', stretches);
    expect(rankings.length).toBe(stretches.length);
    for (const [at, ranking] of rankings.entries()) {
      expect(ranking.list.length).toBeLessThan(1.1 * 2 ** 19);
      if (at > 0) expect(ranking.low).toBe(rankings[at - 1].high);
    }
    const all = stretches.reduce((sum, { scores }) => sum + scores, 0);
    expect(rankings.reduce((sum, { list }) => sum + list.length, 0)).toBe(Math.round(all));
  });

  it('takes none where no bound goes by the mean loss, or no scan has the organ', () => {
    const profiles = drawProfiles(80, 200);
    const wsr = { ...plan, options: { ...PAPER_OPTIONS, bound: 'wsr' } } as const;
    expect(stretchesToRank(profiles, LABELS, wsr, TOLERANCES, 'scan')).toEqual([]);
    expect(stretchesToRank(profiles, LABELS, plan, TOLERANCES, { organ: 7 })).toEqual([]);
  });
});
