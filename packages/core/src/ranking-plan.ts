import type { Kernels } from '@semcrc/kernels';
import type { RiskBound } from './bound.ts';
import type { ExperimentPlan } from './experiment.ts';
import { firstMissed } from './first-missed.ts';
import { boundOf } from './fit.ts';
import type { Labels } from './labels.ts';
import { LossTable } from './loss-table.ts';
import type { LossAverage, LossScope } from './loss-units.ts';
import { averageOf, controlledOrgans, organBound } from './organ-crc.ts';
import { makePartition } from './partition.ts';
import type { Profile } from './profile.ts';
import type { ScoreLists } from './score-lists.ts';
import { rankScores, type ScoreRanking, type Stretch } from './score-ranking.ts';

/** The procedures that look for one λ of each organ. */
const BY_ORGAN = ['organ-crc', 'pooled'] as const;

/** What a plan's procedures look for one λ of. */
export function rankedScopes({ procedures, options }: ExperimentPlan, labels: Labels): LossScope[] {
  const byOrgan = BY_ORGAN.filter((procedure) => procedures.includes(procedure));
  const organs = new Set(byOrgan.flatMap((procedure) => controlledOrgans(procedure, options, labels)));
  return [
    ...(procedures.includes('crc') ? (['scan'] as const) : []),
    ...[...organs].map((organ) => ({ organ })),
  ];
}

/** A stretch of λ, and how many scores it holds. */
export interface CountedStretch extends Stretch {
  readonly scores: number;
}

/** A ranking has about so many scores at most: to make one takes three times their memory. */
const LARGEST = 2 ** 19;

/**
 * Where the λ̂'s of a plan's runs are likely to be, in stretches of one ranking each. It is told from all scans alike,
 * so that a run may find its λ̂ elsewhere.
 */
export function stretchesToRank(
  profiles: readonly Profile[],
  labels: Labels,
  plan: ExperimentPlan,
  tolerances: readonly number[],
  scope: LossScope,
): CountedStretch[] {
  const table = tableOf(profiles, labels, scope, 'mean');
  const spans = searchesIn(plan, labels, scope).flatMap(({ average, boundAt }) => {
    const own = average === 'mean' ? table : tableOf(profiles, labels, scope, average);
    return spanOf(own, plan, tolerances.map(boundAt)) ?? [];
  });
  if (spans.length === 0) return [];
  const low = Math.min(...spans.map((span) => span.low));
  const high = Math.max(...spans.map((span) => span.high));
  return divide(table, { low, high });
}

/**
 * Ranks the scores of consecutive stretches; scans are counted in the order of their profiles.
 *
 * @param allocate gives the memory of rankings, an ordinary ArrayBuffer by default: such that all threads see, for one
 */
export function buildRankings(
  kernels: Kernels,
  profiles: readonly Profile[],
  labels: Labels,
  scope: LossScope,
  stretches: readonly Stretch[],
  allocate?: (bytes: number) => ArrayBufferLike,
): ScoreRanking[] {
  const table = tableOf(profiles, labels, scope, 'mean');
  const indices = new Map(profiles.map(({ scan }, index) => [scan, index]));
  return rankScores(kernels, table, (scan) => indices.get(table.scans[scan])!, stretches, allocate);
}

function tableOf(
  profiles: readonly Profile[],
  labels: Labels,
  scope: LossScope,
  average: LossAverage,
): LossTable {
  return new LossTable(profiles, makePartition({ kind: 'uniform' }, labels), { scope, average });
}

/** How the procedures of a plan that look for one λ in a scope average losses, and bound them. */
function searchesIn(
  { procedures, options }: ExperimentPlan,
  labels: Labels,
  scope: LossScope,
): { readonly average: LossAverage; readonly boundAt: (epsilon: number) => RiskBound }[] {
  if (scope === 'scan') return [{ average: 'mean', boundAt: (epsilon) => boundOf(options, epsilon) }];
  return BY_ORGAN.filter((procedure) => procedures.includes(procedure)).flatMap((procedure) => {
    const organs = controlledOrgans(procedure, options, labels);
    const boundAt = (epsilon: number) => organBound(options, epsilon, organs.length);
    return organs.includes(scope.organ) ? [{ average: averageOf(procedure), boundAt }] : [];
  });
}

