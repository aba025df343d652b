import { promisesOrgans } from '@semcrc/core';
import { type ExperimentFacts, organsOverRuns, type ProcedureRuns } from '../experiment.ts';
import { organName, procedureName } from '../words.ts';
import { verdictsOf } from './experiment.ts';
import {
  anchorFlags,
  backgroundFlag,
  type Flag,
  mendedFlags,
  organFlags,
  overlapFlag,
  sizeFlags,
} from './flags.ts';
import { advice } from './next.ts';
import type { Judgement, Verdict } from './verdict.ts';

/** An organ's risk and mean length as measured. */
export interface OrganMeasured {
  readonly name: string;
  readonly risk: number;
  readonly length: number;
}

/** What a person wants to know first: does the promise hold, how wide are the intervals, where is it worst, what next. */
export interface PlainSummary {
  /** Of the procedure followed. */
  readonly verdict: Verdict;
  /** Of every procedure, in their order. */
  readonly verdicts: readonly Verdict[];
  readonly risk: number | null;
  /** Mean interval length, share of the window. */
  readonly length: number | null;
  /** Organs by risk, the worst first; background and body among them. */
  readonly organs: readonly OrganMeasured[];
  readonly flags: readonly Flag[];
  readonly advice: readonly string[];
}

/** The plain summary of an experiment. */
export function summaryOf(facts: ExperimentFacts): PlainSummary {
  const { followed, epsilon, bound, units } = facts;
  const verdicts = verdictsOf(facts);
  const verdict = verdicts[facts.procedures.indexOf(followed)];
  const organs = measuredOrgans(facts, followed);
  const [first] = followed.records;
  return {
    verdict,
    verdicts,
    risk: followed.risk?.mean ?? null,
    length: followed.length?.mean ?? null,
    organs,
    flags: [...monteCarloFlags(facts, verdicts), ...flagsOf(facts)],
    advice: advice({
      verdict,
      epsilon,
      bound,
      n: first.n,
      // More scans are told of one run, so they are compared with that run.
      length: first.moreScans ? (first.test?.length ?? null) : (followed.length?.mean ?? null),
      moreScans: first.moreScans ?? [],
      units,
      organsAbove: organs.filter(({ risk }) => risk > epsilon),
    }),
  };
}

function flagsOf(facts: ExperimentFacts): Flag[] {
  const { experiment, procedures, followed, epsilon, sizes, bound } = facts;
  const { labels, patients, config } = experiment.document;
  const [first] = followed.records;
  const splits = followed.records.map(({ split }) => split);
  return [
    ...overlapFlag(splits, patients),
    ...procedures.flatMap(({ procedure, records }) => [
      ...organFlags(statuses(records, labels), records.length, epsilon),
      ...anchorFlags(
        procedureName(procedure),
        records.map(({ anchor }) => anchor),
        (group) =>
          procedure === 'k-crc' ? `position group ${group}` : organName(labels, group.split('/')[0]),
      ),
    ]),
    ...mendedFlags(experiment.mended),
    ...sizeFlags(first.n, first.test?.units ?? sizes.test, epsilon, bound),
    ...backgroundFlag(experiment.background, String(config.within ?? 'scan')),
  ];
}

/**
 * A mean risk over splits of one pool that lies above ε by more than the splits' own Monte-Carlo error: random splits of a
 * fixed pool are exchangeable whatever the pool, so CRC's mean over them is at most ε; above it by 2.33 errors it is in one of a hundred.
 */
function monteCarloFlags(
  { procedures, epsilon, bound }: ExperimentFacts,
  verdicts: readonly Verdict[],
): Flag[] {
  if (bound !== 'crc') return [];
  return procedures.flatMap(({ procedure, records, risk }, at) => {
    const { judgement } = verdicts[at];
    if (risk === null || records.length < 5 || judgement === 'broken') return [];
    if (promisesOrgans(procedure) || procedure === 'pooled') return [];
    const error = risk.sd / Math.sqrt(records.length - 1);
    if (!(risk.mean - epsilon > 2.33 * error)) return [];
    return [
      {
        weight: 'amber' as const,
        title: 'The mean over splits lies above ε',
        text: `${procedureName(procedure)}: ${risk.mean.toPrecision(4)} ± ${error.toPrecision(2)} over ${records.length} splits. Random splits of one pool should not exceed ε on average; were patients split between the parts, or scans not independent of the predictor?`,
      },
    ];
  });
}

function measuredOrgans({ experiment }: ExperimentFacts, runs: ProcedureRuns): OrganMeasured[] {
  return organsOverRuns(runs)
    .map(({ id, risk, length }) => ({
      name: organName(experiment.document.labels, id),
      risk: risk.mean,
      length: length.mean,
    }))
    .sort((a, b) => b.risk - a.risk);
}

function statuses(records: ProcedureRuns['records'], labels: Readonly<Record<string, string>>) {
  const ids = [...new Set(records.flatMap(({ organs }) => Object.keys(organs)))];
  return ids.map((id) => ({
    name: organName(labels, id),
    infeasible: records.filter(({ organs }) => organs[id]?.status === 'infeasible').length,
    absent: records.filter(({ organs }) => organs[id]?.status === 'absent').length,
  }));
}

/** What a judgement is called in a word or two. */
export const JUDGEMENT_WORDS: Readonly<Record<Judgement, string>> = {
  kept: 'The promise holds',
  chance: 'Above the tolerance, within chance',
  broken: 'The promise does not hold',
  untested: 'Not tested',
  none: 'Nothing promised',
};
