import type { ExperimentFacts } from '../experiment.ts';
import { records } from '../tables/csv.ts';
import { inHu, percent, plainPercent, procedureName } from '../words.ts';
import { lengthScale } from './axes.ts';
import type { Figure } from './figure.ts';
import { procedureColour, procedureOrder, procedureShape, toleranceRule } from './marks.ts';
import { TONES } from './theme.ts';

/**
 * Risk and length of every run, by procedure, with the means and ε.
 *
 * @param drawn `each`: a mark for every run; `spread`: of many runs how many lie where
 */
export function runsFigure(facts: ExperimentFacts, drawn: 'each' | 'spread' = 'each'): Figure {
  const { procedures, epsilon, units, runs } = facts;
  const scale = lengthScale(units);
  const rows = procedures.flatMap(({ procedure, records }) =>
    records.flatMap(({ run, test }) =>
      test ? [[procedureName(procedure), run, test.risk, test.length, test.length * scale.factor]] : [],
    ),
  );
  const data = { columns: ['procedure', 'run', 'risk', 'length', scale.column], rows };
  const values = records(data).map((row) => ({ ...row, spread: spread(Number(row.run)) }));
  const y = { field: 'procedure', type: 'nominal', sort: procedureOrder(facts), title: null } as const;
  const layer = drawn === 'each' ? marksOf(facts) : stripsOf(facts);
  const panel = (field: string, title: string, axis: boolean) => ({
    width: 250,
    height: { step: 44 },
    layer: [
      layer(field, title, { ...y, axis: { ticks: false, domain: false, labels: axis, labelFontSize: 13 } }),
      {
        mark: { type: 'tick', thickness: 2.5, size: 34, color: TONES.ink.light },
        encoding: { x: { field, aggregate: 'mean', type: 'quantitative' }, y },
      },
      ...(field === 'risk' ? toleranceRule(epsilon, 'x') : []),
    ],
  });
  return {
    id: 'runs',
    title: 'Risk and interval width of every run',
    caption:
      `${drawn === 'each' ? `Each mark is one of ${runs} random splits` : `The darker, the more of ${runs} random splits lie there`}; the upright bar is their mean. Left: share of voxels outside their ` +
      `intervals on held-out scans, promised to be at most ${plainPercent(epsilon)} on average (dashed). Right: mean interval width.`,
    description: procedures
      .map(
        ({ procedure, risk, length }) =>
          `${procedureName(procedure)}: risk ${percent(risk?.mean ?? Number.NaN)}, width ${length ? inHu(length.mean, units) : '–'}`,
      )
      .join('; '),
    spec: {
      data: { values },
      spacing: 28,
      resolve: { scale: { y: 'shared' } },
      hconcat: [panel('risk', 'risk on held-out scans', true), panel(scale.column, scale.title, false)],
    } as Figure['spec'],
    data,
  };
}

/** One layer of a panel: what is drawn along a field of the data. */
type Layer = (field: string, title: string, y: object) => object;

/** A mark for every run. */
function marksOf(facts: ExperimentFacts): Layer {
  return (field, title, y) => ({
    mark: { type: 'point', filled: true, size: 42, opacity: 0.55 },
    encoding: {
      x: { field, type: 'quantitative', title, scale: { zero: false, nice: true }, axis: { tickCount: 5 } },
      y,
      yOffset: { field: 'spread', type: 'quantitative', scale: { domain: [-1, 1], range: [10, 34] } },
      color: procedureColour(facts),
      shape: procedureShape(facts),
    },
  });
}

/** A strip for every procedure, darker where more runs lie. */
function stripsOf(facts: ExperimentFacts): Layer {
  return (field, title, y) => ({
    mark: { type: 'bar', height: 26 },
    encoding: {
      x: {
        field,
        type: 'quantitative',
        bin: { maxbins: 40 },
        title,
        scale: { zero: false },
        axis: { tickCount: 5 },
      },
      y,
      opacity: { aggregate: 'count', legend: null, scale: { range: [0.15, 0.9] } },
      color: procedureColour(facts),
    },
  });
}

/** A place in [−1, 1] for each run, spread evenly: the golden ratio's multiples. */
function spread(run: number): number {
  return 2 * ((run * 0.6180339887498949 + 0.5) % 1) - 1;
}
