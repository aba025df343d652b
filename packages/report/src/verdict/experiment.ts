import type { Losses } from '@semcrc/core';
import {
  type ExperimentFacts,
  organLosses,
  organsOverRuns,
  type ProcedureRuns,
  testLosses,
} from '../experiment.ts';
import { mean } from '../statistics/moments.ts';
import { organName } from '../words.ts';
import { judge, type Measurement, type Verdict } from './verdict.ts';

/** One verdict per procedure of an experiment, in their order. */
export function verdictsOf(facts: ExperimentFacts): Verdict[] {
  return facts.procedures.map((runs) => judge(promiseOf(facts, runs.procedure), measurementOf(facts, runs)));
}

function promiseOf({ epsilon, bound, delta, experiment }: ExperimentFacts, procedure: string) {
  return { procedure, epsilon, bound, delta, within: String(experiment.document.config.within ?? 'scan') };
}

/**
 * What an experiment measured: means over its runs, spreads pooled over them, and the n of one run. The runs share their
 * patients, so their number does not enter: the judgement is that of one calibration at the mean risk, and so cautious.
 */
function measurementOf({ experiment }: ExperimentFacts, { procedure, records }: ProcedureRuns): Measurement {
  const { labels } = experiment.document;
  const tested = records.filter(({ test }) => test !== null);
  if (tested.length === 0) return { scan: null, organs: [], splits: 0 };
  const scan = {
    cal: pooled(tested.map(({ losses }) => losses ?? null)),
    test: pooled(tested.map(testLosses))!,
  };
  const organs = organsOverRuns({ procedure, records, risk: null, length: null })
    .filter(({ id }) => tested.some((record) => record.organs[id]?.status === 'calibrated'))
    .map(({ id, risk }) => ({
      name: organName(labels, id),
      cal: pooled(tested.map(({ organs }) => organs[id]?.losses ?? null)),
      test: { ...pooled(tested.map((record) => organLosses(record, id)))!, mean: risk.mean },
    }));
  return { scan, organs, splits: tested.length };
}

/** The mean over runs, variances averaged, and the mean n; null where no run has any. */
function pooled(losses: readonly (Losses | null)[]): Losses | null {
  const known = losses.filter((one) => one !== null);
  if (known.length === 0) return null;
  const variances = known.flatMap(({ sd }) => (sd === null ? [] : [sd ** 2]));
  return {
    n: Math.round(mean(known.map(({ n }) => n))),
    mean: mean(known.map(({ mean }) => mean)),
    sd: variances.length === 0 ? null : Math.sqrt(mean(variances)),
  };
}
