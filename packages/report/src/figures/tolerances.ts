import type { ExperimentFacts } from '../experiment.ts';
import { records } from '../tables/csv.ts';
import { percent, plainPercent, procedureName } from '../words.ts';
import { lengthScale } from './axes.ts';
import type { Figure } from './figure.ts';
import { procedureColour, procedureShape } from './marks.ts';
import { TONES } from './theme.ts';

/** Risk and length against ε, where experiments differ in nothing else. Null for a single tolerance. */
export function tolerancesFigure(experiments: readonly ExperimentFacts[]): Figure | null {
  const [first] = experiments;
  if (new Set(experiments.map(({ epsilon }) => epsilon)).size < 2) return null;
  const scale = lengthScale(first.units);
  const data = {
    columns: [
      'source',
      'procedure',
      'epsilon',
      'risk',
      'risk_sd',
      'length',
      scale.column,
      `${scale.column}_sd`,
    ],
    rows: experiments.flatMap(({ epsilon, procedures, source }) =>
      procedures.flatMap(({ procedure, risk, length }) =>
        risk && length
          ? [
              [
                source,
                procedureName(procedure),
                epsilon,
                risk.mean,
                risk.sd,
                length.mean,
                length.mean * scale.factor,
                length.sd * scale.factor,
              ],
            ]
          : [],
      ),
    ),
  };
  const procedures = [
    ...new Map(
      experiments.flatMap((one) => one.procedures.map((runs) => [runs.procedure, runs] as const)),
    ).values(),
  ];
  const shown = { procedures };
  const panel = (field: string, title: string, layers: readonly object[]) => ({
    width: 235,
    height: 220,
    layer: [
      ...layers,
      {
        mark: { type: 'line', strokeWidth: 1.5 },
        encoding: {
          x: { field: 'epsilon', type: 'quantitative', title: 'tolerance ε', axis: { tickCount: 5 } },
          y: { field, type: 'quantitative', title },
          color: procedureColour(shown, true),
          detail: { field: 'source', type: 'nominal' },
        },
      },
      {
        mark: { type: 'point', filled: true, size: 40, opacity: 1 },
        encoding: {
          x: { field: 'epsilon', type: 'quantitative' },
          y: { field, type: 'quantitative' },
          color: procedureColour(shown, true),
          shape: procedureShape(shown, true),
        },
      },
    ],
  });
  const most = Math.max(...experiments.map(({ epsilon }) => epsilon));
  return {
    id: 'tolerances',
    title: 'Risk and interval width against the tolerance',
    caption:
      'Means over runs. Left: on or under the dashed line the risk is at most ε. Right: what a smaller risk costs in width.',
    description: experiments
      .map(
        ({ epsilon, followed }) =>
          `ε = ${plainPercent(epsilon)}: ${procedureName(followed.procedure)} ${percent(followed.risk?.mean ?? Number.NaN)}`,
      )
      .join('; '),
    spec: {
      data: { values: records(data) },
      spacing: 30,
      resolve: { scale: { color: 'shared', shape: 'shared' } },
      hconcat: [
        panel('risk', 'risk', [
          {
            data: {
              values: [
                { x: 0, y: 0 },
                { x: most, y: most },
              ],
            },
            mark: { type: 'line', strokeDash: [5, 3], color: TONES.tolerance.light },
            encoding: {
              x: { field: 'x', type: 'quantitative' },
              y: { field: 'y', type: 'quantitative' },
            },
          },
        ]),
        panel(scale.column, scale.title, []),
      ],
    } as Figure['spec'],
    data,
  };
}
