import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { SemcrcError } from '@semcrc/kernels';
import { hasParts, mergeExperiments, mergeParts, openResults, outputOf, type Whole } from '@semcrc/results';
import { mergePrediction, mergePreparation, mergeSimulation } from '@semcrc/runner/node';
import { Command, Option } from 'commander';
import type { Invocation } from '../invocation.ts';
import { addOptions, JSON_OUTPUT, QUIET } from '../options.ts';
import { REPORT_FILE, writeExperimentReport } from '../report-files.ts';
import { facts } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { printExperiment } from './experiment.ts';
import { predictionFacts } from './predict.ts';
import { printPrepared } from './prepare.ts';
import { simulationFacts } from './simulate.ts';

interface MergeOptions {
  readonly report: boolean;
}

const OUTPUT = [
  new Option('--no-report', 'of an experiment: write no report.html, tables and figures'),
  QUIET,
  JSON_OUTPUT,
];

const EXAMPLES = `
Examples:
  semcrc prepare manifest.csv --labels suprem --out cohort.zarr --part 1/2
  semcrc prepare manifest.csv --labels suprem --out cohort.zarr --part 2/2
  semcrc merge cohort.zarr
      what one process would have written, to the byte (timings apart); a part that is missing is named
  semcrc status cohort.zarr
      before it: which parts are done, running or missing`;

/** What a merge makes of the parts of one command, and says about it; the result is printed as JSON. */
type Merge = (
  out: string,
  whole: Whole,
  outcomes: readonly unknown[],
  context: { readonly terminal: Terminal; readonly report: boolean },
) => Promise<unknown>;

const MERGES: Readonly<Record<string, Merge>> = {
  async prepare(out, { digest }, _, { terminal }) {
    const summary = await mergePreparation(out, digest);
    if (summary !== null) printPrepared(terminal, summary);
    return summary ?? { path: out, state: 'unchanged' };
  },
  async simulate(out, whole, outcomes, { terminal }) {
    const summary = await mergeSimulation(out, whole, outcomes);
    terminal.print(facts(simulationFacts(summary)));
    return summary;
  },
  async predict(out, whole, outcomes, { terminal }) {
    const summary = await mergePrediction(out, whole, outcomes);
    terminal.print(facts(predictionFacts(summary)));
    return summary;
  },
  async experiment(out, whole, _, { terminal, report }) {
    const merged = await mergeExperiments(out, whole, (message) => terminal.note(`note: ${message}`));
    const isGrid = merged.some(({ path }) => path !== resolve(out));
    for (const { path, document } of merged)
      printExperiment(terminal, isGrid ? basename(path) : '', document, {
        split: null,
        background: openResults(path).experiments[0].riskCurve()?.background ?? null,
      });
    const page = join(resolve(out), REPORT_FILE);
    if (report) {
      await writeExperimentReport([resolve(out)], page, { inputs: [], force: true });
      terminal.print(`\nthe report is ${page}`);
    }
    return merged.map(({ path, document }) => ({ folder: path, summary: document.summary }));
  },
};

/** `semcrc merge`: parts → the whole. */
export function mergeCommand({ terminal, signal }: Invocation): Command {
  const command = new Command('merge')
    .description('Make a whole of its parts: what one process would have written.')
    .argument('<output>', 'what the parts were written to with --out, or the folder of its parts');
  addOptions(command, 'Output:', OUTPUT);
  command.addHelpText('after', EXAMPLES);
  return command.action(async (path: string, { report }: MergeOptions) => {
    const out = outputOf(path);
    const note = (message: string) => terminal.note(`note: ${message}`);
    if (!hasParts(out) && isWhole(out)) {
      terminal.print(`${resolve(out)} is whole: no parts of it are left to be merged`);
      terminal.printJson({ state: 'unchanged', path: out });
      return;
    }
    const result = await mergeParts(out, { note, signal }, async (whole, records) => {
      const merge = Object.hasOwn(MERGES, whole.command) ? MERGES[whole.command] : undefined;
      if (merge === undefined) throw unknown(out, whole.command);
      return merge(
        out,
        whole,
        records.map(({ outcome }) => outcome),
        { terminal, report },
      );
    });
    terminal.print(`\nmerged into ${resolve(out)}`);
    terminal.printJson({ state: 'merged', path: out, result });
  });
}

/** Whether an output is one that a command finished: merged before, or written by one process. */
function isWhole(out: string): boolean {
  const has = (name: string) => existsSync(join(out, name));
  if (has('manifest.csv')) return has('simulation.json') || has('prediction.json');
  if (has('zarr.json')) return true;
  const results = has('experiment.json') || has('grid.json');
  return results && openResults(out).experiments.every(({ finished }) => finished);
}

function unknown(out: string, command: string): SemcrcError {
  return new SemcrcError(
    'bad-input',
    `${out} has parts of ${command}; this semcrc merges those of ${Object.keys(MERGES).join(', ')}`,
    { data: { file: out, command } },
  );
}
