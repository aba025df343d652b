import { type Labels, type RunRecord, type RunResult, recordedLambda } from '@semcrc/core';
import { followedProcedure, procedureName } from '@semcrc/report';

/** The scan that stands for an experiment, and why. */
export interface ChosenScan {
  readonly scan: string;
  readonly rule: string;
}

/** Of the scans held out of a run, the one with the median loss under the procedure followed; the lower of two medians. */
export function medianScan(records: readonly RunRecord[]): ChosenScan | null {
  const followed = followedProcedure(records);
  const losses = followed?.test?.perScan?.risk;
  if (!followed || !losses || losses.length === 0) return null;
  const order = losses.map((_, at) => at).sort((a, b) => losses[a] - losses[b]);
  const scan = followed.split.test[order[Math.floor((order.length - 1) / 2)]];
  return {
    scan,
    rule: `Of the ${losses.length} scans held out of the first split it has the median loss under ${procedureName(followed.procedure)}.`,
  };
}

/** Calibrated λ of every procedure in a run. */
export function calibratedIn({ records, positions }: RunResult, labels: Labels) {
  return Object.fromEntries(
    records.map((record) => [record.procedure, recordedLambda(record, labels, positions)]),
  );
}
