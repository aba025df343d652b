import { type CountedStretch, type ExperimentPlan, PAPER_OPTIONS, type ScoreRanking } from '@semcrc/core';
import { describe, expect, it } from 'vitest';
import type { ExperimentExecutor } from '../src/index.ts';
import type { ExperimentSession, ScoresToRank } from '../src/job.ts';
import { rankScores } from '../src/ranking.ts';

const labels = { 0: 'background', 1: 'body', 2: 'liver' };
const plan: ExperimentPlan = {
  procedures: ['crc', 'organ-crc'],
  epsilon: 0.1,
  runs: 20,
  seed: 0,
  nOpt: 2,
  nCal: 12,
  nTest: 4,
  options: PAPER_OPTIONS,
};

/** Ranks what stretches of so many scores each would hold, by scope; returns what was asked for. */
async function rankedOf(
  stretches: (scope: ScoresToRank['scope']) => readonly number[],
  runs: number,
  tolerances: readonly number[],
): Promise<ScoresToRank[]> {
  const asked: ScoresToRank[] = [];
  const executor = {
    workers: 2,
    close: async () => {},
    run: async ({ kind, input }: { readonly kind: string; readonly input: unknown }) => {
      if (kind === 'stretches') {
        return stretches(input as ScoresToRank['scope']).map(
          (scores, at): CountedStretch => ({ low: at, high: at + 1, scores }),
        );
      }
      expect(kind).toBe('rankings');
      asked.push(input as ScoresToRank);
      return (input as ScoresToRank).stretches.map(() => ({}) as ScoreRanking);
    },
  } as unknown as ExperimentExecutor;
  const session = { plan, tolerances } as unknown as ExperimentSession;
  const rankings = await rankScores(session, labels, runs, { executor });
  expect(rankings.length).toBe(asked.reduce((sum, { stretches }) => sum + stretches.length, 0));
  return asked;
}

describe('ranking scores', () => {
  const ten = Array.from({ length: 10 }, (_, i) => 0.1 + i / 100);

  it('is done for every scope, some stretches at once', async () => {
    const asked = await rankedOf((scope) => (scope === 'scan' ? [1, 2, 3, 4, 5] : [9]), 20, ten);
    expect(
      asked.map(({ scope, stretches }) => [scope, stretches.map((one) => (one as CountedStretch).scores)]),
    ).toEqual([
      ['scan', [1, 2]],
      ['scan', [3, 4]],
      ['scan', [5]],
      [{ organ: 0 }, [9]],
      [{ organ: 1 }, [9]],
      [{ organ: 2 }, [9]],
    ]);
  });

  it('is left out where few λ are sought', async () => {
    expect(await rankedOf(() => [1], 20, [0.1])).toEqual([]);
    expect(await rankedOf(() => [1], 9, ten)).toEqual([]);
    expect(await rankedOf(() => [1], 10, ten)).toHaveLength(4);
  });

  it('leaves out a scope whose scores take more memory than there is for rankings', async () => {
    const asked = await rankedOf((scope) => (scope === 'scan' ? [7e7, 7e7] : [1e7]), 20_000, ten);
    expect(asked.map(({ scope }) => scope)).toEqual([{ organ: 0 }, { organ: 1 }, { organ: 2 }]);
  });

  it('leaves out a scope with too many scores for the λ sought among them', async () => {
    const asked = await rankedOf((scope) => (scope === 'scan' ? [1e6, 1.1e6] : [1e6, 9e5]), 20, ten);
    expect(asked.map(({ scope }) => scope)).toEqual([{ organ: 0 }, { organ: 1 }, { organ: 2 }]);
  });
});
