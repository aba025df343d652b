import type { LeftOut } from '@semcrc/core';
import { type Labelling, type NiftiHeader, seriesShape, volumeShape } from '@semcrc/imaging';
import { checkNifti, diskFiles } from '@semcrc/imaging/node';
import { loadResampler, SemcrcError } from '@semcrc/kernels';
import { fingerprintOf } from '../sources/digest.ts';
import { disk } from '../sources/disk.ts';
import type { ScanFiles } from '../sources/manifest.ts';
import { filesOf } from '../sources/manifest.ts';
import type { SliceChoice } from '../sources/scan-options.ts';
import { takeSliceCensus } from './prepare.ts';
import type { ReadingOptions } from './reading.ts';
import {
  alignFile,
  checkDraws,
  checkTableOf,
  type DrawCount,
  drawFiles,
  isFolder,
  organFiles,
} from './scan-files.ts';
import { ScanMemory } from './scan-memory.ts';
import type { ScanNote } from './scan-note.ts';
import { ScanReader } from './scan-reader.ts';
import { adviseSlices, type SliceAdvice, type SliceCensus } from './slice-advice.ts';

/** One thing that would stop a scan from being used. */
export interface CohortProblem {
  readonly scan: string;
  readonly file: string;
  /** What was expected and what was found, in words; names of options stand in backticks. */
  readonly problem: string;
  /** The options it names. */
  readonly options: readonly string[];
}

/** What looking through a cohort's files found. */
export interface CohortCheck {
  readonly scans: number;
  readonly files: number;
  readonly problems: readonly CohortProblem[];
  /** What is worth knowing and no problem. */
  readonly notes: readonly ScanNote[];
  /** Scans that preparing would leave out, and why; of those whose files are sound. */
  readonly leftOut: readonly LeftOut[];
  /** Which settings would let them pass, or spare them padding; null where nothing need change. */
  readonly advice: SliceAdvice | null;
}

/** How a cohort is looked through. */
export interface CheckOptions extends Omit<ReadingOptions, 'labelling' | 'note'> {
  /** The slices that would be taken of each scan; without it, and by headers alone, nobody is left out. */
  readonly slices?: SliceChoice | null;
  /** `voxels` (default) reads every file to its end, as using the cohort would; `headers` reads headers and sizes only. */
  readonly depth?: 'headers' | 'voxels';
  /** Called after each scan with the number looked through so far. */
  readonly onScan?: (done: number) => void;
}

/** What is known of the cohort when the next scan is looked at. */
interface Seen {
  readonly problems: CohortProblem[];
  readonly notes: ScanNote[];
  readonly memory: ScanMemory;
  /** Ground truth by fingerprint: the scan that has it. */
  readonly truths: Map<string, string>;
  files: number;
  draws: DrawCount | undefined;
}

/**
 * Looks through every file of a cohort: each header can be used and its voxels are there, the files of a scan show the same
 * place, scans have the same number of draws and no ground truth twice, values are numbers in the units they are said to be
 * in, segmentations hold labels of the scheme and name them as it does. Goes on after a problem and lists them all, in
 * cohort order; so it does with the scans that taking slices would leave out. One scan at a time is in memory.
 */
export async function checkCohort(
  scans: readonly ScanFiles[],
  labelling: Labelling,
  { depth = 'voxels', slices = null, onScan, ...reading }: CheckOptions = {},
): Promise<CohortCheck> {
  const seen: Seen = {
    problems: [],
    notes: [],
    memory: new ScanMemory(),
    truths: new Map(),
    files: 0,
    draws: undefined,
  };
  const options: ReadingOptions = { ...reading, labelling, note: (note) => seen.notes.push(note) };
  const resampler = slices && depth === 'voxels' ? await loadResampler() : null;
  const leftOut: LeftOut[] = [];
  const censuses: SliceCensus[] = [];
  for (const [index, scan] of scans.entries()) {
    const before = seen.problems.length;
    const sound = await checkHeaders(scan, options, seen);
    if (depth === 'voxels') await checkVoxels(scan, sound, options, seen);
    if (slices && resampler && seen.problems.length === before) {
      // What there is to note was noted when its voxels were read.
      const silent: ReadingOptions = { ...reading, labelling };
      const { reason, census } = await takeSliceCensus(scan, silent, slices, resampler, seen.memory);
      if (reason !== null) leftOut.push({ scan: scan.scan, reason });
      if (census) censuses.push(census);
    }
    onScan?.(index + 1);
  }
  const { files, problems, notes } = seen;
  const advice = slices && adviseSlices(censuses, slices);
  return { scans: scans.length, files, problems, notes, leftOut, advice };
}

