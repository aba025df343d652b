import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { isProfileFile, type MergedProfiles, mergeProfiles } from '@semcrc/cohort/node';
import { checkOutput } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';
import {
  hasParts,
  mergeExperiments,
  mergeParts,
  openResults,
  outputOf,
  type Whole,
  whileLocked,
} from '@semcrc/results';
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
  readonly out?: string;
  readonly force?: boolean;
  readonly report: boolean;
}

const OUTPUT = [
  new Option('--out <file>', 'of profile files: where the merged one is written'),
  new Option('--force', 'with --out: replace a file in that place, whatever it is; never one that is merged'),
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
      before it: which parts are done, running or missing
  semcrc merge north.profiles south.profiles --out both.profiles
      profile files of parts or of sites as one; calibrate takes several as they are, too`;

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
  async profile(out, { of }, _, { terminal }) {
    const places = Array.from({ length: of }, (_, at) =>
      join(`${resolve(out)}.parts`, `part-${at + 1}.profiles`),
    );
    const merged = await mergeProfiles(places.filter(existsSync), resolve(out));
    terminal.print(facts(profileFacts(merged)));
    return merged;
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
    .argument(
      '<outputs...>',
      'what the parts were written to with --out, or the folder of its parts; or profile files',
    );
  addOptions(command, 'Output:', OUTPUT);
  command.addHelpText('after', EXAMPLES);
  return command.action(async (paths: string[], options: MergeOptions) => {
    const [path, other] = paths;
    const { report } = options;
    if (other !== undefined || options.out !== undefined) {
      if (isProfileFile(path)) return mergeFiles(paths, options, terminal);
      throw new SemcrcError(
        'usage',
        `${path} is no profile file: parts are merged where they were written, one output at a time, without \`out\``,
        { data: { options: ['out'], file: path } },
      );
    }
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

/** Profile files → one of them all. */
async function mergeFiles(
  paths: readonly string[],
  { out, force = false }: MergeOptions,
  terminal: Terminal,
): Promise<void> {
  if (out === undefined) {
    throw new SemcrcError('usage', 'name the file that profiles are merged into with `out`', {
      data: { options: ['out'] },
    });
  }
  const place = resolve(out);
  checkOutput(place, { inputs: paths, ...(force ? {} : { mayReplace: isProfileFile }) });
  const note = (message: string) => terminal.note(`note: ${message}`);
  const lock = { name: out, lockFile: `${place}.lock` };
  const merged = await whileLocked([lock], note, () => mergeProfiles(paths, place));
  terminal.print(facts(profileFacts(merged)));
  terminal.print(`\nmerged into ${place}`);
  terminal.printJson({ state: 'merged', result: merged, path: out });
}

/** Sources that are named at the most: a merge of hundreds of sites fits a screen. */
const MOST_NAMED = 8;

/** What was merged, sources first that lack scans. */
function profileFacts({ scans, sources }: MergedProfiles): [string, string][] {
  const lacking = ({ held, scans: all }: MergedProfiles['sources'][number]) => held < all;
  const ordered = [...sources.filter(lacking), ...sources.filter((source) => !lacking(source))];
  const named = ordered.slice(0, MOST_NAMED).map((source) => {
    const { name, held, scans: all } = source;
    return lacking(source) ? `${name}: ${held} of ${all} scans; a calibration needs the others, too` : name;
  });
  const more = sources.length - named.length;
  return [
    ['profiles', `${scans} scans`],
    ...[...named, ...(more > 0 ? [`${more} more`] : [])].map((text): [string, string] => ['of', text]),
  ];
}

/** Whether an output is one that a command finished: merged before, or written by one process. */
function isWhole(out: string): boolean {
  const has = (name: string) => existsSync(join(out, name));
  if (has('manifest.csv')) return has('simulation.json') || has('prediction.json');
  if (has('zarr.json') || isProfileFile(out)) return true;
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
