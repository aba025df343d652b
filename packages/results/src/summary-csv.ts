import type { SummaryRow, UnitsRecord } from '@semcrc/core';
import { stringify } from 'csv-stringify/sync';

/**
 * summary.csv: a row per procedure of every experiment, with its values of the grid's axes first. A spreadsheet takes no
 * cell for a formula.
 */
export function summaryCsv(
  experiments: readonly {
    readonly axes: Readonly<Record<string, string>>;
    readonly summary: readonly SummaryRow[];
    readonly units: UnitsRecord | null;
  }[],
): string {
  const rows = experiments.flatMap(({ axes, summary, units }) =>
    summary.map(({ procedure, runs, risk, length }) => ({
      ...axes,
      procedure,
      runs,
      risk_mean: risk?.mean,
      risk_sd: risk?.sd,
      length_mean: length?.mean,
      length_sd: length?.sd,
      length_mean_hu: units && length && length.mean * units.huPerUnit,
      length_sd_hu: units && length && length.sd * units.huPerUnit,
    })),
  );
  return stringify(rows, { header: true, escape_formulas: true });
}
