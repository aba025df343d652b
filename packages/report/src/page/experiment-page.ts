import { promisesOrgans } from '@semcrc/core';
import { type ExperimentFacts, factsOf, type ReportedExperiment } from '../experiment.ts';
import { lengthScale } from '../figures/axes.ts';
import { pageFont } from '../figures/font.ts';
import { tolerancesFigure } from '../figures/tolerances.ts';
import { pairedDifference } from '../statistics/paired.ts';
import { csv } from '../tables/csv.ts';
import { tableOne, tableOneData, tableOneLatex, tableOneMarkdown } from '../tables/table-one.ts';
import { verdictsOf } from '../verdict/experiment.ts';
import type { Flag } from '../verdict/flags.ts';
import type { PlainSummary } from '../verdict/summary.ts';
import { inHu, percent, plainPercent, procedureName, shortened } from '../words.ts';
import { page } from './document.ts';
import { type DrawnExperiment, drawExperiment } from './drawn-experiment.ts';
import { type DrawnFigure, drawn } from './drawn-figure.ts';
import { figure } from './figure.ts';
import { Html, html, name, type Part } from './html.ts';
import { drawOthers, nearestToTenth, otherExperiments } from './other-experiments.ts';
import {
  againstTolerance,
  flagList,
  folded,
  measuredFact,
  optionText,
  pairedTable,
  paperSection,
  plainList,
  section,
  tableOneSection,
  verdictSection,
  verdictsTable,
  versionsText,
} from './sections.ts';
import { table } from './table.ts';

/** A file of a report: its name, and its text. */
export interface ReportFile {
  readonly name: string;
  readonly content: string;
}

/** A report as files. */
export interface Report {
  /** The page, self-contained. */
  readonly page: string;
  /** Table 1 as Markdown, CSV and LaTeX. */
  readonly tables: readonly ReportFile[];
  /** Every figure and map as a standalone SVG. */
  readonly figures: readonly ReportFile[];
}

/** The most that a page of several experiments takes, in bytes; one experiment takes what it takes. */
const MOST_BYTES = 5.8e6;

/**
 * The report of one or several experiments. Of several, the one with the tolerance nearest to 0.1 (the first of equals) comes
 * first; the others follow with their verdicts and figures.
 *
 * @param versions of the programs that write it
 */
export async function experimentReport(
  experiments: readonly ReportedExperiment[],
  versions: Readonly<Record<string, string>>,
): Promise<Report> {
  const all = experiments.map(factsOf);
  const shown = nearestToTenth(all);
  const own = await drawExperiment(shown);
  const others = await drawOthers(all, shown);
  const across = tolerancesFigure(all);
  const acrossDrawn = across && (await drawn(across));
  const rows = tableOne(all);
  const page = (rest: Html | null) => writtenPage(own, all, { across: acrossDrawn, rest }, versions);
  const alone = others.length === 0 ? page(null) : page(Html.nothing);
  const room = MOST_BYTES - alone.length;
  return {
    page: others.length === 0 ? alone : page(otherExperiments(others, shown, room)),
    tables: [
      { name: 'table.md', content: tableOneMarkdown(rows) },
      { name: 'table.csv', content: csv(tableOneData(rows)) },
      { name: 'table.tex', content: tableOneLatex(rows) },
    ],
    figures: [
      ...(acrossDrawn ? [acrossDrawn] : []),
      ...own.figures,
      ...others.flatMap(({ figures }) => figures),
    ].map(({ id, svg }) => ({ name: `${id}.svg`, content: svg })),
  };
}

