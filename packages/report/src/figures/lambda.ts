import type { RunRecord } from '@semcrc/core';
import { type ExperimentFacts, hasOrganLambda, lambdasOfOrgan, type ProcedureRuns } from '../experiment.ts';
import { mean } from '../statistics/moments.ts';
import { records } from '../tables/csv.ts';
import { listed, organName, procedureName, shortened } from '../words.ts';
import { lengthScale } from './axes.ts';
import type { Figure } from './figure.ts';
import { procedureColour, procedureOrder, procedureShape } from './marks.ts';

type Side = 'both' | 'below' | 'above';

/** λ̂ of one organ on one side over runs and strata; infinite values are left out and counted. */
interface OrganLambda {
  readonly id: string;
  readonly side: Side;
  readonly mean: number;
  readonly least: number;
  readonly most: number;
  readonly infinite: number;
}

/** λ̂ of every organ by side: its mean over runs and an organ's voxels, and the range that runs and strata span. */
export function organLambdas({ records }: ProcedureRuns, ids: readonly string[]): OrganLambda[] {
  return ids.flatMap((id) => {
    const bySide = sidesOf(records.flatMap(({ lambda }) => lambdasOfOrgan(lambda, id)));
    const means = sidesOf(
      records.flatMap(({ lambda, meanLambda }) =>
        meanLambda && Object.hasOwn(meanLambda, id) ? [meanLambda[id]] : lambdasOfOrgan(lambda, id),
      ),
    );
    return [...bySide].flatMap(([side, values]) => {
      const finite = values.filter(Number.isFinite);
      const infinite = values.length - finite.length;
      if (finite.length === 0) return [];
      const known = means.get(side)?.filter(Number.isFinite) ?? [];
      const own = mean(known.length > 0 ? known : finite);
      return [{ id, side, mean: own, least: Math.min(...finite), most: Math.max(...finite), infinite }];
    });
  });
}

/** Values of λ by the side they are of. */
function sidesOf(values: readonly RunRecord['lambda'][string][]): Map<Side, number[]> {
  const bySide = new Map<Side, number[]>();
  const add = (side: Side, value: number) => {
    const own = bySide.get(side);
    if (own) own.push(value);
    else bySide.set(side, [value]);
  };
  for (const value of values) {
    if (typeof value === 'object') {
      add('below', Number(value.below));
      add('above', Number(value.above));
    } else add('both', Number(value));
  }
  return bySide;
}

/** λ̂ by organ in HU: below to the left and above to the right where they differ. Null where no procedure has any. */
export function lambdaFigure(facts: ExperimentFacts): Figure | null {
  const { units, experiment } = facts;
  const { labels } = experiment.document;
  const procedures = facts.procedures.filter(hasOrganLambda);
  if (procedures.length === 0) return null;
  const ids = Object.keys(labels).sort((a, b) => Number(a) - Number(b));
  const scale = lengthScale(units);
  const found = procedures.map((runs) => ({ runs, lambdas: organLambdas(runs, ids) }));
  const followed = found.find(({ runs }) => runs.procedure === facts.followed.procedure) ?? found[0];
  const order = [...followed.lambdas].sort((a, b) => b.mean - a.mean).map(({ id }) => organName(labels, id));
  const unit = scale.unit === 'HU' ? 'hu' : 'percent';
  const data = {
    columns: ['procedure', 'organ', 'side', `lambda_${unit}`, `least_${unit}`, `most_${unit}`, 'infinite'],
    rows: found.flatMap(({ runs, lambdas }) =>
      lambdas.map(({ id, side, mean, least, most, infinite }) => [
        procedureName(runs.procedure),
        organName(labels, id),
        side,
        mean * scale.factor,
        least * scale.factor,
        most * scale.factor,
        infinite,
      ]),
    ),
  };
  const values = records(data).map((row) => {
    const sign = row.side === 'below' ? -1 : 1;
    return {
      procedure: row.procedure,
      row: shortened(String(row.organ), 24),
      at: sign * Number(row[`lambda_${unit}`]),
      from: sign * Number(row[`least_${unit}`]),
      to: sign * Number(row[`most_${unit}`]),
    };
  });
  const twoSided = found.some(({ lambdas }) => lambdas.some(({ side }) => side !== 'both'));
  const shown = { procedures };
  const y = {
    field: 'row',
    type: 'nominal',
    sort: [...new Set(order)].map((name) => shortened(name, 24)),
    title: null,
    axis: { ticks: false, domain: false, grid: true },
  } as const;
  const yOffset = { field: 'procedure', type: 'nominal', sort: procedureOrder(shown) } as const;
  const title = twoSided
    ? `λ̂ below (left) and above (right), ${scale.unit}`
    : `λ̂, added at both ends (${scale.unit})`;
  return {
    id: 'lambda',
    title: 'What calibration adds to the intervals, by organ',
    caption: captionOf(
      facts,
      found.map(({ runs }) => runs),
      twoSided,
    ),
    description: `λ̂ of ${procedureName(followed.runs.procedure)}: ${followed.lambdas
      .map(
        ({ id, side, mean }) =>
          `${organName(labels, id)}${side === 'both' ? '' : ` ${side}`} ${(mean * scale.factor).toFixed(1)} ${scale.unit}`,
      )
      .join(', ')}`,
    spec: {
      data: { values },
      width: 430,
      height: { step: Math.max(10, 24 / procedures.length), for: 'offset' },
      layer: [
        {
          mark: { type: 'rule', strokeWidth: 1.5 },
          encoding: {
            x: {
              field: 'from',
              type: 'quantitative',
              title,
              axis: { tickCount: 7, ...(twoSided ? { labelExpr: 'abs(datum.value)' } : {}) },
            },
            x2: { field: 'to' },
            y,
            yOffset,
            color: procedureColour(shown, true),
          },
        },
        {
          mark: { type: 'point', filled: true, size: 55, opacity: 1 },
          encoding: {
            x: { field: 'at', type: 'quantitative' },
            y,
            yOffset,
            color: procedureColour(shown, true),
            shape: procedureShape(shown, true),
          },
        },
      ],
    } as Figure['spec'],
    data,
  };
}

function captionOf({ runs }: ExperimentFacts, shown: readonly ProcedureRuns[], twoSided: boolean): string {
  const strata = shown.some(({ records }) =>
    records.some(({ lambda }) => Object.keys(lambda).some((key) => key.includes('/'))),
  );
  const over = listed([...(runs > 1 ? ['runs'] : []), ...(strata ? ['an organ’s voxels'] : [])]);
  const among = strata ? 'the range over its strata' : 'their range';
  return (
    `By how much calibration widens the predictor’s own interval (λ̂)${twoSided ? ', at its lower and upper end' : ', at each end'}. ` +
    `${over === '' ? '' : `Marks are means over ${over}, lines ${among}. `}` +
    'A large λ̂ says that the predictor is surer of an organ than it should be.'
  );
}
