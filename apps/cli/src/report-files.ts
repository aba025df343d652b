import { createHash } from 'node:crypto';
import { lstatSync, readSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import {
  checkOutput,
  type OutputRules,
  replacesKind,
  withRegularFileSync,
  writeFileAtomic,
} from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';
import type { ReportedCalibration } from '@semcrc/report';
import { openOutputFolder, openResults, proveWritable } from '@semcrc/results';
import { VERSION } from './version.ts';

/** Name of an experiment's report in its folder. */
export const REPORT_FILE = 'report.html';
const FIGURES_FOLDER = 'figures';
const TABLE_FILE = 'table.csv';
const VERSIONS = { semcrc: VERSION };

/** Where a report may be written, and what must not be lost to it. */
export interface ReportClaim {
  readonly inputs: readonly string[];
  readonly force: boolean;
}

/**
 * Checks that a report may be written to a path, before any work is done.
 *
 * @returns the path, absolute
 * @throws SemcrcError `usage` for an input, a link, or a file that is no report; `bad-input` for a place that takes no file
 */
export async function claimReport(path: string, claim: ReportClaim): Promise<string> {
  const place = resolve(path);
  checkOutput(place, rulesOf(claim));
  await proveWritable(place);
  return place;
}

const rulesOf = ({ inputs, force }: ReportClaim): OutputRules => ({
  inputs,
  ...(force ? {} : { mayReplace: (path) => startsWith(path, PAGE_MARK) }),
});

/** What a page of ours, and Table 1 as CSV, begin with. */
const PAGE_MARK = '<meta name="generator" content="semcrc">';
const TABLE_MARK = 'source,task,procedure,epsilon,runs,';

/** Whether the first bytes of a file hold a text; false where no regular file stands. */
function startsWith(path: string, text: string): boolean {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isFile()) return false;
  return withRegularFileSync(path, (file) => {
    const head = Buffer.alloc(1024);
    readSync(file, head, 0, head.length, 0);
    return head.includes(text);
  });
}

/** Writes the report of experiments: the page, and beside it Table 1 and, in a folder, every figure as SVG and PNG. */
export async function writeExperimentReport(
  sources: readonly string[],
  place: string,
  claim: ReportClaim,
): Promise<void> {
  const { experimentReport, png, reportedExperiments } = await import('@semcrc/report/pages');
  const read = await Promise.all(sources.map((source) => reportedExperiments(openResults(source))));
  const { page, tables, figures } = await experimentReport(read.flat(), VERSIONS);
  const folder = dirname(place);
  const pictures = join(folder, FIGURES_FOLDER);
  const rules = besideRules(place, claim);
  const files: readonly (readonly [path: string, content: () => string | Uint8Array])[] = [
    ...tables.map(({ name, content }) => [join(folder, name), () => content] as const),
    ...figures.flatMap(({ name, content }) => [
      [join(pictures, name), () => content] as const,
      [join(pictures, name.replace(/svg$/, 'png')), () => png(content)] as const,
    ]),
  ];
  checkFolder(pictures);
  for (const [path] of files) checkOutput(path, rules);
  await openOutputFolder(pictures);
  for (const [path, content] of files) await writeFileAtomic(path, content(), rules);
  await writeFileAtomic(place, page, rulesOf(claim));
}

/** What stands beside a page: tables and figures, which give way where the page, or the table as CSV, is one of ours. */
function besideRules(place: string, { inputs, force }: ReportClaim): OutputRules {
  const table = join(dirname(place), TABLE_FILE);
  const ours = force || startsWith(place, PAGE_MARK) || startsWith(table, TABLE_MARK);
  return { inputs, mayReplace: () => ours };
}

/** @throws SemcrcError `usage` for a link: what it leads to is the user's */
function checkFolder(path: string): void {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) return;
  throw new SemcrcError('usage', `cannot write into ${path}: it is a link; choose another \`out\``, {
    data: { file: path, options: ['out'] },
  });
}

/** Where a card and its twin for programs are written: `calibration-card.html` and `calibration-card.json`. */
export interface CardPlaces {
  readonly page: string;
  readonly twin: string;
}

/** The places of a card beside a document: `calibration.json` gives `calibration-card.html`. */
export const cardBeside = (document: string): string => `${document.replace(/\.json$/i, '')}-card.html`;

/**
 * Checks that a card may be written to a path and its twin beside it, before any work is done.
 *
 * @throws SemcrcError as {@link claimReport}
 */
export async function claimCard(path: string, claim: ReportClaim): Promise<CardPlaces> {
  const page = await claimReport(path, claim);
  const twin = join(dirname(page), `${basename(page).replace(/\.html?$/i, '')}.json`);
  checkOutput(twin, twinRules(claim));
  return { page, twin };
}

const twinRules = ({ inputs, force }: ReportClaim): OutputRules => ({
  inputs,
  ...(force ? {} : { mayReplace: replacesKind('semcrc/card') }),
});

/** Writes the card of a calibration, and its twin for programs. */
export async function writeCard(
  calibration: ReportedCalibration,
  { page: place, twin }: CardPlaces,
  claim: ReportClaim,
): Promise<void> {
  const { calibrationReport } = await import('@semcrc/report/pages');
  const { page, card } = await calibrationReport(calibration, VERSIONS);
  await writeFileAtomic(twin, `${JSON.stringify(card, null, 2)}\n`, twinRules(claim));
  await writeFileAtomic(place, page, rulesOf(claim));
}

/** Commands that check a calibration again. */
export function checksOf(file: string, source: string): string[] {
  return [`sha256sum ${quoted(file)}`, `semcrc evaluate ${quoted(file)} ${quoted(source)} --held-out`];
}

const quoted = (text: string): string =>
  /^[A-Za-z0-9_./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
