import type { DataTable } from '../tables/table.ts';

/** A map of one slice: a standalone SVG with its words, and the numbers in it. */
export interface SliceMap {
  readonly id: string;
  readonly title: string;
  readonly caption: string;
  readonly description: string;
  readonly svg: string;
  readonly data: DataTable | null;
}
