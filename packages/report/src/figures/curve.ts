import type { ExperimentFacts } from '../experiment.ts';
import { mean } from '../statistics/moments.ts';
import { records } from '../tables/csv.ts';
import { organName, percent, shortened } from '../words.ts';
import { lengthScale } from './axes.ts';
import type { Figure } from './figure.ts';
import { toleranceRule } from './marks.ts';
import { TONES } from './theme.ts';

/** The risk curve R̂(λ) of one λ for all voxels, whole scans and organs, with ε and CRC's λ̂. Null without a curve. */
export function curveFigure(facts: ExperimentFacts): Figure | null {
  const { epsilon, units, experiment, procedures } = facts;
  const { curve, document } = experiment;
  if (curve === null) return null;
  const scale = lengthScale(units);
  const column = scale.unit === 'HU' ? 'lambda_hu' : 'lambda_percent';
  const last = usefulEnd(curve.risk, epsilon);
  const grid = curve.lambda.slice(0, last + 1);
  const lines = [
    { name: 'whole scan', risk: curve.risk },
    ...Object.entries(curve.organs).map(([id, risk]) => ({ name: organName(document.labels, id), risk })),
  ];
  const data = {
    columns: ['curve', 'lambda', column, 'risk'],
    rows: lines.flatMap(({ name, risk }) =>
      grid.map((lambda, at) => [name, lambda, lambda * scale.factor, risk[at]]),
    ),
  };
  const crc = procedures.find(({ procedure }) => procedure === 'crc');
  const chosen = crc && mean(crc.records.map(({ lambda }) => Number(lambda.all)));
  const middle = Math.floor(grid.length / 3);
  const worst = lines
    .slice(1)
    .reduce((most, line) => (line.risk[middle] > most.risk[middle] ? line : most), lines[1] ?? lines[0]);
  const marks =
    chosen !== undefined && Number.isFinite(chosen)
      ? [
          {
            data: { values: [{}] },
            mark: { type: 'rule', strokeWidth: 1.2, strokeDash: [2, 2], color: TONES.crc.light },
            encoding: { x: { datum: chosen * scale.factor } },
          },
          {
            data: { values: [{}] },
            mark: { type: 'text', align: 'left', baseline: 'top', dx: 5, color: TONES.crc.light },
            encoding: {
              x: { datum: chosen * scale.factor },
              y: { value: 4 },
              text: { value: `λ̂ of CRC: ${(chosen * scale.factor).toFixed(1)} ${scale.unit}` },
            },
          },
        ]
      : [];
  const label = (line: (typeof lines)[number], colour: string) => ({
    data: { values: [{ at: grid[middle] * scale.factor, risk: line.risk[middle] }] },
    mark: { type: 'text', align: 'left', baseline: 'bottom', dx: 6, dy: -3, color: colour },
    encoding: {
      x: { field: 'at', type: 'quantitative' },
      y: { field: 'risk', type: 'quantitative' },
      text: { value: shortened(line.name, 24) },
    },
  });
  return {
    id: 'risk-curve',
    title: 'Risk against λ',
    caption:
      'Share of voxels outside their intervals when one λ widens them all, over all scans: whole scans (bold) and every ' +
      'organ (thin). Where the bold line crosses ε is about where CRC stops.',
    description: `Without calibration (λ = 0) the risk is ${percent(curve.risk[0])}; it falls to ${percent(curve.risk[last])} at λ = ${(grid[last] * scale.factor).toFixed(0)} ${scale.unit}.`,
    spec: {
      data: { values: records(data) },
      width: 470,
      height: 260,
      layer: [
        {
          mark: { type: 'line', strokeWidth: 1, opacity: 0.9, color: TONES.faint.light },
          transform: [{ filter: "datum.curve !== 'whole scan'" }],
          encoding: {
            x: { field: column, type: 'quantitative', title: `λ (${scale.unit})` },
            y: { field: 'risk', type: 'quantitative', title: 'risk', axis: { format: '.0%', tickCount: 6 } },
            detail: { field: 'curve', type: 'nominal' },
          },
        },
        {
          mark: { type: 'line', strokeWidth: 2.8, color: TONES.ink.light },
          transform: [{ filter: "datum.curve === 'whole scan'" }],
          encoding: {
            x: { field: column, type: 'quantitative' },
            y: { field: 'risk', type: 'quantitative' },
          },
        },
        ...(lines.length > 1 ? [label(worst, TONES.muted.light)] : []),
        ...toleranceRule(epsilon, 'y'),
        ...marks,
      ],
    } as Figure['spec'],
    data,
  };
}

/** Index up to which the curve is worth drawing: where it has fallen to a tenth of ε, and at least a third of the grid. */
function usefulEnd(risk: readonly number[], epsilon: number): number {
  const low = risk.findIndex((value) => value < epsilon / 10);
  const end = low === -1 ? risk.length - 1 : low;
  return Math.min(risk.length - 1, Math.max(end, Math.floor(risk.length / 5)));
}
