import { dirname, resolve } from 'node:path';
import type { LeftOut, Source } from '@semcrc/core';
import type { Labelling } from '@semcrc/imaging';
import { readTextFile, resolveLabelling } from '@semcrc/imaging/node';
import { loadResampler, SemcrcError } from '@semcrc/kernels';
import { type Prepared, prepareScan, reasonToLeaveOut } from '../scan/prepare.ts';
import { countDraws, isFolder } from '../scan/scan-files.ts';
import { ScanMemory } from '../scan/scan-memory.ts';
import type { TakeNote } from '../scan/scan-note.ts';
import type { ReadingOptions } from '../scan/scan-reader.ts';
import { readWholeScan } from '../scan/whole-scan.ts';
import { digestOf, fingerprintOf } from './digest.ts';
import { parseManifest, type ScanFiles, type ScanList } from './manifest.ts';
import { paperSlicesOf, preparingOf, readingOf, type ScanInputs, type ScanOptions } from './scan-options.ts';

/** Functions that opening and reading call. */
export interface SourceHooks {
  /** Called with what is worth knowing and no error: of every kind of note the first, as a sentence. */
  readonly warn?: (message: string) => void;
  /** Called with every note as data, to be counted; see `describeNotes`. */
  readonly note?: TakeNote;
}

/** What every one of some scans has. */
export function inputsOf(scans: readonly ScanFiles[], draws: number): ScanInputs {
  const all = (role: 'point' | 'std' | 'body') => scans.every((files) => files[role] !== undefined);
  const folders = scans.filter(({ segmentation }) => isFolder(segmentation)).length;
  const segmentation = folders === 0 ? 'labels' : folders === scans.length ? 'masks' : 'mixed';
  return { point: all('point'), std: all('std'), body: all('body'), draws, segmentation };
}

/** Files of a scan in a fixed order, with the role each plays. */
export function filesOf(files: ScanFiles): readonly (readonly [role: string, path: string])[] {
  const roles = ['groundTruth', 'lower', 'upper', 'point', 'segmentation', 'body', 'std', 'samples'] as const;
  return roles.flatMap((role) => {
    const path = files[role];
    return path === undefined ? [] : [[role, path] as const];
  });
}

/** The part of the configuration that decides what samples come out of the files. */
export function contentOf(labelling: Labelling, options: ScanOptions): object {
  const reading = readingOf(options, labelling);
  return {
    kind: 'semcrc/scans@2',
    labels: labelling.labels,
    groups: [...labelling.scheme.names.keys()].map((number) => [number, labelling.groupOf[number]]),
    window: reading.window,
    predictionUnits: reading.predictionUnits,
    truthUnits: reading.truthUnits,
    prepare: paperSlicesOf(options) ?? 'none',
  };
}

/** Notes a ground truth that another scan has, too. */
function noteTwice(
  { scan, groundTruth: file }: ScanFiles,
  other: ScanFiles | undefined,
  note?: TakeNote,
): void {
  if (other === undefined) return;
  const message =
    `scans ${other.scan} and ${scan} have the same ground truth (${file}): in two splits, or counted twice, they break ` +
    'the exchangeability that the guarantee needs';
  note?.({ kind: 'same-files', scan, file, message });
}

/**
 * SHA-256 over the configuration and, for each scan in order, its id, its patient and the fingerprint of each of its
 * files (see {@link fingerprintOf}: sizes and content, no paths or times).
 *
 * @throws SemcrcError `bad-input` naming scan and path when a file is not there.
 */
export async function digestScans(
  scans: readonly ScanFiles[],
  content: object,
  note?: TakeNote,
): Promise<string> {
  const hash = digestOf(content);
  const truths = new Map<string, ScanFiles>();
  for (const files of scans) {
    hash.update(`${JSON.stringify([files.scan, files.patient])}\n`);
    for (const [role, path] of filesOf(files)) {
      try {
        const print = await fingerprintOf(path, role);
        hash.update(print);
        if (role === 'groundTruth') noteTwice(files, truths.get(print), note);
        if (role === 'groundTruth') truths.set(print, files);
      } catch (error) {
        if (!(error instanceof SemcrcError)) throw error;
        throw new SemcrcError('bad-input', `scan ${files.scan}: ${error.message} (the ${role} of the scan)`, {
          data: { ...error.data, scan: files.scan },
          cause: error,
        });
      }
    }
  }
  return hash.digest('hex');
}

/** Makes what turns a scan's files into a sample, by the options. */
export async function scanPreparer(
  labelling: Labelling,
  options: ScanOptions,
  hooks: SourceHooks = {},
): Promise<{
  prepare(files: ScanFiles): Promise<Prepared>;
  reasonToLeaveOut(files: ScanFiles): Promise<string | null>;
}> {
  const reading: ReadingOptions = { ...readingOf(options, labelling), note: firstOfKind(hooks) };
  const paper = paperSlicesOf(options);
  if (!paper) {
    return {
      prepare: async (files) => ({ state: 'kept', sample: await readWholeScan(files, reading) }),
      reasonToLeaveOut: () => Promise.resolve(null),
    };
  }
  const resampler = await loadResampler();
  // Scans that are read at the same time each take memory of their own; one after the other, they share it.
  const idle: ScanMemory[] = [];
  const withMemory = async <T>(work: (memory: ScanMemory) => Promise<T>): Promise<T> => {
    const memory = idle.pop() ?? new ScanMemory();
    try {
      return await work(memory);
    } finally {
      idle.push(memory);
    }
  };
  return {
    prepare: (files) => withMemory((memory) => prepareScan(files, reading, paper, resampler, memory)),
    reasonToLeaveOut: (files) =>
      withMemory((memory) => reasonToLeaveOut(files, reading, paper, resampler, memory)),
  };
}