/** How far from where all scans have it a run's λ̂ is looked for, in standard deviations of the mean loss. */
const DEVIATIONS = 3;

/** Where the λ̂'s of a table's share are likely to be, at some bounds; null where none of them goes by the mean loss. */
function spanOf(
  table: LossTable,
  { nOpt, nCal, nTest }: ExperimentPlan,
  bounds: readonly RiskBound[],
): Stretch | null {
  const all = table.units.length;
  const drawn = Math.max(1, Math.round((all * (nCal - nOpt)) / (nCal + nTest)));
  // Below 0 nothing is accepted.
  const wanted = bounds
    .flatMap(({ meanAccepted }) => meanAccepted?.(drawn) ?? [])
    .filter((mean) => mean >= 0);
  if (all === 0 || wanted.length === 0) return null;
  const lambdaAt = lambdaByMean(table);
  const straying = (mean: number): number => {
    const losses = table.evaluate(Float32Array.of(lambdaAt(mean)));
    const average = losses.reduce((sum, loss) => sum + loss, 0) / all;
    const square = losses.reduce((sum, loss) => sum + (loss - average) ** 2, 0) / all;
    return DEVIATIONS * Math.sqrt(square * (1 / drawn - 1 / all));
  };
  const most = Math.max(...wanted);
  const least = Math.min(...wanted);
  return { low: lambdaAt(most + straying(most)), high: lambdaAt(least - straying(least)) };
}

/** So many scores of a table are looked at to tell what mean loss a λ has. */
const LOOKED_AT = 2 ** 13;

/** About the least λ whose mean loss is no more than one; the largest score where none is. */
function lambdaByMean(table: LossTable): (mean: number) => number {
  const { start, end, scan } = table.lists;
  const { weights } = table.weights;
  const share = table.search().risk / LOOKED_AT;
  const ascending = sampled(table.lists, start, end, (list) => weights[scan[list]], share);
  return (mean) => {
    const covered = ascending.length - Math.round(mean / share);
    return covered <= 0 ? 0 : covered > ascending.length ? table.largestScore : ascending[covered - 1];
  };
}

/** So many scores of each ranking are looked at to tell where it ends. */
const SAMPLED = 512;

/** Divides a stretch into some with about equally many scores. */
function divide({ lists }: LossTable, { low, high }: Stretch): CountedStretch[] {
  const { scores, start, end } = lists;
  const first = start.map((from, list) => firstMissed(scores[list], from, end[list], low));
  const last = first.map((from, list) => firstMissed(scores[list], from, end[list], high));
  const count = first.reduce((sum, from, list) => sum + last[list] - from, 0);
  const parts = Math.ceil(count / LARGEST);
  const ascending = sampled(lists, first, last, () => 1, LARGEST / SAMPLED);
  const stretches: CountedStretch[] = [];
  let from = low;
  for (let part = 1; part <= parts; part++) {
    const to = part === parts ? high : ascending[Math.floor((ascending.length * part) / parts)];
    if (to > from) stretches.push({ low: from, high: to, scores: count / parts });
    from = to;
  }
  return stretches;
}

/**
 * Some of the scores that lists have between two indices each, ascending: one wherever the scores' weights, one list after
 * the other, have added up to one more share.
 */
function sampled(
  { scores }: ScoreLists,
  first: Uint32Array,
  last: Uint32Array,
  weightOf: (list: number) => number,
  share: number,
): Float32Array {
  const seen: number[] = [];
  let ahead = share / 2;
  for (let list = 0; list < scores.length; list++) {
    const weight = weightOf(list);
    const all = weight * (last[list] - first[list]);
    for (; ahead < all; ahead += share) seen.push(scores[list][first[list] + Math.floor(ahead / weight)]);
    ahead -= all;
  }
  return Float32Array.from(seen).sort();
}
