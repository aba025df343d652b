import type { TopLevelSpec } from 'vega-lite';
import type { DataTable } from '../tables/table.ts';

/** A figure as data: what is drawn, what it shows in words, and every number behind it. */
export interface Figure {
  /** Name of its files; unique in a report. */
  readonly id: string;
  readonly title: string;
  /** What a reader should see in it. */
  readonly caption: string;
  /** The figure in words, for whoever does not see it. */
  readonly description: string;
  readonly spec: TopLevelSpec;
  readonly data: DataTable;
}
