import type { UnitsRecord } from '@semcrc/core';
import type { PairedDifference } from '../statistics/paired.ts';
import { PAPER_TABLE } from '../tables/paper.ts';
import {
  lengthHuText,
  lengthText,
  riskText,
  sizesText,
  type TableOneRow,
  tableOneData,
} from '../tables/table-one.ts';
import type { Flag } from '../verdict/flags.ts';
import { JUDGEMENT_WORDS } from '../verdict/summary.ts';
import type { Verdict } from '../verdict/verdict.ts';
import { inHu, plainPercent, procedureName, visible } from '../words.ts';
import { downloads } from './figure.ts';
import { type Html, html, name, type Part } from './html.ts';
import { table } from './table.ts';

/** A section with its heading. */
export function section(id: string, heading: Part, ...content: readonly Part[]): Html {
  return html`<section id="${id}"><h2>${heading}</h2>${content}</section>`;
}

/** What only some readers want, folded. */
export function folded(summary: Part, content: Part): Html {
  return html`<details><summary>${summary}</summary><div>${content}</div></details>`;
}

/** The verdict as the first thing a reader sees. */
export function verdictSection(
  verdict: Verdict,
  facts: readonly (readonly [term: Part, value: Part])[],
  ...more: readonly Part[]
): Html {
  return html`<section id="verdict" class="verdict ${verdict.judgement}"><h2 class="state">${
    JUDGEMENT_WORDS[verdict.judgement]
  }</h2><p class="headline">${procedureName(verdict.procedure)}. ${verdict.promised} ${verdict.measured} ${
    verdict.conclusion
  }</p><dl class="facts">${facts.map(
    ([term, value]) => html`<div><dt>${term}</dt><dd>${value}</dd></div>`,
  )}</dl>${more}</section>`;
}

/** A measured number, large, with what it is held against. */
export const measuredFact = (value: string, beside: Part): Html => html`<b>${value}</b> ${beside}`;

/** Every procedure's promise and measurement. */
export function verdictsTable(
  verdicts: readonly Verdict[],
  lengths: readonly (number | null)[],
  units: UnitsRecord | null,
  about = 'Every procedure’s promise, and what was measured',
): Html {
  return table(
    about,
    [
      { head: 'procedure', text: true },
      { head: 'verdict', text: true },
      { head: 'measured', text: true },
      { head: 'mean width' },
    ],
    verdicts.map((verdict, at) => {
      const length = lengths[at];
      return [
        procedureName(verdict.procedure),
        JUDGEMENT_WORDS[verdict.judgement],
        verdict.measured.replace(/^Measured on [^:]*: /, '').replace(/\.$/, ''),
        length === null ? '–' : inHu(length, units),
      ];
    }),
  );
}

/** What a reader must not overlook. */
export function flagList(flags: readonly Flag[]): Html {
  if (flags.length === 0) return html`<p>Nothing stands out.</p>`;
  const tone = { red: 'broken', amber: 'chance', note: 'none' } as const;
  const order = { red: 0, amber: 1, note: 2 } as const;
  return html`<ul class="marks">${[...flags]
    .sort((a, b) => order[a.weight] - order[b.weight])
    .map(({ weight, title, text }) => html`<li class="${tone[weight]}"><b>${title}.</b> ${text}</li>`)}</ul>`;
}

/** Table 1 of these experiments: a table for every source and task, all of it to download. */
export function tableOneSection(rows: readonly TableOneRow[]): Html {
  const pairs = new Map<string, TableOneRow[]>();
  for (const row of rows) {
    const pair = row.task === null ? row.source : `${row.source}, ${row.task}`;
    pairs.set(pair, [...(pairs.get(pair) ?? []), row]);
  }
  const tables = [...pairs].map(
    ([pair, own]) =>
      html`${pairs.size > 1 && html`<h3>${name(pair)}</h3>`}${tableOneOf(own, pairs.size > 1 ? pair : null)}`,
  );
  return html`${tables}<p class="files">Table${downloads('table', tableOneData(rows))}</p>`;
}

