import { lossesOf } from './losses.ts';
import type { Evaluation, LossAndLength, MeanLossAndLength, ScanEvaluation } from './scan-evaluation.ts';

/**
 * One mean per patient over its scans, patients in order of first appearance: what averages over patients are taken of.
 */
export function patientMeans<Scan extends { readonly patient: string }>(
  scans: readonly Scan[],
  value: (scan: Scan) => number,
): number[] {
  const scansOf = new Map<string, Scan[]>();
  for (const scan of scans) {
    const own = scansOf.get(scan.patient);
    if (own) own.push(scan);
    else scansOf.set(scan.patient, [scan]);
  }
  return [...scansOf.values()].map((own) => own.reduce((sum, scan) => sum + value(scan), 0) / own.length);
}

/** The mean over patients: a patient counts with the mean over its scans. NaN without scans. */
export function meanOverPatients<Scan extends { readonly patient: string }>(
  scans: readonly Scan[],
  value: (scan: Scan) => number,
): number {
  const means = patientMeans(scans, value);
  return means.reduce((sum, mean) => sum + mean, 0) / means.length;
}

/** Risk and length of one organ, scan by scan over those that contain it, by label id ascending. */
export function scansByOrgan(
  scans: readonly ScanEvaluation[],
): [id: string, scans: (LossAndLength & { readonly patient: string })[]][] {
  const byOrgan = new Map<number, (LossAndLength & { readonly patient: string })[]>();
  for (const { patient, organs } of scans) {
    for (const [id, measured] of Object.entries(organs)) {
      const own = byOrgan.get(Number(id));
      if (own) own.push({ patient, ...measured });
      else byOrgan.set(Number(id), [{ patient, ...measured }]);
    }
  }
  return [...byOrgan].sort(([a], [b]) => a - b).map(([id, own]) => [String(id), own]);
}

/**
 * Means over patients with the spread of their losses, for an organ over those with scans that contain it, and what every
 * scan lost. Null where there is nothing to average.
 */
export function averageEvaluations(scans: readonly ScanEvaluation[]): Evaluation | null {
  if (scans.length === 0) return null;
  const means = (own: readonly (LossAndLength & { readonly patient: string })[]): MeanLossAndLength => {
    const { n, mean, sd } = lossesOf(patientMeans(own, ({ risk }) => risk));
    return { risk: mean, length: meanOverPatients(own, ({ length }) => length), units: n, sd };
  };
  const organs = scansByOrgan(scans).map(([id, own]) => [id, { ...means(own), scans: own.length }] as const);
  const perScan = { risk: scans.map(({ risk }) => risk), length: scans.map(({ length }) => length) };
  return { ...means(scans), organs: Object.fromEntries(organs), perScan };
}
