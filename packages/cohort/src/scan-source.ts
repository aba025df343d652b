import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { abdomenWindow } from '@semcrc/imaging';
import { SemcrcError } from '@semcrc/kernels';
import { digestOf, fingerprint } from './digest.ts';
import { assignGroups, type Labelling } from './labelling.ts';
import { parseManifest, type ScanFiles } from './manifest.ts';
import { type PredictionUnits, readWholeScan } from './scan.ts';
import { namedScheme, parseLabelMap, schemeNames } from './scheme.ts';
import type { Source } from './source.ts';

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
  /** The digest of an earlier opening in this run: files are then not looked at again until they are read. */
  readonly digest?: string;
}

/** What opening and reading tell besides their results. */
export interface SourceHooks {
  /** Told of things worth knowing that are no errors, each once. */
  readonly warn?: (message: string) => void;
}

/**
 * The labelling `--labels` and `--extra-labels` ask for.
 *
 * @throws SemcrcError `usage` without a scheme, or for one that is unknown, listing those there are; `bad-input` for a
 *   label map that cannot be read.
 */
export async function resolveLabelling(
  labels: string | undefined,
  extraLabels: readonly string[] = [],
): Promise<Labelling> {
  const known = `${schemeNames.join(', ')}, or the path of a label map (.json)`;
  if (labels === undefined) {
    throw new SemcrcError('usage', `say how the segmentations number their labels, with --labels: ${known}`);
  }
  const named = namedScheme(labels);
  if (named) return assignGroups(named, extraLabels);
  if (!/\.json$/i.test(labels)) {
    throw new SemcrcError('usage', `--labels ${labels} is no label scheme; there are ${known}`, {
      data: { labels },
    });
  }
  const text = await readFile(labels, 'utf8').catch((cause: unknown) => {
    throw new SemcrcError('bad-input', `cannot read the label map ${labels}: ${(cause as Error).message}`, {
      data: { file: labels },
      cause,
    });
  });
  return assignGroups(parseLabelMap(text, labels), extraLabels);
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
function contentOf(labelling: Labelling, options: ScanOptions): object {
  return {
    kind: 'semcrc/scans@1',
    labels: labelling.labels,
    groups: [...labelling.scheme.names.keys()].map((number) => [number, labelling.groupOf[number]]),
    window: options.window ?? abdomenWindow,
    predictionUnits: options.predictionUnits ?? 'window',
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

/** A source over the files of scans, every slice as the files hold it (`--prepare none`). */
export async function openScans(
  name: string,
  scans: readonly ScanFiles[],
  options: ScanOptions,
  hooks: SourceHooks = {},
): Promise<Source> {
  const labelling = await resolveLabelling(options.labels, options.extraLabels);
  const digest = options.digest ?? (await digestScans(scans, contentOf(labelling, options)));
  const byId = new Map(scans.map((files) => [files.scan, files]));
  const said = new Set<string>();
  const { warn } = hooks;
  const once = (message: string) => {
    if (!said.has(message)) warn?.(message);
    said.add(message);
  };
  return {
    name,
    ids: scans.map(({ scan }) => scan),
    patients: scans.map(({ patient }) => patient),
    labels: labelling.labels,
    digest,
    read(id) {
      const files = byId.get(id);
      if (!files) {
        return Promise.reject(
          new SemcrcError('usage', `${name} has no scan "${id}"`, { data: { scan: id } }),
        );
      }
      return readWholeScan(files, {
        labelling,
        ...(options.window ? { window: options.window } : {}),
        ...(options.predictionUnits ? { predictionUnits: options.predictionUnits } : {}),
        ...(warn ? { warn: once } : {}),
      });
    },
  };
}

/** Reads a manifest file; paths in it are taken relative to its folder. @throws SemcrcError `bad-input`. */
export async function readManifest(
  path: string,
): Promise<{ scans: readonly ScanFiles[]; warnings: readonly string[] }> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    const { code } = cause as NodeJS.ErrnoException;
    const reason =
      code === 'ENOENT'
        ? 'there is no such file'
        : code === 'EISDIR'
          ? 'it is a folder'
          : (cause as Error).message;
    throw new SemcrcError('bad-input', `cannot read the manifest ${path}: ${reason}`, {
      data: { file: path },
      cause,
    });
  });
  const { scans, warnings } = parseManifest(text, path);
  const folder = dirname(path);
  return {
    warnings,
    scans: scans.map((files) => ({
      ...files,
      ...Object.fromEntries(filesOf(files).map(([role, file]) => [role, resolve(folder, file)])),
    })),
  };
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
  const { scans, warnings } = await readManifest(path);
  for (const warning of warnings) hooks.warn?.(warning);
  return openScans(path, scans, options, hooks);
}
