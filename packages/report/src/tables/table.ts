/** A cell: text, a number, or nothing. */
export type Cell = string | number | null;

/** Data of a table or behind a figure, to be shown, written or downloaded. */
export interface DataTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}
