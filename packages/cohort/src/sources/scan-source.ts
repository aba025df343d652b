import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Cohort, LeftOut, Source } from '@semcrc/core';
import { abdomenWindow, type Labelling, type PaperOptions, resolvePaper } from '@semcrc/imaging';
import { resolveLabelling } from '@semcrc/imaging/node';
import { loadResampler, SemcrcError } from '@semcrc/kernels';
import { type Prepared, prepareScan, reasonToLeaveOut } from '../scan/prepare.ts';
import { countDraws } from '../scan/scan-files.ts';
import { ScanMemory } from '../scan/scan-memory.ts';
import type { PredictionUnits, ReadingOptions } from '../scan/scan-reader.ts';
import { readWholeScan } from '../scan/whole-scan.ts';
import { digestOf, fingerprint } from './digest.ts';
import { parseManifest, type ScanFiles, type ScanList } from './manifest.ts';

/** How the scans of a manifest or a directory tree are read; plain data, so that it can be handed to workers. */
export interface ScanOptions {
  /** Name of the segmentations' label scheme, or the path of a label map ending in .json. Required: never guessed. */
  readonly labels?: string | undefined;
  /** Labels of the scheme that get a group of their own beside the nine organs. */
  readonly extraLabels?: readonly string[];
  /** HU that become 0 and 1; −175 and 250 by default. */
  readonly window?: readonly [lo: number, hi: number];
  /** Unit of lower, upper and point: windowed intensities (default) or HU. */
  readonly predictionUnits?: PredictionUnits;
  /** Prepare every scan as the paper does; without it scans come whole, as their files hold them (`--prepare none`). */
  readonly paper?: PaperOptions;
  /**
   * What an earlier opening in this run found. With the digest, files are not looked at again until they are read; with the
   * scans left out, none is read to find out which qualify.
   */
  readonly known?: Partial<Pick<Cohort, 'digest' | 'draws' | 'leftOut'>>;
}

/** What opening and reading tell besides their results. */
export interface SourceHooks {
  /** Told of things worth knowing that are no errors, each once. */
  readonly warn?: (message: string) => void;
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
  return {
    kind: 'semcrc/scans@1',
    labels: labelling.labels,
    groups: [...labelling.scheme.names.keys()].map((number) => [number, labelling.groupOf[number]]),
    window: options.window ?? abdomenWindow,
    predictionUnits: options.predictionUnits ?? 'window',
    prepare: options.paper ? resolvePaper(options.paper) : 'none',
  };
}

/**
 * SHA-256 over the configuration and, for each scan in order, its id, its patient and the fingerprint of each of its
 * files (see {@link fingerprint}: sizes and content, no paths or times).
 *
 * @throws SemcrcError `bad-input` naming scan and path when a file is not there.
 */
export async function digestScans(scans: readonly ScanFiles[], content: object): Promise<string> {
  const hash = digestOf(content);
  for (const files of scans) {
    hash.update(`${JSON.stringify([files.scan, files.patient])}\n`);
    for (const [role, path] of filesOf(files)) {
      try {
        await fingerprint(path, hash, role);
      } catch (error) {
        if (!(error instanceof SemcrcError)) throw error;
        throw new SemcrcError('bad-input', `scan ${files.scan}: ${error.message}`, {
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
  { warn }: SourceHooks = {},
): Promise<{
  prepare(files: ScanFiles): Promise<Prepared>;
  reasonToLeaveOut(files: ScanFiles): Promise<string | null>;
}> {
  const reading: ReadingOptions = {
    labelling,
    ...(options.window ? { window: options.window } : {}),
    ...(options.predictionUnits ? { predictionUnits: options.predictionUnits } : {}),
    ...(warn ? { warn } : {}),
  };
  const { paper } = options;
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

/** Passes each message on once. */
function once({ warn }: SourceHooks): SourceHooks {
  if (!warn) return {};
  const said = new Set<string>();
  return {
    warn: (message) => {
      if (!said.has(message)) warn(message);
      said.add(message);
    },
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
 * A source over the files of scans. With `paper`, opening reads every ground truth and segmentation to find the scans
 * that qualify (a prepared cohort spares that); reading prepares the scan.
 *
 * @throws SemcrcError `bad-input` when a file is not there, or scans have fewer than two draws or not all as many.
 */
export async function openScans(
  { name, scans, warnings }: ScanList,
  options: ScanOptions,
  hooks: SourceHooks = {},
): Promise<Source> {
  for (const warning of warnings) hooks.warn?.(warning);
  const labelling = await resolveLabelling(options.labels, options.extraLabels);
  const { known = {} } = options;
  const digest = known.digest ?? (await digestScans(scans, contentOf(labelling, options)));
  const draws = known.draws ?? (await countDraws(scans));
  const preparer = await scanPreparer(labelling, options, once(hooks));
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

/** Reads a manifest file; paths in it are taken relative to its folder. @throws SemcrcError `bad-input`. */
export async function readManifest(path: string): Promise<ScanList> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    const { code } = cause as NodeJS.ErrnoException;
    const reasons: Record<string, string> = { ENOENT: 'there is no such file', EISDIR: 'it is a folder' };
    throw new SemcrcError(
      'bad-input',
      `cannot read the manifest ${path}: ${reasons[code ?? ''] ?? (cause as Error).message}`,
      { data: { file: path }, cause },
    );
  });
  const list = parseManifest(text, path);
  const folder = dirname(path);
  const scans = list.scans.map((files) => ({
    ...files,
    ...Object.fromEntries(filesOf(files).map(([role, file]) => [role, resolve(folder, file)])),
  }));
  return { ...list, scans };
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
