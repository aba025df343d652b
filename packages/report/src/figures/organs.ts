import { type ExperimentFacts, organsOverRuns } from '../experiment.ts';
import { records } from '../tables/csv.ts';
import { organName, percent, plainPercent, procedureName, shortened } from '../words.ts';
import { lengthScale } from './axes.ts';
import type { Figure } from './figure.ts';
import { procedureColour, procedureOrder, procedureShape, toleranceRule } from './marks.ts';

/** Fig. 3 of the paper: risk and mean length by organ and procedure, organs sorted by risk, ε and the scans behind each. */
export function organsFigure(facts: ExperimentFacts): Figure {
  const { procedures, epsilon, units, followed, experiment } = facts;
  const { labels } = experiment.document;
  const scale = lengthScale(units);
  const followedOrgans = organsOverRuns(followed).sort((a, b) => b.risk.mean - a.risk.mean);
  const nameOf = new Map(
    followedOrgans.map(({ id, scans: [least, most] }) => {
      const n = least === most ? String(least) : `${least}–${most}`;
      return [id, `${shortened(organName(labels, id), 22)}  (${n})`];
    }),
  );
  const rows = procedures.flatMap((runs) =>
    organsOverRuns(runs).map(({ id, risk, length, scans }) => [
      procedureName(runs.procedure),
      organName(labels, id),
      nameOf.get(id) ?? organName(labels, id),
      risk.mean,
      risk.sd,
      length.mean,
      length.sd,
      length.mean * scale.factor,
      length.sd * scale.factor,
      scans[0],
      scans[1],
    ]),
  );
  const data = {
    columns: [
      ...['procedure', 'organ', 'row', 'risk', 'risk_sd', 'length', 'length_sd'],
      ...[scale.column, `${scale.column}_sd`, 'scans_least', 'scans_most'],
    ],
    rows,
  };
  const y = { field: 'row', type: 'nominal', sort: [...nameOf.values()], title: null } as const;
  const yOffset = { field: 'procedure', type: 'nominal', sort: procedureOrder(facts) } as const;
  const step = Math.max(7, 30 / procedures.length);
  const panel = (field: string, sd: string, title: string, axis: boolean) => ({
    width: 215,
    height: { step, for: 'offset' },
    transform: [
      { calculate: `max(datum['${field}'] - datum['${sd}'], 0)`, as: 'low' },
      { calculate: `datum['${field}'] + datum['${sd}']`, as: 'high' },
    ],
    layer: [
      {
        mark: { type: 'rule', strokeWidth: 1.2, opacity: 0.8 },
        encoding: {
          x: { field: 'low', type: 'quantitative', title, axis: { tickCount: 5 } },
          x2: { field: 'high' },
          y: { ...y, axis: { ticks: false, domain: false, labels: axis, grid: true } },
          yOffset,
          color: procedureColour(facts, true),
        },
      },
      {
        mark: { type: 'point', filled: true, size: 48, opacity: 1 },
        encoding: {
          x: { field, type: 'quantitative' },
          y,
          yOffset,
          color: procedureColour(facts, true),
          shape: procedureShape(facts, true),
        },
      },
      ...(field === 'risk' ? toleranceRule(epsilon, 'x') : []),
    ],
  });
  const [worst] = followedOrgans;
  return {
    id: 'organs',
    title: 'Risk and interval width by organ',
    caption:
      `${facts.runs > 1 ? 'Mean over runs ± standard deviation' : 'As measured on held-out scans'}, organs sorted by the risk of ` +
      `${procedureName(followed.procedure)}; in brackets the scans that contain the organ. Only organ-CRC promises a risk for every organ.`,
    description:
      `Organs by risk of ${procedureName(followed.procedure)}, ε = ${plainPercent(epsilon)}: ` +
      followedOrgans.map(({ id, risk }) => `${organName(labels, id)} ${percent(risk.mean)}`).join(', ') +
      (worst ? '.' : ''),
    spec: {
      data: { values: records(data) },
      spacing: 24,
      resolve: { scale: { y: 'shared', color: 'shared', shape: 'shared' } },
      hconcat: [
        panel('risk', 'risk_sd', 'risk, by organ', true),
        panel(scale.column, `${scale.column}_sd`, `mean width (${scale.unit})`, false),
      ],
    } as Figure['spec'],
    data,
  };
}
