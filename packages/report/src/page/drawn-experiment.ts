import type { ExperimentFacts } from '../experiment.ts';
import { certificateFigure } from '../figures/certificate.ts';
import { curveFigure } from '../figures/curve.ts';
import { inlineSvg } from '../figures/draw.ts';
import type { Figure } from '../figures/figure.ts';
import { lambdaFigure } from '../figures/lambda.ts';
import { organsFigure } from '../figures/organs.ts';
import { runsFigure } from '../figures/runs.ts';
import { scansFigure } from '../figures/scans.ts';
import { anatomyMap } from '../maps/anatomy.ts';
import type { SliceMap } from '../maps/map.ts';
import { widthsMap } from '../maps/widths.ts';
import { type PlainSummary, summaryOf } from '../verdict/summary.ts';
import { procedureName } from '../words.ts';
import { type DrawnFigure, drawn } from './drawn-figure.ts';

/** An experiment with its facts, its summary and its figures drawn. */
export interface DrawnExperiment {
  readonly facts: ExperimentFacts;
  readonly summary: PlainSummary;
  readonly figures: readonly DrawnFigure[];
}

/** What of an experiment is drawn. */
export interface Drawing {
  /** Put before the names of its figures, so that no other experiment of the report has them. */
  readonly prefix?: string;
  /**
   * `results`: what its runs measured; of many runs how they spread instead of each. `all`: the cohort's risk curve, the anchor and the
   * example scan, too.
   */
  readonly parts?: 'all' | 'results';
}

/** More runs than this are drawn as spreads where an experiment is one of several. */
const MOST_RUNS = 40;

/** Draws the figures of an experiment. */
export async function drawExperiment(
  facts: ExperimentFacts,
  { prefix = '', parts = 'all' }: Drawing = {},
): Promise<DrawnExperiment> {
  const { followed, units } = facts;
  const { example } = facts.experiment;
  const [first] = followed.records;
  const whose = `${procedureName(followed.procedure)}, run ${first.run}`;
  const figures: (Figure | null)[] = [
    runsFigure(facts, parts === 'results' && facts.runs > MOST_RUNS ? 'spread' : 'each'),
    scansFigure(facts),
    organsFigure(facts),
    lambdaFigure(facts),
    ...(parts === 'all' ? [curveFigure(facts), certificateFigure(first.anchor, units, whose)] : []),
  ];
  const maps: (SliceMap | null)[] =
    example === null || parts === 'results' ? [] : [anatomyMap(facts, example), widthsMap(facts, example)];
  const drawings: DrawnFigure[] = [];
  for (const one of figures)
    if (one !== null) drawings.push(await drawn({ ...one, id: `${prefix}${one.id}` }));
  for (const map of maps) {
    if (map === null) continue;
    const id = `${prefix}${map.id}`;
    drawings.push({ ...map, id, inline: inlineSvg(map.svg, id) });
  }
  return { facts, summary: summaryOf(facts), figures: drawings };
}
