/** The part of a run in experiment.json that tests recompute. */
export interface Run {
  readonly procedure: string;
  readonly run: number;
  readonly split: Readonly<Record<'opt' | 'cal' | 'test', readonly string[]>>;
  readonly anchor: {
    readonly gamma: number;
    readonly lambda: Readonly<Record<string, number>>;
    readonly objective: number;
    readonly lowerBound: number;
    readonly gap: number;
  } | null;
  readonly omega: number | null;
  readonly lambda: Readonly<Record<string, number | 'Infinity'>>;
  readonly organs: Readonly<Record<string, { readonly status: string; readonly nCal: number }>>;
  readonly test: {
    readonly risk: number;
    readonly length: number;
    readonly organs: Readonly<
      Record<string, { readonly risk: number; readonly length: number; readonly scans: number }>
    >;
  };
}
/** The part of experiment.json that tests recompute. */
export interface Experiment {
  readonly schema: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly runs: readonly Run[];
  readonly summary: readonly {
    readonly procedure: string;
    readonly risk: { readonly mean: number; readonly sd: number };
    readonly length: { readonly mean: number; readonly sd: number };
  }[];
}