/** Passes every note on, and says the first of each kind. */
function firstOfKind({ warn, note }: SourceHooks): TakeNote {
  const said = new Set<string>();
  return (found) => {
    note?.(found);
    if (!said.has(found.kind)) warn?.(found.message);
    said.add(found.kind);
  };
}

/** The scans that do not qualify, each with its reason. */
async function findLeftOut(
  scans: readonly ScanFiles[],
  preparer: Awaited<ReturnType<typeof scanPreparer>>,
): Promise<LeftOut[]> {
  const leftOut: LeftOut[] = [];
  for (const files of scans) {
    const reason = await preparer.reasonToLeaveOut(files);
    if (reason !== null) leftOut.push({ scan: files.scan, reason });
  }
  return leftOut;
}

/**
 * A source over the files of scans. With `prepare: 'paper'`, opening reads every ground truth and segmentation to find the scans
 * that qualify (a prepared cohort spares that); reading prepares the scan.
 *
 * @throws SemcrcError `bad-input` when a file is not there, or scans have fewer than two draws or differ in their number.
 */
export async function openScans(
  { name, scans, warnings }: ScanList,
  options: ScanOptions,
  hooks: SourceHooks = {},
): Promise<Source> {
  for (const warning of warnings) hooks.warn?.(warning);
  const labelling = await resolveLabelling(options.labels, options.extraLabels);
  const { known = {} } = options;
  const digest =
    known.digest ?? (await digestScans(scans, contentOf(labelling, options), firstOfKind(hooks)));
  const draws = known.draws ?? (await countDraws(scans));
  const preparing = known.preparing ?? preparingOf(options, labelling, inputsOf(scans, draws));
  const preparer = await scanPreparer(labelling, options, hooks);
  const leftOut = known.leftOut ?? (await findLeftOut(scans, preparer));
  const out = new Set(leftOut.map(({ scan }) => scan));
  const byId = new Map(scans.filter(({ scan }) => !out.has(scan)).map((files) => [files.scan, files]));
  if (byId.size === 0) {
    throw new SemcrcError(
      'bad-input',
      `${name}: no scan qualifies; all ${scans.length} are left out, ${leftOut[0]?.scan} because ${leftOut[0]?.reason}`,
      { data: { leftOut: leftOut.length } },
    );
  }
  return {
    name,
    ids: [...byId.keys()],
    patients: [...byId.values()].map(({ patient }) => patient),
    labels: labelling.labels,
    digest,
    draws,
    leftOut,
    preparing,
    async read(id) {
      const files = byId.get(id);
      if (!files) throw new SemcrcError('usage', `${name} has no scan "${id}"`, { data: { scan: id } });
      const prepared = await preparer.prepare(files);
      if (prepared.state === 'kept') return prepared.sample;
      throw new SemcrcError('bad-input', `scan ${id} no longer qualifies: ${prepared.reason}`, {
        data: { scan: id },
      });
    },
  };
}

/** A manifest of a hundred thousand scans has fewer bytes. */
const LONGEST_MANIFEST = 2 ** 26;

/** Reads a manifest file; paths in it are taken relative to its folder. @throws SemcrcError `bad-input`. */
export async function readManifest(path: string): Promise<ScanList> {
  const text = await readManifestText(path);
  const list = parseManifest(text, path);
  const folder = dirname(path);
  const scans = list.scans.map((files) => ({
    ...files,
    ...Object.fromEntries(filesOf(files).map(([role, file]) => [role, resolve(folder, file)])),
  }));
  return { ...list, scans };
}

/** The text of a manifest. @throws SemcrcError `bad-input` when it cannot be read. */
export function readManifestText(path: string): Promise<string> {
  return readTextFile(path, { limit: LONGEST_MANIFEST }).catch((cause: unknown) => {
    if (!(cause instanceof SemcrcError)) throw cause;
    throw new SemcrcError('bad-input', `cannot read the manifest ${cause.message}`, {
      data: cause.data,
      cause,
    });
  });
}

/**
 * Opens the cohort a manifest (CSV or JSON) lists. Every file is looked for at once; voxels are read scan by scan.
 *
 * @throws SemcrcError `usage` without a known label scheme; `bad-input` for a manifest that cannot be used (see
 *   {@link parseManifest}) or that names a file that is not there.
 */
export async function openManifest(
  path: string,
  options: ScanOptions,
  hooks: SourceHooks = {},
): Promise<Source> {
  await resolveLabelling(options.labels, options.extraLabels);
  return openScans(await readManifest(path), options, hooks);
}
