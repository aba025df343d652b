import { resolve } from 'node:path';
import {
  type CohortCheck,
  checkCohort,
  paperSlicesOf,
  readManifest,
  type StoreSummary,
  scanLayout,
} from '@semcrc/cohort/node';
import { resolveLabelling } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';
import { hasParts, type Part } from '@semcrc/results';
import { runPreparation } from '@semcrc/runner/node';
import { Command, Option } from 'commander';
import { flagsIn } from '../error-report.ts';
import type { Invocation } from '../invocation.ts';
import { addOptions, addSourceOptions, JSON_OUTPUT, PART, QUIET, WORKERS } from '../options.ts';
import { SETTING_NAMES, type Settings } from '../settings.ts';
import { chooseSource, filesHandleOf } from '../source.ts';
import { facts, table, wrapped } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { noteMended, noteScans, PREPARATIONS, workInto } from '../work.ts';

interface PrepareOptions extends Settings {
  readonly out?: string;
  readonly check?: boolean;
  readonly fast?: boolean;
  readonly force?: boolean;
  readonly part?: Part;
  readonly workers?: number;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

const OUTPUT = [
  new Option('--out <folder>', 'where the cohort is written, a Zarr group (default: cohort.zarr)'),
  new Option(
    '--check',
    'only look through every file: what is wrong, which scans would be left out, and what would let them pass',
  ),
  new Option('--fast', 'with --check: headers and sizes only, no voxels'),
  new Option('--force', 'replace a cohort of other files or options in that place'),
  PART,
  WORKERS,
  QUIET,
  JSON_OUTPUT,
];

const EXAMPLES = `
Examples:
  semcrc prepare manifest.csv --labels suprem --check
      headers, shapes, affines and labels of every file, before hours are spent
  semcrc prepare manifest.csv --labels suprem --spacing 1.5,1.5,3 --out cohort.zarr
      as in the paper; started again after being killed, it goes on where it was
  semcrc prepare trees --layout semantic-uq --dataset TotalSegmentator --labels totalsegmentator
  semcrc prepare manifest.csv --labels suprem --out cohort.zarr --part 3/20
      the third of twenty parts; once all are done, semcrc merge cohort.zarr
  semcrc calibrate cohort.zarr`;

/** `semcrc prepare`: scan files → a prepared cohort that every command opens at once. */
export function prepareCommand(invocation: Invocation): Command {
  const { terminal } = invocation;
  const command = new Command('prepare')
    .description(
      'Prepare the scans of a manifest or a directory tree into a cohort that every command opens.',
    )
    .argument('<source>', 'manifest (.csv, .json), or directory tree');
  addSourceOptions(command, 'paper');
  addOptions(command, 'Output:', OUTPUT);
  command.addHelpText('after', EXAMPLES);
  return command.action(async (source: string, options: PrepareOptions) => {
    const {
      out = 'cohort.zarr',
      check = false,
      fast = false,
      force = false,
      workers,
      part,
      ...rest
    } = options;
    const { json: _, quiet: __, ...settings } = rest;
    const handle = filesHandleOf(chooseSource({ ...settings, source }, 'paper'));
    if (fast && !check) throw new SemcrcError('usage', '--fast goes with --check');
    if (check) return checkFiles(handle, fast ? 'headers' : 'voxels', invocation);

    const how = { executors: PREPARATIONS, workers, force, part, units: 'scans' };
    const summary = await workInto(out, how, invocation, (work) => runPreparation(handle, out, work));
    if (part !== undefined && hasParts(out)) {
      terminal.printJson({ path: out, state: 'part', ...part });
      return;
    }
    if (summary === null) {
      terminal.print(`${resolve(out)} holds this cohort already, from the same files and options`);
      terminal.printJson({ path: out, state: 'unchanged' });
      return;
    }
    printPrepared(terminal, summary);
    terminal.print(`\nwritten to ${resolve(out)}`);
    terminal.printJson({ state: 'written', ...summary });
  });
}

/** Says what a prepared cohort holds, and which scans were left out. */
export function printPrepared(terminal: Terminal, { mended, kept, leftOut, shape }: StoreSummary): void {
  noteMended(terminal, mended);
  terminal.print(
    facts([
      ['cohort', `${kept.length} scans of ${shape.join(' × ')} (slices × height × width)`],
      ['left out', leftOut.length === 0 ? 'none' : String(leftOut.length)],
    ]),
  );
  if (leftOut.length > 0) {
    terminal.print(
      `\n${table(
        ['scan', 'left out because'],
        leftOut.map(({ scan, reason }) => [scan, reason]),
      )}`,
    );
  }
}

/** @throws SemcrcError `bad-input` when there are problems, after listing them */
async function checkFiles(
  handle: ReturnType<typeof filesHandleOf>,
  depth: 'headers' | 'voxels',
  { terminal, signal }: Invocation,
): Promise<void> {
  const { labels, extraLabels } = handle.options;
  const labelling = await resolveLabelling(labels, extraLabels);
  const list =
    handle.kind === 'manifest' ? await readManifest(handle.path) : scanLayout(handle.path, handle.options);
  for (const warning of list.warnings) terminal.note(`note: ${warning}`);
  const progress = terminal.progress('scans', list.scans.length);
  const { window, ...reading } = handle.options;
  const slices = paperSlicesOf(handle.options);
  const found = await checkCohort(list.scans, labelling, {
    ...(window ? { window } : {}),
    predictionUnits: reading.predictionUnits ?? 'window',
    truthUnits: reading.truthUnits ?? 'hu',
    affineTolerance: reading.affineTolerance ?? 0.01,
    depth,
    slices,
    onScan: (done) => {
      signal.throwIfAborted();
      progress.update(done);
    },
  }).finally(() => progress.stop());
  const { scans, files, problems, notes, leftOut, advice } = found;
  noteScans(terminal, notes);
  const passing = [
    ...(leftOut.length === 0
      ? []
      : [
          table(
            ['scan', 'would be left out because'],
            leftOut.map(({ scan, reason }) => [scan, reason]),
          ),
        ]),
    ...(advice === null ? [] : [wrapped(`${flagsIn(advice.sentence, SETTING_NAMES)}`)]),
  ].join('\n\n');
  if (problems.length === 0) {
    terminal.print(`${scans} scans, ${files} files: nothing is wrong with them`);
    if (passing !== '') terminal.print(`\n${passing}`);
    if (leftOut.length === scans) throw nothingKept(list.name, found);
    terminal.printJson(found);
    return;
  }
  terminal.print(
    table(
      ['scan', 'file', 'problem'],
      problems.map(({ scan, file, problem }) => [scan, file, flagsIn(problem, SETTING_NAMES)]),
    ),
  );
  if (passing !== '') terminal.print(`\n${passing}`);
  const affected = new Set(problems.map(({ scan }) => scan)).size;
  throw new SemcrcError(
    'bad-input',
    `${problems.length === 1 ? '1 problem' : `${problems.length} problems`} in ${affected} of ${scans} scans of ${list.name}`,
    { data: { scans, files, problems: problems.map(({ file, problem }) => `${file}: ${problem}`) } },
  );
}

/** The error of a cohort of which preparing would keep nothing. */
function nothingKept(name: string, { scans, leftOut, advice }: CohortCheck): SemcrcError {
  const why = `${leftOut[0].scan} because ${leftOut[0].reason}`;
  return new SemcrcError(
    'bad-input',
    `no scan of ${name} would be kept: all ${scans} are left out, ${why}${advice === null ? '' : `; ${advice.sentence}`}`,
    { data: { leftOut: scans, options: advice === null ? [] : Object.keys(advice.settings) } },
  );
}
