import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { LeftOut, Source } from '@semcrc/core';
import type { Labelling } from '@semcrc/imaging';
import { diskNifti, readTextFile, resolveLabelling } from '@semcrc/imaging/node';
import { loadResampler, SemcrcError } from '@semcrc/kernels';
import { prepareMeasurement, prepareScan, reasonToLeaveOut } from '../scan/prepare.ts';
import type { Prepared } from '../scan/prepared.ts';
import type { ReadingOptions } from '../scan/reading.ts';
import { countDraws } from '../scan/scan-files.ts';
import { ScanMemory } from '../scan/scan-memory.ts';
import type { TakeNote } from '../scan/scan-note.ts';
import { readWholeMeasurement, readWholeScan } from '../scan/whole-scan.ts';
import { digestOf, fingerprintOf } from './digest.ts';
import { disk } from './disk.ts';
import {
  type AppliedScanFiles,
  parseApplyManifest,
  parseManifest,
  type ScanFiles,
  type ScanList,
} from './manifest.ts';
import { inputsOf, paperSlicesOf, preparingOf, readingOf, type ScanOptions } from './scan-options.ts';

/** Functions that opening and reading call. */
export interface SourceHooks {
  /** Called with what is worth knowing and no error, as a sentence: of every kind of note the first, unless `note` takes them. */
  readonly warn?: (message: string) => void;
  /** Called with every note as data, to be counted; see `describeNotes`. */
  readonly note?: TakeNote;
}

