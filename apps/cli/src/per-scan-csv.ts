import { readFileSync } from 'node:fs';
import type { Labels, ScanEvaluation, UnitsRecord } from '@semcrc/core';
import { stringify } from 'csv-stringify/sync';

const FIRST_COLUMNS = ['scan', 'patient', 'risk', 'length'];

/** Whether a file begins as a table of scans does: only such a one gives way to another. */
export function isPerScanCsv(path: string): boolean {
  return readFileSync(path, 'utf8').startsWith(FIRST_COLUMNS.join(','));
}

/**
 * A row per scan: its loss and mean length, and those of every organ that it contains. A spreadsheet takes no cell for a
 * formula.
 *
 * @param units lengths are in HU, too, where they are known
 */
export function perScanCsv(
  evaluations: readonly ScanEvaluation[],
  labels: Labels,
  units: UnitsRecord | null,
): string {
  const ids = Object.keys(labels).sort((a, b) => Number(a) - Number(b));
  const measures = (part: { readonly risk: number; readonly length: number } | undefined) => [
    part?.risk,
    part?.length,
    ...(units ? [part && part.length * units.huPerUnit] : []),
  ];
  const names = ['risk', 'length', ...(units ? ['length_hu'] : [])];
  const rows = evaluations.map(({ scan, patient, organs, ...whole }) => [
    scan,
    patient,
    ...measures(whole),
    ...ids.flatMap((id) => measures(organs[id])),
  ]);
  const columns = [
    'scan',
    'patient',
    ...names,
    ...ids.flatMap((id) => names.map((name) => `${name}_${labels[id]}`)),
  ];
  return stringify([columns, ...rows], { escape_formulas: true });
}
