import type { ExperimentFacts, ProcedureRuns } from '../experiment.ts';
import { quantile } from '../statistics/moments.ts';
import { records } from '../tables/csv.ts';
import type { DataTable } from '../tables/table.ts';
import { percent, plainPercent, procedureName } from '../words.ts';
import type { Figure } from './figure.ts';
import { procedureColour, procedureOrder } from './marks.ts';
import { TONES } from './theme.ts';

const BINS = 48;

/** How the losses of single test scans spread, all runs together. */
export interface LossSpread {
  readonly procedure: string;
  readonly scans: number;
  readonly median: number;
  readonly p90: number;
  readonly largest: number;
  /** Share of test scans whose own loss exceeds ε. */
  readonly above: number;
}

/** Spread of single scans' losses by procedure; procedures whose scans were not recorded are left out. */
export function lossSpreads({ procedures, epsilon }: ExperimentFacts): LossSpread[] {
  return procedures.flatMap((runs) => {
    const losses = scanLosses(runs);
    if (losses.length === 0) return [];
    return [
      {
        procedure: runs.procedure,
        scans: losses.length,
        median: quantile(losses, 0.5),
        p90: quantile(losses, 0.9),
        largest: losses[losses.length - 1],
        above: losses.filter((loss) => loss > epsilon).length / losses.length,
      },
    ];
  });
}

/** Losses of single test scans over all runs, ascending. */
function scanLosses({ records }: ProcedureRuns): number[] {
  const losses = Float64Array.from(records.flatMap(({ test }) => test?.perScan?.risk ?? []));
  return [...losses.sort()];
}

/** A row of bars per procedure: how single scans' losses spread about the mean that is promised. Null without scans. */
export function scansFigure(facts: ExperimentFacts): Figure | null {
  const { epsilon, procedures, runs } = facts;
  const spreads = lossSpreads(facts);
  if (spreads.length === 0) return null;
  const known = procedures.filter(({ procedure }) => spreads.some((one) => one.procedure === procedure));
  const most = Math.max(epsilon * 1.15, ...spreads.map(({ largest }) => largest));
  const step = binWidth(most);
  const data: DataTable = {
    columns: ['procedure', 'loss_from', 'loss_to', 'share_of_scans'],
    rows: known.flatMap((own) => histogram(procedureName(own.procedure), scanLosses(own), step)),
  };
  const marks = spreads.map(({ procedure, median, p90, above }) => ({
    procedure: procedureName(procedure),
    median,
    p90,
    text: `median ${percent(median)} · 90% below ${percent(p90)} · above ε: ${percent(above)} of scans`,
  }));
  const row = {
    field: 'procedure',
    type: 'nominal',
    sort: procedureOrder({ procedures: known }),
    title: null,
    header: { labelAngle: 0, labelAlign: 'left', labelAnchor: 'middle', labelFontSize: 13, labelPadding: 10 },
  } as const;
  return {
    id: 'scans',
    title: 'Losses of single scans',
    caption:
      `Every held-out scan of ${runs} splits. The promise is about the mean: single scans may lie above ` +
      `${plainPercent(epsilon)} (dashed), and these bars say how many do and by how much.`,
    description: marks.map(({ procedure, text }) => `${procedure}: ${text}`).join('; '),
    spec: {
      data: {
        values: [
          ...records(data).map((one) => ({ ...one, kind: 'bin' })),
          ...marks.map((one) => ({ ...one, kind: 'mark' })),
        ],
      },
      facet: { row },
      spacing: 22,
      spec: {
        width: 460,
        height: 62,
        layer: [
          {
            transform: [{ filter: "datum.kind === 'bin'" }],
            mark: { type: 'rect', fillOpacity: 0.75, stroke: TONES.surface.light, strokeWidth: 0.5 },
            encoding: {
              x: {
                field: 'loss_from',
                type: 'quantitative',
                scale: { domainMin: 0 },
                title: 'share of a scan’s voxels outside their intervals',
                axis: { tickCount: 6, format: '~%' },
              },
              x2: { field: 'loss_to' },
              y2: { datum: 0 },
              y: {
                field: 'share_of_scans',
                type: 'quantitative',
                title: null,
                axis: null,
              },
              color: procedureColour({ procedures: known }),
            },
          },
          {
            transform: [{ filter: "datum.kind === 'mark'" }],
            mark: { type: 'rule', strokeWidth: 2, color: TONES.ink.light },
            encoding: { x: { field: 'median', type: 'quantitative' } },
          },
          {
            transform: [{ filter: "datum.kind === 'mark'" }],
            mark: { type: 'rule', strokeWidth: 1.5, strokeDash: [1.5, 2], color: TONES.ink.light },
            encoding: { x: { field: 'p90', type: 'quantitative' } },
          },
          {
            transform: [{ filter: "datum.kind === 'mark'" }],
            mark: { type: 'rule', strokeDash: [5, 3], strokeWidth: 1.5, color: TONES.tolerance.light },
            encoding: { x: { datum: epsilon } },
          },
          {
            transform: [{ filter: "datum.kind === 'mark'" }],
            mark: { type: 'text', align: 'left', baseline: 'bottom', fontSize: 11, color: TONES.muted.light },
            encoding: { x: { value: 0 }, y: { value: -3 }, text: { field: 'text' } },
          },
        ],
      },
    } as Figure['spec'],
    data,
  };
}

/** A round bin width, with about `BINS` bins up to `most`. */
function binWidth(most: number): number {
  const raw = most / BINS;
  const power = 10 ** Math.floor(Math.log10(raw));
  return power * ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= raw) ?? 10);
}

function histogram(procedure: string, losses: readonly number[], step: number): (string | number)[][] {
  const counts = new Map<number, number>();
  for (const loss of losses) {
    const bin = Math.floor(loss / step);
    counts.set(bin, (counts.get(bin) ?? 0) + 1);
  }
  return [...counts.entries()]
    .sort(([a], [b]) => a - b)
    .map(([bin, count]) => [
      procedure,
      rounded(bin * step),
      rounded((bin + 1) * step),
      count / losses.length,
    ]);
}

const rounded = (edge: number): number => Number(edge.toPrecision(12));