/** Files of a scan that samples come from, in a fixed order, with the role each plays. */
export function filesOf(files: Partial<ScanFiles>): readonly (readonly [role: string, path: string])[] {
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
    groups: [...labelling.scheme.names.keys()].map((number) => [number, labelling.labelOf[number]]),
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

/** What files are known by: the cohort, and the ground truth of each scan in order. */
export interface CohortDigests {
  readonly digest: string;
  readonly fingerprints?: readonly string[] | undefined;
  /** SHA-256 over the fingerprints of each scan's files, in order: what one scan is known by. */
  readonly scanDigests?: readonly string[] | undefined;
}

/** The digests that an earlier opening in this run found. */
export function knownDigests({ known = {} }: ScanOptions): CohortDigests | undefined {
  const { digest, fingerprints } = known;
  return digest === undefined ? undefined : { digest, fingerprints };
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
): Promise<Required<CohortDigests> & { readonly scanDigests: readonly string[] }> {
  const hash = digestOf(disk, content);
  const fingerprints: string[] = [];
  const scanDigests: string[] = [];
  const truths = new Map<string, ScanFiles>();
  for (const files of scans) {
    hash.update(`${JSON.stringify([files.scan, files.patient])}\n`);
    const own = digestOf(disk, [files.scan, files.patient]);
    for (const [role, path] of filesOf(files)) {
      try {
        const print = await fingerprintOf(disk, path, role);
        hash.update(print);
        own.update(print);
        if (role === 'groundTruth') noteTwice(files, truths.get(print), note);
        if (role === 'groundTruth') {
          truths.set(print, files);
          fingerprints.push(print);
        }
      } catch (error) {
        if (!(error instanceof SemcrcError)) throw error;
        throw new SemcrcError('bad-input', `scan ${files.scan}: ${error.message} (the ${role} of the scan)`, {
          data: { ...error.data, scan: files.scan },
          cause: error,
        });
      }
    }
    scanDigests.push(own.digest('hex'));
  }
  return { digest: hash.digest('hex'), fingerprints, scanDigests };
}

/** @throws SemcrcError `bad-input` naming scan and path when a measurement is not there */
export async function findMeasurements(scans: readonly ScanFiles[]): Promise<void> {
  for (const { scan, measurement } of scans) {
    if (measurement === undefined) continue;
    const found = await stat(measurement).catch(() => undefined);
    if (found?.isFile()) continue;
    throw new SemcrcError(
      'bad-input',
      `scan ${scan}: the measurement ${measurement} is ${found ? 'no regular file' : 'not there'}`,
      { data: { scan, file: measurement } },
    );
  }
}

/** Makes what turns a scan's files into a sample, by the options. */
export async function scanPreparer(
  labelling: Labelling,
  options: ScanOptions,
  hooks: SourceHooks = {},
): Promise<{
  /** @param wants what is taken beside the sample, where a file of it is named */
  prepare(files: ScanFiles, wants?: 'sample' | 'measurement'): Promise<Prepared>;
  measurement(files: ScanFiles): Promise<Float32Array | null>;
  reasonToLeaveOut(files: ScanFiles): Promise<string | null>;
}> {
  const reading: ReadingOptions = { ...readingOf(options, labelling), note: firstOfKind(hooks) };
  const paper = paperSlicesOf(options);
  if (!paper) {
    return {
      prepare: (files, wants) => readWholeScan(files, reading, wants),
      measurement: (files) => readWholeMeasurement(files, reading),
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
    prepare: (files, wants) =>
      withMemory((memory) => prepareScan(files, reading, paper, resampler, memory, wants)),
    measurement: (files) =>
      withMemory((memory) => prepareMeasurement(files, reading, paper, resampler, memory)),
    reasonToLeaveOut: (files) =>
      withMemory((memory) => reasonToLeaveOut(files, reading, paper, resampler, memory)),
  };
}

/** Passes every note on as data; where nobody takes them, says the first of each kind. */
function firstOfKind({ warn, note }: SourceHooks): TakeNote {
  const said = new Set<string>();
  return (found) => {
    if (note) return note(found);
    if (!said.has(found.kind) && found.census === undefined) warn?.(found.message);
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
  const earlier = knownDigests(options);
  const digests = earlier ?? (await digestScans(scans, contentOf(labelling, options), firstOfKind(hooks)));
  const draws = known.draws ?? (await countDraws(diskNifti, scans));
  const preparing =
    known.preparing ?? preparingOf(options, labelling, inputsOf(diskNifti.files, scans, draws));
  if (known.digest === undefined) await findMeasurements(scans);
  const preparer = await scanPreparer(labelling, options, hooks);
  const leftOut = known.leftOut ?? (await findLeftOut(scans, preparer));
  const out = new Set(leftOut.map(({ scan }) => scan));
  // What an earlier opening found is of the scans kept already.
  const keptOnly = (prints: readonly string[]) =>
    earlier ? prints : prints.filter((_, at) => !out.has((scans[at] as ScanFiles).scan));
  const byId = new Map(scans.filter(({ scan }) => !out.has(scan)).map((files) => [files.scan, files]));
  if (byId.size === 0) {
    throw new SemcrcError(
      'bad-input',
      `${name}: no scan qualifies; all ${scans.length} are left out, ${leftOut[0]?.scan} because ${leftOut[0]?.reason}; preparing with \`check\` ` +
        'lists the reasons of all, and the options that would let them pass',
      { data: { leftOut: leftOut.length, options: ['check'] } },
    );
  }
  const filesWith = (id: string): ScanFiles => {
    const files = byId.get(id);
    if (files) return files;
    throw new SemcrcError('usage', `${name} has no scan "${id}"`, { data: { scan: id } });
  };
  return {
    name,
    ids: [...byId.keys()],
    patients: [...byId.values()].map(({ patient }) => patient),
    labels: labelling.labels,
    digest: digests.digest,
    draws,
    leftOut,
    ...(digests.fingerprints === undefined ? {} : { fingerprints: keptOnly(digests.fingerprints) }),
    preparing,
    async measurement(id) {
      return preparer.measurement(filesWith(id));
    },
    async read(id) {
      const prepared = await preparer.prepare(filesWith(id));
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
  const list = parseManifest(await readManifestText(path), path);
  return { ...list, scans: list.scans.map((files) => resolved(files, dirname(path))) };
}

/** As {@link readManifest}, of scans whose truth nobody knows. */
export async function readApplyManifest(path: string): Promise<ReturnType<typeof parseApplyManifest>> {
  const list = parseApplyManifest(await readManifestText(path), path);
  return { ...list, scans: list.scans.map((files) => resolved(files, dirname(path))) };
}

/** The paths of some files taken relative to a folder. */
function resolved<Files extends AppliedScanFiles & Pick<Partial<ScanFiles>, 'measurement'>>(
  files: Files,
  folder: string,
): Files {
  const { measurement } = files;
  return {
    ...files,
    ...Object.fromEntries(filesOf(files).map(([role, file]) => [role, resolve(folder, file)])),
    ...(measurement === undefined ? {} : { measurement: resolve(folder, measurement) }),
  };
}

/** The text of a manifest. @throws SemcrcError `bad-input` when it cannot be read. */
export function readManifestText(path: string): Promise<string> {
  return readTextFile(path, { limit: LONGEST_MANIFEST }).catch((cause: unknown) => {
    if (!(cause instanceof SemcrcError)) throw cause;
    throw new SemcrcError('bad-input', `the manifest ${cause.message}`, {
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
