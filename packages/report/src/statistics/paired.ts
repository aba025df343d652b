import type { RunRecord } from '@semcrc/core';
import { mean, populationSd, sampleSd } from './moments.ts';

/** How much longer one procedure's intervals are than another's on the same patients; shares of the window. */
export interface PairedDifference {
  readonly procedure: string;
  readonly against: string;
  readonly patients: number;
  readonly runs: number;
  /** Mean over patients of the length difference, each patient's averaged over the runs that test it. */
  readonly difference: number;
  /** 1.96 · sd/√patients; null for fewer than two patients. */
  readonly half: number | null;
  /** sd over runs / √runs of the run means: what more splits of the same scans would narrow, and no more than that. */
  readonly monteCarloError: number;
}

/**
 * Compares lengths patient by patient. Runs of one experiment test the same patients again and again, so they are no
 * independent sample of new patients: an interval from their spread would cover far less often than it says.
 *
 * @returns null where the records hold no scans, or share no run
 */
export function pairedDifference(
  records: readonly RunRecord[],
  patients: Readonly<Record<string, string>> | undefined,
  procedure: string,
  against: string,
): PairedDifference | null {
  const byRun = (name: string) =>
    new Map(records.filter((record) => record.procedure === name).map((record) => [record.run, record]));
  const others = byRun(against);
  const ofPatient = new Map<string, number[]>();
  const ofRun: number[] = [];
  for (const [run, record] of byRun(procedure)) {
    const [own, other] = [record.test, others.get(run)?.test];
    if (!own?.perScan || !other?.perScan) continue;
    const inRun = new Map<string, number[]>();
    record.split.test.forEach((scan, at) => {
      const patient = patients && Object.hasOwn(patients, scan) ? patients[scan] : scan;
      push(inRun, patient, own.perScan!.length[at] - other.perScan!.length[at]);
    });
    for (const [patient, differences] of inRun) push(ofPatient, patient, mean(differences));
    ofRun.push(own.length - other.length);
  }
  if (ofPatient.size === 0) return null;
  const differences = [...ofPatient.values()].map(mean);
  const sd = sampleSd(differences);
  return {
    procedure,
    against,
    patients: differences.length,
    runs: ofRun.length,
    difference: mean(differences),
    half: sd === null ? null : (1.96 * sd) / Math.sqrt(differences.length),
    monteCarloError: populationSd(ofRun)! / Math.sqrt(ofRun.length),
  };
}

function push(lists: Map<string, number[]>, key: string, value: number): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}
