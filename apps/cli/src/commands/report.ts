import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { EXPERIMENT_SCHEMA, parseCalibration, parseEvaluation } from '@semcrc/core';
import { readTextFileSync } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';
import type { ReportedCalibration } from '@semcrc/report';
import { Command, Option } from 'commander';
import type { Invocation } from '../invocation.ts';
import { addOptions, FORCE_FILE, JSON_OUTPUT, QUIET } from '../options.ts';
import {
  cardBeside,
  checksOf,
  claimCard,
  claimReport,
  REPORT_FILE,
  sha256,
  writeCard,
  writeExperimentReport,
} from '../report-files.ts';

interface ReportOptions {
  readonly out?: string;
  readonly force?: boolean;
}

const OUTPUT = [
  new Option('--out <file>', 'where the page is written (default: beside the first source)'),
  FORCE_FILE,
  QUIET,
  JSON_OUTPUT,
];

const EXAMPLES = `
Examples:
  semcrc report results
      the page, Table 1 and the figures of an experiment, from its folder alone
  semcrc report denoising fbp --out both.html
      several experiments, or those of a grid, in one page
  semcrc report calibration.json evaluation.json --out card.html
      the card of a calibration as it was measured, and card.json for programs`;

/** `semcrc report`: experiments → a page, tables and figures; a calibration → its card. */
export function reportCommand({ terminal }: Invocation): Command {
  const command = new Command('report')
    .description('Write a page that people read: of experiments, or of a calibration and its evaluation.')
    .argument(
      '<sources...>',
      "an experiment's folder or experiment.json (several); or calibration.json [evaluation.json]",
    );
  addOptions(command, 'Output:', OUTPUT);
  command.addHelpText('after', EXAMPLES);
  return command.action(async (sources: string[], { out, force = false }: ReportOptions) => {
    const documents = sources.map(documentAt);
    const [first] = documents;
    const claim = { inputs: documents.filter(({ text }) => text !== null).map(({ path }) => path), force };
    const calibration = documents.find(({ kind }) => kind === 'semcrc/calibration');
    if (calibration === undefined) {
      checkExperiments(documents);
      const folder = first.text === null ? first.path : dirname(first.path);
      const page = await claimReport(out ?? join(folder, REPORT_FILE), claim);
      await writeExperimentReport(sources, page, claim);
      terminal.print(`written to ${page}, with table.md, table.csv, table.tex and figures beside it`);
      terminal.printJson({ page });
      return;
    }
    const card = reported(calibration, documents);
    const places = await claimCard(out ?? cardBeside(calibration.path), claim);
    await writeCard(card, places, claim);
    terminal.print(`written to ${places.page} and ${places.twin}`);
    terminal.printJson(places);
  });
}

/** A source on the command line: a folder, or a file and what it says it is. */
interface Source {
  readonly path: string;
  /** Null for a folder. */
  readonly text: string | null;
  /** Its schema without the version; null for a folder. */
  readonly kind: string | null;
}

/** Reports of larger files are of experiments nobody has the memory for. */
const MOST_BYTES = 2 ** 29;

function documentAt(path: string): Source {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return { path, text: null, kind: null };
  const text = readTextFileSync(path, { limit: MOST_BYTES });
  const schema = /"schema"\s*:\s*"([^"@]+)@\d+"/.exec(text.slice(0, 4096))?.[1];
  if (schema !== undefined) return { path, text, kind: schema };
  throw new SemcrcError(
    'bad-input',
    `${path} says nothing of what it is: expected a document with a "schema" of an experiment, a calibration or an evaluation`,
    { data: { file: path } },
  );
}

const EXPERIMENT_KIND = EXPERIMENT_SCHEMA.replace(/@.*/, '');

function checkExperiments(documents: readonly Source[]): void {
  const odd = documents.find(({ kind }) => kind !== null && kind !== EXPERIMENT_KIND);
  if (odd === undefined) return;
  const alone = odd.kind === 'semcrc/evaluation';
  throw new SemcrcError(
    'usage',
    alone
      ? `${odd.path} is an evaluation: name the calibration it measures beside it`
      : `${odd.path} is a ${odd.kind}: a report is made of experiments, or of a calibration and its evaluation`,
    { data: { file: odd.path, ...(odd.kind === null ? {} : { found: odd.kind }) } },
  );
}

function reported(calibration: Source, documents: readonly Source[]): ReportedCalibration {
  const others = documents.filter((one) => one !== calibration);
  const [evaluation] = others;
  if (others.length > 1 || (evaluation && evaluation.kind !== 'semcrc/evaluation')) {
    throw new SemcrcError(
      'usage',
      `a card is made of one calibration and at most one evaluation, found ${documents.map(({ path }) => path).join(', ')}`,
    );
  }
  const document = parseCalibration(calibration.text!, calibration.path);
  const measured = evaluation ? parseEvaluation(evaluation.text!, evaluation.path) : null;
  if (measured && (measured.procedure !== document.procedure || measured.epsilon !== document.epsilon)) {
    throw new SemcrcError(
      'usage',
      `${evaluation.path} measures ${measured.procedure} at ε = ${measured.epsilon}, but ${calibration.path} is ` +
        `${document.procedure} at ε = ${document.epsilon}: name the evaluation of this calibration`,
      { data: { file: evaluation.path } },
    );
  }
  return {
    name: calibration.path,
    document,
    digest: sha256(calibration.text!),
    evaluation: measured && { name: evaluation.path, document: measured, digest: sha256(evaluation.text!) },
    checks: checksOf(calibration.path, document.source.name),
  };
}
