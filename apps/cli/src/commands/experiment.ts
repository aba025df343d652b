import { join } from 'node:path';
import type { ExperimentDocument } from '@semcrc/core';
import { SemcrcError } from '@semcrc/kernels';
import { factsOf, summaryOf } from '@semcrc/report';
import type { Part } from '@semcrc/results';
import { Command, Option } from 'commander';
import { summaryTable } from '../calibration-text.ts';
import { runCells, runPartOfCells } from '../experiment-cells.ts';
import { type Cell, isExperimentFile, readExperimentFile } from '../experiment-file.ts';
import type { Invocation } from '../invocation.ts';
import {
  addOptions,
  addSettings,
  addSourceOptions,
  JSON_OUTPUT,
  METHOD,
  PART,
  PROCEDURES,
  QUIET,
  RUNS,
  SPLIT,
  WORKERS,
} from '../options.ts';
import { printSummary } from '../plain-summary.ts';
import { REPORT_FILE, writeExperimentReport } from '../report-files.ts';
import type { Settings } from '../settings.ts';
import type { Terminal } from '../terminal.ts';
import { refuseForcedPart } from '../work.ts';

interface ExperimentOptions extends Settings {
  readonly out?: string;
  readonly workers?: number;
  readonly force?: boolean;
  readonly part?: Part;
  readonly report: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

const OUTPUT = [
  new Option('--out <folder>', 'where results are written (default: semcrc-out)'),
  new Option('--force', 'discard finished runs of another experiment in that folder'),
  new Option('--no-report', 'write no report.html, tables and figures'),
  PART,
  WORKERS,
  QUIET,
  JSON_OUTPUT,
];

const EXAMPLES = `
Examples:
  semcrc experiment
      20 splits of the built-in phantom cohort, the paper's four procedures
  semcrc experiment manifest.csv --labels suprem --n-opt 8 --n-cal 28 --n-test 12 --out results
      scans of a manifest; started again after being killed, it goes on where it was
  semcrc experiment grid.yaml --out results
      a config file; every combination of its grid gets a folder
  semcrc experiment grid.yaml --out results --part 3/20
      the third of twenty parts of its runs; once all are done, semcrc merge results`;

/** `semcrc experiment`: procedures × seeded splits → experiment.json, summary.csv. */
export function experimentCommand(invocation: Invocation): Command {
  const { terminal } = invocation;
  const command = new Command('experiment')
    .description('Compare procedures over many seeded splits of a cohort.')
    .argument(
      '[sources...]',
      'manifest (.csv, .json), prepared cohort, directory tree, phantom, profile files, or a config file (.yaml)',
      ['phantom'],
    );
  addSourceOptions(command);
  addSettings(command, 'Split:', { ...RUNS, ...SPLIT });
  addSettings(command, 'Method:', { ...PROCEDURES, ...METHOD });
  addOptions(command, 'Output:', OUTPUT);
  command.addHelpText('after', EXAMPLES);
  return command.action(async ([source, ...more]: string[], options: ExperimentOptions) => {
    const {
      out = 'semcrc-out',
      workers,
      force = false,
      part,
      report,
      json: _,
      quiet: __,
      ...settings
    } = options;
    if (isExperimentFile(source) && more.length > 0) {
      throw new SemcrcError(
        'usage',
        `${source} is a config file, which names its sources itself: leave ${more[0]} out`,
      );
    }
    const cells: Cell[] = isExperimentFile(source)
      ? readExperimentFile(source, settings)
      : [{ folder: '', axes: {}, settings: { ...settings, source }, more }];
    if (part !== undefined) {
      refuseForcedPart(part, force);
      await runPartOfCells(cells, part, { out, workers, force }, invocation);
      terminal.printJson({ path: out, state: 'part', ...part });
      return;
    }
    const { path: written, outcomes } = await runCells(cells, { out, workers, force }, invocation);
    for (const { cell, document, split, background } of outcomes)
      printExperiment(terminal, cell.folder, document, { split, background });
    const page = join(written, REPORT_FILE);
    if (report) await writeExperimentReport([written], page, { inputs: [], force: true });
    terminal.print(`\nwritten to ${written}${report ? `; the report is ${page}` : ''}`);
    terminal.printJson(
      outcomes.map(({ cell, path, config, document }) => ({
        folder: path,
        axes: cell.axes,
        epsilon: config.epsilon,
        runs: config.runs,
        ...(document.units ? { units: document.units } : {}),
        summary: document.summary,
      })),
    );
  });
}

/** Says what an experiment came to. @param folder its own in a grid's; empty where there is no grid @param known beyond its document */
export function printExperiment(
  terminal: Terminal,
  folder: string,
  document: ExperimentDocument,
  { split, background }: { readonly split: string | null; readonly background: number | null },
): void {
  const facts = factsOf({
    ...{ name: folder, document, curve: null, example: null, mended: null, digest: null },
    background,
  });
  if (folder !== '') terminal.print(`\n${folder}`);
  printSummary(terminal, summaryOf(facts), { units: facts.units, background });
  if (split !== null) terminal.print(`${split}\n`);
  terminal.print(summaryTable(document.summary, facts.units));
}
