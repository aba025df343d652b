import type { ExperimentFacts } from '../experiment.ts';
import { procedureName, visible } from '../words.ts';
import { PAPER_TABLE } from './paper.ts';
import type { DataTable } from './table.ts';

/** One procedure on one source at one tolerance; lengths are shares of the window. */
export interface TableOneRow {
  readonly source: string;
  readonly task: string | null;
  readonly procedure: string;
  readonly epsilon: number;
  readonly runs: number;
  readonly n: { readonly opt: number; readonly cal: number; readonly test: number };
  readonly risk: { readonly mean: number; readonly sd: number } | null;
  readonly length: { readonly mean: number; readonly sd: number } | null;
  readonly huPerUnit: number | null;
}

/** Table 1 of the paper for these experiments: a row per source, task, tolerance and procedure. */
export function tableOne(experiments: readonly ExperimentFacts[]): TableOneRow[] {
  return experiments.flatMap(({ source, task, epsilon, sizes, units, procedures }) =>
    procedures.map(({ procedure, records, risk, length }) => ({
      source,
      task,
      procedure,
      epsilon,
      runs: records.length,
      n: sizes,
      risk,
      length,
      huPerUnit: units?.huPerUnit ?? null,
    })),
  );
}

/** Every figure of the table with all its digits: what is downloaded. */
export function tableOneData(rows: readonly TableOneRow[]): DataTable {
  return {
    columns: [
      ...['source', 'task', 'procedure', 'epsilon', 'runs', 'scans_opt', 'scans_cal', 'scans_test'],
      ...['risk_mean', 'risk_sd', 'length_mean', 'length_sd', 'length_mean_hu', 'length_sd_hu'],
    ],
    rows: rows.map(({ source, task, procedure, epsilon, runs, n, risk, length, huPerUnit }) => [
      source,
      task,
      procedure,
      epsilon,
      runs,
      n.opt,
      n.cal,
      n.test,
      risk?.mean ?? null,
      risk?.sd ?? null,
      length?.mean ?? null,
      length?.sd ?? null,
      length && huPerUnit !== null ? length.mean * huPerUnit : null,
      length && huPerUnit !== null ? length.sd * huPerUnit : null,
    ]),
  };
}

/** `0.097 ± 0.006`, as the paper prints risks. */
export const riskText = (risk: TableOneRow['risk']): string =>
  risk === null ? '–' : `${risk.mean.toFixed(3)} ± ${risk.sd.toFixed(3)}`;

/** `8.72 ± 0.18`: a length ×10⁻², as the paper prints it. */
export const lengthText = (length: TableOneRow['length']): string =>
  length === null ? '–' : `${(100 * length.mean).toFixed(2)} ± ${(100 * length.sd).toFixed(2)}`;

/** `37.1 ± 0.8`: a length in HU. */
export const lengthHuText = ({ length, huPerUnit }: TableOneRow): string =>
  length === null || huPerUnit === null
    ? '–'
    : `${(huPerUnit * length.mean).toFixed(1)} ± ${(huPerUnit * length.sd).toFixed(1)}`;

/** `8 + 20`: scans to optimize and to calibrate, and those held out. */
export const sizesText = ({ n }: TableOneRow): string => `${n.opt} + ${n.cal} / ${n.test}`;

const HEAD = [
  'Source',
  'Task',
  'Procedure',
  'ε',
  'Scans opt + cal / test',
  'Runs',
  'Risk',
  'Length ×10⁻²',
  'Length (HU)',
];

/** The table as Markdown. */
export function tableOneMarkdown(rows: readonly TableOneRow[]): string {
  const cells = rows.map((row) => [
    markdownText(row.source),
    markdownText(row.task ?? '–'),
    procedureName(row.procedure),
    String(row.epsilon),
    sizesText(row),
    String(row.runs),
    riskText(row.risk),
    lengthText(row.length),
    lengthHuText(row),
  ]);
  const line = (texts: readonly string[]) => `| ${texts.join(' | ')} |`;
  const rule = `|${HEAD.map((_, column) => (column < 3 ? '---' : '---:')).join('|')}|`;
  return [
    line(HEAD),
    rule,
    ...cells.map(line),
    '',
    'Risk and length are mean ± standard deviation over runs; length is the mean interval width, as a share of the window ×10⁻² and in HU.',
    '',
  ].join('\n');
}

/** Text that Markdown prints as it is. */
function markdownText(text: string): string {
  return visible(text)
    .replace(/[\\`*_{}[\]()#!|~]/g, (character) => `\\${character}`)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

/** The table as LaTeX (package booktabs), the paper's own beside it. */
export function tableOneLatex(rows: readonly TableOneRow[]): string {
  const body = groupedRows(rows).map(
    ([source, task, epsilon, own]) =>
      `${own
        .map((row, at) =>
          [
            at === 0 ? latexText(source) : '',
            at === 0 ? latexText(task ?? '--') : '',
            at === 0 ? `$${epsilon}$` : '',
            latexText(procedureName(row.procedure)),
            latexFigure(riskText(row.risk)),
            latexFigure(lengthText(row.length)),
            latexFigure(lengthHuText(row)),
            `$${row.n.opt} + ${row.n.cal}$ / $${row.n.test}$`,
            String(row.runs),
          ].join(' & '),
        )
        .join(' \\\\\n')} \\\\`,
  );
  const paper = PAPER_TABLE.map(
    ({ dataset, task, procedure, risk, length }) =>
      `% ${dataset}, ${task}: ${procedureName(procedure)} risk ${risk[0].toFixed(3)} +- ${risk[1].toFixed(3)}, ` +
      `length ${length[0].toFixed(2)} +- ${length[1].toFixed(2)}`,
  );
  return [
    '% Needs \\usepackage{booktabs}.',
    '\\begin{tabular}{lllrrrrrr}',
    '\\toprule',
    'Source & Task & $\\epsilon$ & Procedure & Risk & Length ($\\times 10^{-2}$) & Length (HU) & Scans & Runs \\\\',
    '\\midrule',
    body.join('\n\\midrule\n'),
    '\\bottomrule',
    '\\end{tabular}',
    '% Mean and standard deviation over runs; scans: optimization + calibration / test.',
    '% For orientation, Table 1 of Teneggi, Stayman and Sulam (2025), on other data (epsilon = 0.10, 20 runs):',
    ...paper,
    '',
  ].join('\n');
}

function groupedRows(rows: readonly TableOneRow[]): [string, string | null, number, TableOneRow[]][] {
  const groups: [string, string | null, number, TableOneRow[]][] = [];
  for (const row of rows) {
    const last = groups.at(-1);
    const same = last && last[0] === row.source && last[1] === row.task && last[2] === row.epsilon;
    if (same) last[3].push(row);
    else groups.push([row.source, row.task, row.epsilon, [row]]);
  }
  return groups;
}

const latexFigure = (text: string): string => (text === '–' ? '--' : `$${text.replace('±', '\\pm')}$`);

const LATEX: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '<': '\\textless{}',
  '>': '\\textgreater{}',
  '⟨': '\\textless{}',
  '⟩': '\\textgreater{}',
};

/** Text that LaTeX prints as it is. */
function latexText(text: string): string {
  return visible(text).replace(/[\\{}$&#%_~^<>⟨⟩]/g, (character) => LATEX[character] ?? `\\${character}`);
}