function writtenPage(
  { facts, summary, figures }: DrawnExperiment,
  all: readonly ExperimentFacts[],
  { across, rest }: { readonly across: DrawnFigure | null; readonly rest: Html | null },
  versions: Readonly<Record<string, string>>,
): string {
  const { sizes, runs, source, task, procedures, units } = facts;
  const some = (ids: readonly string[]) =>
    figures.filter(({ id }) => ids.includes(id)).map((one) => figure(one));
  const [maps, certificate] = [some(['anatomy', 'widths']), some(['certificate'])];
  const sections: [id: string, title: string, content: Part][] = [
    ['flags', 'What not to overlook', flagList([...otherVerdicts(all, facts), ...summary.flags])],
    [
      'table',
      'Risk and interval width',
      html`${tableOneSection(tableOne(all))}${folded('The paper’s own Table 1 (other data)', paperSection())}`,
    ],
    ...(across ? [['tolerance', 'Tolerances', figure(across)] as [string, string, Part]] : []),
    ['figures', 'Figures', some(['runs', 'scans', 'organs', 'lambda', 'risk-curve'])],
    ...(maps.length > 0 ? [['maps', 'Maps', maps] as [string, string, Part]] : []),
    ['comparison', 'Procedures compared', comparison(facts)],
    ['promise', 'What is promised, and what is not', promise(facts)],
    ['details', 'Details', details(facts, certificate, versions)],
    ...(rest === null ? [] : [['experiments', 'The other experiments', rest] as [string, string, Part]]),
  ];
  const title = `Conformal risk control: ${shortened(shortSource(source), 70)}${task === null ? '' : `, ${task}`}`;
  return page(
    {
      title,
      lead: html`${procedures.map(({ procedure }) => procedureName(procedure)).join(', ')} at ε = ${facts.epsilon}; ${runs} splits
        with ${sizes.opt} scans to optimize, ${sizes.cal} to calibrate and ${sizes.test} held out${
          all.length > 1
            ? `; the first of ${all.length} experiments, the others in the tables and at the end`
            : ''
        }.`,
      contents: [['verdict', 'Verdict'], ...sections.map(([id, heading]) => [id, heading] as const)],
      body: [
        verdictSection(
          summary.verdict,
          keyFacts(facts, summary),
          summary.advice.length > 0 &&
            html`<h3>What to do next</h3><ul>${summary.advice.map((line) => html`<li>${line}</li>`)}</ul>`,
          verdictsTable(
            summary.verdicts,
            procedures.map(({ length }) => length?.mean ?? null),
            units,
          ),
        ),
        ...sections.map(([id, heading, content]) => section(id, heading, content)),
      ],
      foot: html`Written by ${Object.entries(versions)
        .map(([program, version]) => `${program} ${version}`)
        .join(', ')}. This page holds everything it shows and asks nothing of any network.`,
    },
    pageFont(),
  );
}

/** Promises that were not kept in the other experiments. */
function otherVerdicts(all: readonly ExperimentFacts[], shown: ExperimentFacts): Flag[] {
  return all
    .filter((facts) => facts !== shown)
    .flatMap((facts) =>
      verdictsOf(facts)
        .filter(({ judgement }) => judgement === 'broken')
        .map(({ procedure, measured, conclusion }) => ({
          weight: 'red' as const,
          title: `${procedureName(procedure)} at ε = ${facts.epsilon}${facts.source === shown.source ? '' : `, ${facts.source}`}`,
          text: `${measured} ${conclusion}`,
        })),
    );
}

function keyFacts(facts: ExperimentFacts, { risk, length, organs }: PlainSummary): [Part, Part][] {
  const { epsilon, units, followed } = facts;
  const [worst] = organs;
  const widest = organs.reduce((most, organ) => (organ.length > most.length ? organ : most), worst);
  return [
    ['Measured risk of a scan', risk === null ? '–' : measuredFact(percent(risk), againstTolerance(epsilon))],
    [
      'Mean interval width',
      length === null
        ? '–'
        : measuredFact(inHu(length, units), units === null ? '' : `${percent(length)} of the window`),
    ],
    ...(worst === undefined
      ? []
      : ([
          ['Organ with the largest risk', measuredFact(percent(worst.risk), worst.name)],
          ['Organ with the widest intervals', measuredFact(inHu(widest.length, units), widest.name)],
        ] as [Part, Part][])),
    [
      'Calibration scans behind λ̂',
      measuredFact(String(followed.records[0].n), `${procedureName(followed.procedure)}, one split`),
    ],
  ];
}