/** Every file that preparing reads of a scan. */
const rolesOf = (files: ScanFiles): readonly (readonly [role: string, path: string])[] => [
  ...filesOf(files),
  ...(files.measurement === undefined ? [] : [['measurement', files.measurement] as const]),
];

/** Runs a check; what it refuses becomes a row. */
async function attempt<T>(
  { scan }: ScanFiles,
  file: string,
  { problems }: Seen,
  check: () => Promise<T> | T,
): Promise<T | undefined> {
  try {
    return await check();
  } catch (error) {
    if (!(error instanceof SemcrcError)) throw error;
    const { options } = error.data;
    const named = Array.isArray(options) ? options.map(String) : [];
    problems.push({ scan, file, problem: plainly(error.message, scan, file), options: named });
    return undefined;
  }
}

/** The files of a role: those of a folder one by one. */
function partsOf(role: string, path: string, labelling: Labelling): readonly string[] {
  if (role === 'samples') return drawFiles(diskFiles, path);
  return role === 'segmentation' && isFolder(diskFiles, path)
    ? organFiles(diskFiles, path, labelling).map(({ file }) => file)
    : [path];
}

/** Checks headers and sizes; returns the roles whose files are sound. */
async function checkHeaders(
  files: ScanFiles,
  { labelling, affineTolerance }: ReadingOptions,
  seen: Seen,
): Promise<ReadonlySet<string>> {
  const { scan } = files;
  const sound = new Set<string>();
  let first: { readonly file: string; readonly header: NiftiHeader } | undefined;
  for (const [role, path] of rolesOf(files)) {
    const parts = (await attempt(files, path, seen, () => partsOf(role, path, labelling))) ?? [];
    const volumes: number[] = [];
    for (const file of parts) {
      seen.files++;
      const count = await attempt(files, file, seen, async () => {
        const header = await checkNifti(file);
        const series =
          role === 'samples' ? seriesShape(header, file) : { shape: volumeShape(header, file), volumes: 1 };
        if (first) {
          const shape = volumeShape(first.header, first.file);
          const reference = { file: first.file, shape, affine: first.header.affine };
          alignFile(scan, reference, { file, shape: series.shape, affine: header.affine }, affineTolerance);
        }
        first ??= { file, header };
        if (role === 'segmentation') checkTableOf(header, file, labelling);
        return series.volumes;
      });
      if (count !== undefined) volumes.push(count);
    }
    if (parts.length === 0 || volumes.length < parts.length) continue;
    sound.add(role);
    if (role === 'groundTruth') await attempt(files, path, seen, () => checkUnique(files, seen));
    if (role !== 'samples') continue;
    const draws = { scan, draws: volumes.reduce((sum, number) => sum + number, 0) };
    await attempt(files, path, seen, () => checkDraws(draws, path, seen.draws));
    seen.draws ??= draws;
  }
  return sound;
}

/** Refuses a ground truth that another scan has, too: the two are one scan to every split. */
async function checkUnique({ scan, groundTruth }: ScanFiles, { truths }: Seen): Promise<void> {
  const print = await fingerprintOf(disk, groundTruth, 'groundTruth');
  const other = truths.get(print);
  truths.set(print, other ?? scan);
  if (other === undefined) return;
  throw new SemcrcError(
    'bad-input',
    `${groundTruth} is the ground truth of scan ${other}, too; a scan may be listed once`,
    {
      data: { file: groundTruth, other },
    },
  );
}

/** Reads the files of the roles whose headers are sound, as using the scan would. */
async function checkVoxels(
  files: ScanFiles,
  sound: ReadonlySet<string>,
  options: ReadingOptions,
  seen: Seen,
): Promise<void> {
  if (!sound.has('groundTruth')) return;
  const reader = new ScanReader(files, options, seen.memory);
  const drain = async (path: string) => {
    for await (const draw of reader.draws(path)) void draw;
  };
  const read: Readonly<Record<string, (path: string) => Promise<unknown>>> = {
    groundTruth: () => reader.truth(),
    segmentation: () => reader.segmentation(),
    body: (path) => reader.body(path),
    std: (path) => reader.deviation(path),
    samples: drain,
  };
  for (const [role, path] of rolesOf(files)) {
    if (!sound.has(role)) continue;
    await attempt(files, path, seen, async () => (read[role] ?? ((file) => reader.prediction(file)))(path));
  }
}

/** The message without what the row says anyway. */
function plainly(message: string, scan: string, file: string): string {
  return message.replace(`scan ${scan}: `, '').replace(new RegExp(`^${escaped(file)}:? `), '');
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
