import {
  type CountedStretch,
  type Labels,
  RANKING_BYTES,
  rankedScopes,
  type ScoreRanking,
} from '@semcrc/core';
import type { ExperimentExecutor, ExperimentSession, ScoresToRank } from './job.ts';
import { canShare } from './shared-memory.ts';
import { lanesFor, together } from './together.ts';

/** Fewer λ than this are sought in the lists of all scans: to find out what ranking takes would cost as much. */
const MANY = 100;

/** Ranking so many scores takes about as long as one λ sought in the lists of all scans. */
const SCORES_PER_LAMBDA = 10_000;

/** A task ranks so many stretches: looking up the scans' lists costs as much for one. */
const AT_ONCE = 2;

/** Memory that all rankings together may take, in bytes. */
const LARGEST = 512 * 2 ** 20;

/**
 * Ranks the scores around the λ̂'s of runs, where so many are sought that it pays: once for all runs. None where workers
 * cannot see the same memory; what a ranking would take too much memory for is left to searching the scans' lists.
 */
export async function rankScores(
  session: ExperimentSession,
  labels: Labels,
  runs: number,
  { executor, signal }: { readonly executor: ExperimentExecutor; readonly signal?: AbortSignal | undefined },
): Promise<readonly ScoreRanking[]> {
  const sought = runs * session.tolerances.length;
  if (sought < MANY || !canShare()) return [];
  const scopes = rankedScopes(session.plan, labels);
  const stretches = new Array<readonly CountedStretch[]>(scopes.length);
  await together(signal, lanesFor(executor), [...scopes.entries()], async ([at, scope], signal) => {
    const task = { session, kind: 'stretches', input: scope, name: nameOf(scope), signal } as const;
    stretches[at] = await executor.run(task);
  });
  const chosen: ScoresToRank[] = [];
  let bytes = 0;
  for (const [at, scope] of scopes.entries()) {
    const own = stretches[at];
    const count = own.reduce((sum, { scores }) => sum + scores, 0);
    if (count > SCORES_PER_LAMBDA * sought || bytes + RANKING_BYTES * count > LARGEST) continue;
    bytes += RANKING_BYTES * count;
    for (let from = 0; from < own.length; from += AT_ONCE) {
      chosen.push({ scope, stretches: own.slice(from, from + AT_ONCE) });
    }
  }
  const rankings: ScoreRanking[] = [];
  await together(signal, lanesFor(executor), chosen, async (input, signal) => {
    const name = nameOf(input.scope);
    rankings.push(...(await executor.run({ session, kind: 'rankings', input, name, signal })));
  });
  return rankings;
}

/** Names a task of ranking in errors. */
const nameOf = (scope: ScoresToRank['scope']): string =>
  scope === 'scan' ? 'scores of all scans' : `scores of label ${scope.organ}`;
