import type { Procedure } from '../options/procedure-options.ts';
import type { RunRecord } from '../records/run.ts';

/** Mean and population standard deviation over runs; null where no run has a value. */
export interface MeanAndSd {
  readonly mean: number;
  readonly sd: number;
}

export interface SummaryRow {
  readonly procedure: Procedure;
  readonly runs: number;
  readonly risk: MeanAndSd | null;
  readonly length: MeanAndSd | null;
}

/** Per procedure, in order of first appearance, the mean and population sd over runs of test risk and length. */
export function summarize(records: readonly RunRecord[]): SummaryRow[] {
  const procedures = [...new Set(records.map(({ procedure }) => procedure))];
  return procedures.map((procedure) => {
    const own = records.filter((record) => record.procedure === procedure);
    const tests = own.flatMap(({ test }) => (test ? [test] : []));
    return {
      procedure,
      runs: own.length,
      risk: meanAndSd(tests.map((test) => test.risk)),
      length: meanAndSd(tests.map((test) => test.length)),
    };
  });
}

function meanAndSd(values: readonly number[]): MeanAndSd | null {
  if (values.length === 0) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, sd: Math.sqrt(square) };
}
