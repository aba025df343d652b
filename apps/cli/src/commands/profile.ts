import { resolve } from 'node:path';
import { isProfileFile, openProfileFiles } from '@semcrc/cohort/node';
import { type Cohort, type HeuristicOptions, PAPER_OPTIONS } from '@semcrc/core';
import { checkOutput, type OutputRules } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';
import { hasParts, type Part } from '@semcrc/results';
import { profilesHeader, runProfiling } from '@semcrc/runner/node';
import { Command, Option } from 'commander';
import { Type } from 'typebox';
import type { Invocation } from '../invocation.ts';
import {
  addOptions,
  addSettings,
  addSourceOptions,
  FORCE_FILE,
  HEURISTIC,
  JSON_OUTPUT,
  PART,
  QUIET,
  WORKERS,
} from '../options.ts';
import { checkOutsideOf } from '../output.ts';
import { sha256 } from '../report-files.ts';
import { schemaOption } from '../schema-option.ts';
import type { Settings } from '../settings.ts';
import { chooseSource, handleOf, inputsOf } from '../source.ts';
import { facts } from '../table.ts';
import { VERSION } from '../version.ts';
import { EXPERIMENTS, noteReading, openCohort, workInto } from '../work.ts';

interface ProfileOptions extends Settings {
  readonly out?: string;
  readonly site?: string;
  readonly round?: number;
  readonly reach?: number;
  readonly force?: boolean;
  readonly part?: Part;
  readonly workers?: number;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** What distances to the edge of the range are kept up to where it is not said: an eighth of it. */
const REACH = 0.125;

const KEPT = [
  new Option('--site <name>', 'where the scans come from, if the manifest has no column `site`'),
  schemaOption(
    'round',
    Type.Number({
      exclusiveMinimum: 0,
      maximum: 1,
      description:
        'Round scores up to multiples of this, in shares of the window: the file reveals less, and intervals grow by as much at most.',
    }),
  ),
  schemaOption(
    'reach',
    Type.Number({
      exclusiveMinimum: 0,
      maximum: 0.5,
      description:
        'Lengths are kept exactly up to λ of this size, in shares of the window: a multiple of 1/1024.',
    }),
    { fallback: String(REACH) },
  ),
];

const EXAMPLES = `
Examples:
  semcrc profile manifest.csv --labels suprem --site a --out site-a.profiles
      order statistics of the errors by organ, for a site that must not share voxels
  semcrc profile cohort.zarr --round 0.001 --out site-b.profiles
      the same, coarser: what is calibrated on it is as valid, and a little longer
  semcrc profile manifest.csv --labels suprem --out cohort.profiles --part 3/20
      the third of twenty parts; once all are done, semcrc merge cohort.profiles
  semcrc calibrate site-a.profiles site-b.profiles
      one λ for both sites`;

/** `semcrc profile`: a cohort → a file of profiles, that calibrating needs no voxels with. */
export function profileCommand(invocation: Invocation): Command {
  const { terminal } = invocation;
  const command = new Command('profile')
    .description(
      'Keep what calibrating needs of a cohort in one file, without voxels: sorted errors by organ.',
    )
    .argument('[source]', 'manifest (.csv, .json), prepared cohort, directory tree, or phantom', 'phantom');
  addSourceOptions(command);
  addSettings(command, 'Intervals:', HEURISTIC);
  addOptions(command, 'Kept:', KEPT);
  addOptions(command, 'Output:', [
    new Option('--out <file>', 'where the profiles are written (default: cohort.profiles)'),
    FORCE_FILE,
    PART,
    WORKERS,
    QUIET,
    JSON_OUTPUT,
  ]);
  command.addHelpText('after', EXAMPLES);
  return command.action(async (source: string, options: ProfileOptions) => {
    const { out = 'cohort.profiles', site = null, round = null, reach = REACH, ...more } = options;
    const { force = false, part, workers, json: _, quiet: __, ...settings } = more;
    if (!Number.isInteger(1024 * reach)) {
      throw new SemcrcError('usage', `\`reach\` must be a multiple of 1/1024, found ${reach}`, {
        data: { options: ['reach'], reach },
      });
    }
    const handle = handleOf(chooseSource({ ...settings, source }));
    const { cohort, opening } = await openCohort(handle, terminal);
    const known = opening.known as Cohort;
    const profiling = { heuristic: heuristicOf(settings), reach, round, site, version: VERSION };
    const inputs = await inputsOf(handle);
    const place = resolve(out);
    const rules: OutputRules = { inputs, ...(force ? {} : { mayReplace: isProfileFile }) };
    checkOutput(place, rules);
    checkOutsideOf(place, inputs);

    const header = JSON.stringify(profilesHeader(known, profiling));
    const how = { executors: EXPERIMENTS, workers, force, part, units: 'scans' };
    const summary = await workInto(out, how, invocation, async ({ part: writer, warn: _, ...work }) => {
      const found = await foundAt(place, header, cohort.ids.length);
      if (found === 'same' && !force) return null;
      if (found === 'other' && !force) {
        throw new SemcrcError(
          'usage',
          `${out} holds profiles of other input or options; choose another \`out\`, or replace it with \`force\``,
          { data: { file: out, options: ['out', 'force'] } },
        );
      }
      const write = (to: string, scans?: readonly number[]) =>
        runProfiling({ ...opening, known }, to, { ...profiling, ...work, scans });
      if (writer === null) return write(place);
      const places = await writer.begin({
        command: 'profile',
        digest: sha256(header),
        noun: 'scans',
        items: [...cohort.ids],
        details: { name: cohort.name },
      });
      const own = writer.own('.profiles');
      const made = places.length > 0 && (await foundAt(own, header, places.length)) !== 'same';
      const done = made ? await write(own, places) : null;
      await writer.finish(null, done === null ? 0 : done.scans - done.kept);
      return done;
    });
    if (part !== undefined && hasParts(out)) {
      if (summary !== null) noteReading(terminal, summary, cohort, 'scan');
      terminal.printJson({ path: out, state: 'part', ...part });
      return;
    }
    if (summary === null) {
      terminal.print(`${place} holds these profiles already, from the same scans and options`);
      terminal.printJson({ path: out, state: 'unchanged' });
      return;
    }
    noteReading(terminal, summary, cohort, 'scan');
    const { notes: ___, look: ____, ...told } = summary;
    terminal.print(
      facts([
        [
          'profiles',
          `${summary.scans} scans of ${cohort.name}${summary.kept > 0 ? `, ${summary.kept} of them from before` : ''}`,
        ],
        [
          'size',
          `${(summary.bytes / 2 ** 20).toFixed(1)} MiB, ${Math.round(summary.bytes / summary.scans / 1024)} KiB for a scan`,
        ],
        ['holds', 'sorted errors by organ, no voxels; docs/sites.md says what they reveal'],
      ]),
    );
    terminal.print(`\nwritten to ${place}`);
    terminal.printJson({ state: 'written', ...told });
  });
}

/** The intervals that scores are of, with what was not said. */
function heuristicOf(settings: Settings): Omit<HeuristicOptions, 'shrink'> {
  const { heuristic, weightFloor, alpha, sampleQuantiles } = { ...PAPER_OPTIONS, ...settings };
  return { heuristic, weightFloor, alpha, sampleQuantiles };
}

/** What stands at a place: these very profiles, all of them; others; or no profiles. */
async function foundAt(place: string, header: string, scans: number): Promise<'same' | 'other' | 'none'> {
  if (!isProfileFile(place)) return 'none';
  try {
    const [found] = await openProfileFiles([place]);
    await found.source.close?.();
    return JSON.stringify(found.header) === header && found.scans.length === scans ? 'same' : 'other';
  } catch (error) {
    // One that is damaged, or of another version, gives way to `force` only.
    if (error instanceof SemcrcError && error.code === 'bad-input') return 'other';
    throw error;
  }
}
