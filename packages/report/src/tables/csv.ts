import { stringify } from 'csv-stringify/sync';
import type { Cell, DataTable } from './table.ts';

/** CSV with a header; a text that a spreadsheet would take for a formula gets an apostrophe before it. */
export function csv({ columns, rows }: DataTable): string {
  return stringify(
    rows.map((row) => row.map(harmless)),
    { header: true, columns: [...columns] },
  );
}

function harmless(cell: Cell): Cell {
  return typeof cell === 'string' && /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
}

/** The rows as objects by column name. */
export function records({ columns, rows }: DataTable): Record<string, Cell>[] {
  return rows.map((row) => Object.fromEntries(columns.map((column, at) => [column, row[at] ?? null])));
}
