import { stat } from 'node:fs/promises';
import type { LeftOut, Source } from '@semcrc/core';
import type { Labelling } from '@semcrc/imaging';
import { diskNifti, resolveLabelling } from '@semcrc/imaging/node';
import { loadResampler, SemcrcError } from '@semcrc/kernels';
import { prepareMeasurement, prepareScan, reasonToLeaveOut } from '../scan/prepare.ts';
import type { Prepared } from '../scan/prepared.ts';
import type { ReadingOptions } from '../scan/reading.ts';
import { countDraws } from '../scan/scan-files.ts';
import { ScanMemory } from '../scan/scan-memory.ts';
import type { TakeNote } from '../scan/scan-note.ts';
import { readWholeMeasurement, readWholeScan } from '../scan/whole-scan.ts';
import type { ScanFiles, ScanList } from './manifest.ts';
import { readManifest } from './manifest-file.ts';
import { contentOf, digestScans, knownDigests } from './scan-digests.ts';
import { inputsOf, paperSlicesOf, preparingOf, readingOf, type ScanOptions } from './scan-options.ts';

/** Functions that opening and reading call. */
export interface SourceHooks {
  /** Called with what is worth knowing and no error, as a sentence: of every kind of note the first, unless `note` takes them. */
  readonly warn?: (message: string) => void;
  /** Called with every note as data, to be counted; see `describeNotes`. */
  readonly note?: TakeNote;
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
    ...sitesOf([...byId.values()]),
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

/** The sites of scans, where each has one. */
export function sitesOf(scans: readonly ScanFiles[]): { readonly sites?: readonly string[] } {
  const sites = scans.flatMap(({ site }) => (site === undefined ? [] : [site]));
  return sites.length > 0 && sites.length === scans.length ? { sites } : {};
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
