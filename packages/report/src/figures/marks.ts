import type { ExperimentFacts } from '../experiment.ts';
import { procedureName } from '../words.ts';
import { PROCEDURE_MARKS, TONES } from './theme.ts';

/** Procedures by their printed names, in the experiment's order. */
export function procedureOrder({ procedures }: Pick<ExperimentFacts, 'procedures'>): string[] {
  return procedures.map(({ procedure }) => procedureName(procedure));
}

const marksOf = (facts: Pick<ExperimentFacts, 'procedures'>) =>
  facts.procedures.map(({ procedure }) => PROCEDURE_MARKS[procedure]);

/** Colour by procedure; without a legend where rows are labelled. */
export function procedureColour(facts: Pick<ExperimentFacts, 'procedures'>, legend = false) {
  return {
    field: 'procedure',
    type: 'nominal',
    sort: procedureOrder(facts),
    scale: { domain: procedureOrder(facts), range: marksOf(facts).map(({ colour }) => colour) },
    legend: legend ? { title: null } : null,
  } as const;
}

/** Form by procedure, for greyscale. */
export function procedureShape(facts: Pick<ExperimentFacts, 'procedures'>, legend = false) {
  return {
    field: 'procedure',
    type: 'nominal',
    sort: procedureOrder(facts),
    scale: { domain: procedureOrder(facts), range: marksOf(facts).map(({ shape }) => shape) },
    legend: legend ? { title: null } : null,
  } as const;
}

/** The tolerance ε as a dashed line with its name, across a panel. */
export function toleranceRule(epsilon: number, axis: 'x' | 'y') {
  const at = { [axis]: { datum: epsilon } };
  const beside = axis === 'x' ? { y: { value: -8 } } : { x: { value: 'width' } };
  // Without data of its own a layer draws its mark once for every row of the figure's.
  const once = { values: [{}] };
  return [
    {
      data: once,
      mark: { type: 'rule', strokeDash: [5, 3], strokeWidth: 1.5, color: TONES.tolerance.light },
      encoding: at,
    },
    {
      data: once,
      mark: {
        type: 'text',
        color: TONES.tolerance.light,
        baseline: axis === 'x' ? 'bottom' : 'middle',
        align: axis === 'x' ? 'center' : 'left',
        dx: axis === 'x' ? 0 : 5,
      },
      encoding: { ...at, ...beside, text: { value: `ε = ${epsilon}` } },
    },
  ];
}
