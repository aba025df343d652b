import type { ExperimentFacts } from '../experiment.ts';
import { listed, plainPercent, procedureName, shortened } from '../words.ts';
import { type DrawnExperiment, drawExperiment } from './drawn-experiment.ts';
import { figure } from './figure.ts';
import { type Html, html, name, type Part } from './html.ts';
import { flagList, folded, verdictsTable } from './sections.ts';

/** An experiment of a report beside the one that its first screen is about. */
export interface OtherExperiment extends DrawnExperiment {
  /** Its place among the report's experiments, from 1: its figures' files begin with it. */
  readonly number: number;
  /** Whether it is the one of its source and task that is shown in full. */
  readonly leads: boolean;
}

/** Which experiments of a source and task are one another's: they differ in tolerance alone, or in what a grid varies. */
export const pairOf = ({ source, task }: ExperimentFacts): string => JSON.stringify([source, task]);

/** The experiment whose tolerance is nearest to 0.1, the first of equals. */
export function nearestToTenth(experiments: readonly ExperimentFacts[]): ExperimentFacts {
  const distance = ({ epsilon }: ExperimentFacts) => Math.abs(epsilon - 0.1);
  return experiments.reduce((best, facts) => (distance(facts) < distance(best) - 1e-12 ? facts : best));
}

/** Draws the experiments beside the one shown first: of every other source and task one in full, of the rest what was measured. */
export async function drawOthers(
  all: readonly ExperimentFacts[],
  shown: ExperimentFacts,
): Promise<OtherExperiment[]> {
  const others: OtherExperiment[] = [];
  for (const [at, facts] of all.entries()) {
    if (facts === shown) continue;
    const family = all.filter((one) => pairOf(one) === pairOf(facts));
    const leads = !family.includes(shown) && nearestToTenth(family) === facts;
    const drawing = await drawExperiment(facts, {
      prefix: `e${at + 1}-`,
      parts: leads ? 'all' : 'results',
    });
    others.push({ ...drawing, number: at + 1, leads });
  }
  return others;
}

/**
 * The other experiments, each folded: its verdicts, what not to overlook, its figures. Those that would make the page too long are
 * named, with the files of their figures; those nearest to the tolerance shown first come first.
 *
 * @param bytes that they may take
 */
export function otherExperiments(
  others: readonly OtherExperiment[],
  shown: ExperimentFacts,
  bytes: number,
): Html {
  const far = ({ facts, leads }: OtherExperiment) => (leads ? -1 : Math.abs(facts.epsilon - shown.epsilon));
  let left = bytes;
  const fitting = new Map<OtherExperiment, Html>();
  for (const other of [...others].sort((a, b) => far(a) - far(b))) {
    const written = otherExperiment(other);
    left -= written.markup.length;
    if (left < 0) break;
    fitting.set(other, written);
  }
  const beyond = others.filter((other) => !fitting.has(other));
  return html`<p>Each with what it promised and measured, and its figures; all of them stand in the table above.</p>${others.flatMap(
    (other) => fitting.get(other) ?? [],
  )}${
    beyond.length > 0 &&
    html`<p>The page would be too long with the figures of ${listed(
      beyond.map(({ facts, number }) => `ε = ${facts.epsilon} (e${number})`),
    )}: they stand in files beside it, in the folder figures, under names that begin as given in brackets.</p>`
  }`;
}

function otherExperiment({ facts, summary, figures, number, leads }: OtherExperiment): Html {
  const { epsilon, source, task, procedures, units, sizes, runs } = facts;
  const content: Part[] = [
    html`<p>${summary.verdict.measured} ${summary.verdict.conclusion} ${runs} splits with ${sizes.opt} scans to optimize, ${
      sizes.cal
    } to calibrate and ${sizes.test} held out.</p>`,
    verdictsTable(
      summary.verdicts,
      procedures.map(({ length }) => length?.mean ?? null),
      units,
      `Every procedure’s promise at ${plainPercent(epsilon)} (experiment ${number}), and what was measured`,
    ),
    ...(summary.flags.length > 0 ? [flagList(summary.flags)] : []),
    // Regions of a page are told apart by their names.
    figures.map((one) =>
      figure({ ...one, title: `${one.title} (experiment ${number})` }, leads ? 'all' : 'csv'),
    ),
  ];
  const followed = procedureName(summary.verdict.procedure);
  return html`<div id="e${number}">${folded(
    html`ε = ${epsilon}: ${name(shortened(task === null ? source : `${source}, ${task}`, 80))} (${followed} followed)`,
    content,
  )}</div>`;
}
