import { dirname, resolve } from 'node:path';
import { readTextFile } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';
import {
  type AppliedScanFiles,
  filesOf,
  parseApplyManifest,
  parseManifest,
  type ScanFiles,
  type ScanList,
} from './manifest.ts';

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
