import { statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type FoundManifest, findManifest } from '@semcrc/cohort/node';
import { checkOutput, type OutputRules, writeFileAtomic } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';
import { Command, Option } from 'commander';
import type { Invocation } from '../invocation.ts';
import { addOptions, FORCE_FILE, JSON_OUTPUT, QUIET } from '../options.ts';
import { facts } from '../table.ts';

interface ManifestOptions {
  readonly out?: string;
  readonly force?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  semcrc manifest scans
      scans/s0001/ct.nii.gz, q_lo.nii.gz, q_hi.nii.gz, combined_labels.nii.gz … → scans/manifest.csv
  semcrc manifest . --out all.csv
      the authors' tree, TotalSegmentator's, nnU-Net's, or <scan>_ct.nii.gz beside <scan>_q_lo.nii.gz`;

/** Most lines that say what has no place. */
const MOST_LINES = 20;

/** `semcrc manifest`: a tree of files → the manifest of its scans. */
export function manifestCommand({ terminal }: Invocation): Command {
  const command = new Command('manifest')
    .description('Write a manifest of the scans found in a folder by the names of their files.')
    .argument('<folder>', 'where the files of the scans are, at any depth');
  addOptions(command, 'Output:', [
    new Option('--out <file>', 'where the manifest is written (default: manifest.csv in the folder)'),
    FORCE_FILE,
    QUIET,
    JSON_OUTPUT,
  ]);
  command.addHelpText('after', EXAMPLES);
  return command.action(
    async (folder: string, { out = join(folder, 'manifest.csv'), force = false }: ManifestOptions) => {
      const found = statSync(folder, { throwIfNoEntry: false });
      if (!found?.isDirectory()) {
        const what = found
          ? 'is a file; name the folder that the files of the scans are in'
          : 'there is no such folder';
        throw new SemcrcError('bad-input', `${folder}: ${what}`, { data: { file: folder } });
      }
      const path = resolve(out);
      // Whatever is there, a scan's file is not replaced by a list of scans.
      if (!/\.csv$/i.test(path))
        throw new SemcrcError('usage', `a manifest is a .csv file, found \`out\` ${out}`, {
          data: { options: ['out'] },
        });
      const rules: OutputRules = { inputs: [], mayReplace: () => force };
      checkOutput(path, rules);
      const manifest = findManifest(resolve(folder), dirname(path));
      await writeFileAtomic(path, manifest.text, rules);
      noteUnplaced(terminal, manifest);
      terminal.print(
        facts([
          ['scans', String(manifest.scans.length)],
          ['columns', manifest.columns.join(', ')],
          ['incomplete', manifest.incomplete.length === 0 ? 'none' : String(manifest.incomplete.length)],
        ]),
      );
      terminal.print(`\nwritten to ${path}`);
      const { text: _, ...listed } = manifest;
      terminal.printJson({ path, ...listed });
    },
  );
}

function noteUnplaced(terminal: Invocation['terminal'], { incomplete, unplaced }: FoundManifest): void {
  const lines = [
    ...incomplete.map(({ scan, missing }) => `scan ${scan} is left out: it has no ${missing.join(', ')}`),
    ...unplaced.map(({ file, reason }) => `${file} has no place: ${reason}`),
  ];
  for (const line of lines.slice(0, MOST_LINES)) terminal.note(`note: ${line}`);
  if (lines.length > MOST_LINES)
    terminal.note(`note: and ${lines.length - MOST_LINES} more; --json lists them`);
}
