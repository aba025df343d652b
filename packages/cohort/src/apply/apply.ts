import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ApplySummary, type Calibration } from '@semcrc/core';
import {
  AtomicFile,
  checkOutput,
  commitTogether,
  kindOfResult,
  type NiftiWriteOptions,
  NiftiWriter,
  type OutputRules,
  readTextFile,
  unwritable,
} from '@semcrc/imaging/node';
import { Compile } from 'typebox/compile';
import { describeNotes, type ScanNote } from '../scan/scan-note.ts';
import type { ApplyFiles } from '../scan/scan-slabs.ts';
import { disk } from '../sources/disk.ts';
import { Application, type ApplicationOptions, digestOfApplication, outputsOf } from './application.ts';
import { kindOfSummary } from './applied-summary.ts';
import type { Output } from './publish.ts';

/** How files are read and results are written. */
export interface ApplyOptions extends ApplicationOptions {
  /** How hard results are deflated, 1 to 9; 6 by default. */
  readonly level?: number;
  /** Whether files that stand in the folder and are no earlier result of `applyToFiles` give way; `keep` by default: an error. */
  readonly replace?: 'keep' | 'replace';
  /** Called with what is worth knowing, in sentences: warnings, and notes of the files unless `note` takes those as data. */
  readonly warn?: (message: string) => void;
  /** Called with the slices done so far. */
  readonly progress?: (slices: number, of: number) => void;
}

/**
 * Widens the heuristic intervals of one scan by a calibrated λ and writes them to `folder`: `lower`, `upper`, `width` and
 * `lambda` (two-sided: `lambda-below` and `lambda-above`; with a corrected centre also `point`, to which the intervals
 * belong) as .nii.gz on the grid and with the header of `lower`, and
 * `summary.json`. Works slab by slab in the file's own order.
 *
 * Bounds are rounded outward: whatever λ covers lies inside the interval published, in HU too. In HU a bound at an edge of
 * the window is open. Where λ is infinite (an organ that could not be calibrated, or was never seen) the interval is the
 * whole range.
 *
 * @throws SemcrcError `bad-input` naming the file for files that do not fit together or the calibration; nothing is left
 *   of the volumes begun. `usage` when the scan is made otherwise than those of the calibration in what λ depends on (see
 *   `preparingDifferences`), and when a result would replace an input, a link, or files that are no such result.
 */
export async function applyToFiles(
  calibration: Calibration,
  files: ApplyFiles,
  folder: string,
  options: ApplyOptions,
): Promise<ApplySummary> {
  const { warn, progress } = options;
  const notes: ScanNote[] = [];
  const reading = { ...options, note: (note: ScanNote) => notes.push(note) };
  const application = await Application.open(disk, calibration, files, reading);
  const { grid, header, inputs, outputs } = application;

  await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw unwritable(folder, cause);
  });
  const summaryFile = join(folder, 'summary.json');
  // A folder that holds a summary of ours holds volumes of ours.
  const ours = options.replace === 'replace' || kindOfResult(summaryFile) === kindOfSummary;
  const rules: OutputRules = { inputs, mayReplace: () => ours };
  const pathOf = (name: Output) => join(folder, `${name}.nii.gz`);
  for (const path of [...outputs.map(pathOf), summaryFile]) checkOutput(path, rules);

  const level = options.level ? { level: options.level } : {};
  const writing: NiftiWriteOptions = { template: header, rules, ...level };
  const writers = new Map<Output, NiftiWriter>();
  try {
    for (const name of outputs) {
      writers.set(name, await NiftiWriter.create(pathOf(name), grid.shape, grid.affine, 'float32', writing));
    }
    for await (const { done, volumes } of application.slabs()) {
      await Promise.all(outputs.map((name) => writers.get(name)?.write(volumes[name])));
      progress?.(done, grid.shape[0]);
    }
    const { summary } = application;
    const volumes: AtomicFile[] = [];
    for (const writer of writers.values()) volumes.push(await writer.complete());
    await commitTogether([...volumes, await writtenSummary(summaryFile, summary, rules)]);
    if (options.note) notes.forEach(options.note);
    else for (const sentence of describeNotes(notes)) warn?.(sentence);
    for (const warning of summary.warnings) warn?.(warning);
    return summary;
  } catch (error) {
    await Promise.all([...writers.values()].map((writer) => writer.abort()));
    throw error;
  }
}

/**
 * The summary of an earlier `applyToFiles` of the same calibration, files and options into a folder that holds all it wrote;
 * null where there is none.
 */
export async function appliedBefore(
  calibration: Calibration,
  files: ApplyFiles,
  folder: string,
  options: ApplyOptions,
): Promise<ApplySummary | null> {
  const summaryFile = join(folder, 'summary.json');
  if (kindOfResult(summaryFile) !== kindOfSummary) return null;
  const summary: unknown = await readTextFile(summaryFile)
    .then(JSON.parse)
    .catch(() => null);
  if (!summaryValidator.Check(summary)) return null;
  const whole = outputsOf(calibration).every((name) => existsSync(join(folder, `${name}.nii.gz`)));
  const same = whole && summary.digest === (await digestOfApplication(disk, calibration, files, options));
  return same ? (summary as ApplySummary) : null;
}

const summaryValidator = Compile(ApplySummary);

/** The folder of a scan's results: its id, with whatever could lead elsewhere, or means something to a shell, replaced. */
export function scanFolderName(scan: string): string {
  const name = scan
    .replace(/[^\p{L}\p{N}._-]+/gu, '_')
    .replace(/^\.+/, '_')
    .slice(0, 100);
  return name === '' ? '_' : name;
}

/** The summary, beside its place. */
async function writtenSummary(path: string, summary: ApplySummary, rules: OutputRules): Promise<AtomicFile> {
  const file = await AtomicFile.create(path, rules);
  try {
    await file.write(new TextEncoder().encode(`${JSON.stringify(summary, null, 2)}\n`));
    return file;
  } catch (error) {
    await file.discard();
    throw error;
  }
}