function comparison(facts: ExperimentFacts): Part {
  const { procedures, experiment, units } = facts;
  const { runs, patients } = experiment.document;
  const [first, ...others] = procedures.map(({ procedure }) => procedure);
  const pairs = others.flatMap((procedure) => pairedDifference(runs, patients, procedure, first) ?? []);
  if (others.length === 0) return html`<p>One procedure only: there is nothing to compare.</p>`;
  if (pairs.length === 0) {
    return html`<p>The losses and lengths of single scans were not recorded, so procedures cannot be compared patient by patient.</p>`;
  }
  return pairedTable(pairs, units);
}

function promise({ experiment, epsilon, bound, delta, procedures }: ExperimentFacts): Part {
  const { config } = experiment.document;
  const share = plainPercent(epsilon);
  const organ = procedures.some(({ procedure }) => promisesOrgans(procedure));
  return html`<ul>
<li>${
    bound === 'crc'
      ? `Promised is a mean: over the draw of the calibration scans and of one new scan, on average at most ${share} of the new scan’s voxels lie outside their intervals.`
      : `Promised with ${plainPercent(1 - (delta ?? 0))} confidence over the draw of the calibration scans (bound ${bound}): on average over new scans, at most ${share} of a scan’s voxels lie outside their intervals.`
  }${config.within === 'body' ? ' Only voxels inside the body count.' : ''}</li>
<li>It is not promised for every single scan, nor for every organ${
    organ
      ? '; organ-CRC and organ-shortest promise the mean of every organ instead, and not that of the scan'
      : ''
  }.</li>
<li>It assumes that new scans and calibration scans are exchangeable (${bound === 'crc' ? 'their order carries no information' : 'independent and identically distributed'}): acquired, predicted,
segmented and prepared in the same way, and that predictor, segmentation model and optimization scans were fixed beforehand.</li>
<li>Intervals are about the true intensity of each voxel within the window. A bound at an edge of the window is open: beyond it nothing is said.</li>
<li>Organs are those of the segmentation of the prediction, right or wrong.</li>
</ul>`;
}

function details(
  facts: ExperimentFacts,
  certificate: readonly Html[],
  versions: Readonly<Record<string, string>>,
): Part {
  const { experiment, units, procedures } = facts;
  const { document, digest } = experiment;
  const anchored = procedures.flatMap(({ procedure, records }) =>
    records.flatMap((record) => (record.anchor ? [{ procedure, record, anchor: record.anchor }] : [])),
  );
  const scale = lengthScale(units);
  return html`${
    anchored.length > 0 &&
    folded(
      'Anchor, γ, ω̂ and gaps of every run',
      html`${table(
        `λ̃ minimizes the length that it adds (${scale.unit}); the gap is that to a proven lower bound`,
        [
          { head: 'procedure', text: true },
          { head: 'run' },
          { head: 'γ' },
          { head: 'added length' },
          { head: 'gap' },
          { head: 'ω̂' },
        ],
        anchored.map(({ procedure, record, anchor }) => [
          procedureName(procedure),
          record.run,
          anchor.method === 'gamma'
            ? `${anchor.gamma.toFixed(3)}${anchor.atRangeEnd ? ' (end of range)' : ''}`
            : 'envelope',
          (anchor.objective * scale.factor).toFixed(2),
          anchor.gap.toExponential(1),
          record.omega === null ? '–' : record.omega.toFixed(5),
        ]),
      )}${certificate}`,
    )
  }${folded(
    'Configuration',
    plainList(Object.entries(document.config).map(([key, value]) => [key, name(optionText(value))])),
  )}${folded(
    'Digests, units and versions',
    plainList([
      ['experiment.json (SHA-256)', digest ?? '–'],
      ['source', optionText(document.config.sourceDigest)],
      [
        'units',
        units === null
          ? 'shares of the data range'
          : `shares of the window ${units.window[0]} to ${units.window[1]} HU; 1 is ${units.huPerUnit} HU`,
      ],
      ['experiment run with', document.versions ? versionsText(document.versions) : 'not recorded'],
      ['report written with', versionsText(versions)],
      ['format', document.schema],
    ]),
  )}`;
}

/** The last two parts of a path, which tell cohorts apart well enough for a title. */
function shortSource(source: string): string {
  return source.split(/[/\\]/).filter(Boolean).slice(-2).join('/');
}