/** @param pair what tells it from the other tables of the page */
function tableOneOf(rows: readonly TableOneRow[], pair: string | null): Html {
  return table(
    `${pair === null ? '' : `${visible(pair)}: `}mean ± standard deviation over runs. Length is the mean interval width: as a share of the window ×10⁻², and in HU. Scans: to optimize + to calibrate / held out.`.replace(
      /^m/,
      'M',
    ),
    [
      { head: 'procedure', text: true },
      { head: 'ε' },
      { head: 'risk' },
      { head: 'length ×10⁻²' },
      { head: 'length, HU' },
      { head: 'scans' },
      { head: 'runs' },
    ],
    rows.map((row) => [
      procedureName(row.procedure),
      row.epsilon,
      riskText(row.risk),
      lengthText(row.length),
      lengthHuText(row),
      sizesText(row),
      row.runs,
    ]),
  );
}

/** Table 1 of the paper, marked as other data. */
export function paperSection(): Html {
  const cell = (at: (typeof PAPER_TABLE)[number], value: 'risk' | 'length', digits: number) =>
    `${at[value][0].toFixed(digits)} ± ${at[value][1].toFixed(digits)}`;
  return table(
    'Other data, for orientation: Table 1 of Teneggi, Stayman and Sulam (2025); ε = 0.10, 32 + 480 scans / 128, 20 runs',
    [
      { head: 'procedure', text: true },
      { head: 'data', text: true },
      { head: 'task', text: true },
      { head: 'risk' },
      { head: 'length ×10⁻²' },
    ],
    PAPER_TABLE.map((row) => [
      procedureName(row.procedure),
      row.dataset,
      row.task,
      cell(row, 'risk', 3),
      cell(row, 'length', 2),
    ]),
  );
}

/** Lengths compared patient by patient. */
export function pairedTable(pairs: readonly PairedDifference[], units: UnitsRecord | null): Html {
  const factor = units?.huPerUnit ?? 100;
  const unit = units === null ? '% of the range' : 'HU';
  const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value * factor).toFixed(2)}`;
  return html`${table(
    'Mean difference of interval width, patient by patient: each patient’s averaged over the runs that test it',
    [
      { head: 'procedures', text: true },
      { head: `difference (${unit})` },
      { head: '95% interval over patients' },
      { head: 'patients' },
      { head: 'Monte-Carlo error' },
    ],
    pairs.map(({ procedure, against, difference, half, patients, monteCarloError }) => [
      `${procedureName(procedure)} − ${procedureName(against)}`,
      signed(difference),
      half === null ? '–' : `${signed(difference - half)} to ${signed(difference + half)}`,
      patients,
      (monteCarloError * factor).toFixed(2),
    ]),
  )}<p>The interval is mean ± 1.96·sd/√patients. The runs are splits of the same scans: sd/√runs is their Monte-Carlo error, which
says how well the mean over splits of this pool is known. Taken for a 95% interval for new patients it would cover in 68% to 93% of cases only.</p>`;
}

/** Names and values. */
export function plainList(pairs: readonly (readonly [name: Part, value: Part])[]): Html {
  return html`<dl class="plain">${pairs.map(([term, value]) => html`<dt>${term}</dt><dd>${value}</dd>`)}</dl>`;
}

/** An option's value as text. */
export function optionText(value: unknown): string {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'string') return visible(value);
  if (Array.isArray(value)) return value.length === 0 ? '–' : value.map(optionText).join(', ');
  return JSON.stringify(value);
}

/** Risk held against its tolerance. */
export const againstTolerance = (epsilon: number): string => `promised: at most ${plainPercent(epsilon)}`;

/** Programs with their versions. */
export const versionsText = (versions: Readonly<Record<string, string>>): string =>
  Object.entries(versions)
    .map(([program, version]) => `${program} ${version}`)
    .join(', ');
