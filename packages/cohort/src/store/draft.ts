import { lstat, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Labels, MendedVoxels, Preparing } from '@semcrc/core';
import { readTextFile, unwritable, writeFileAtomic, writeFolderAtomic } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';
import type { Prepared } from '../scan/prepared.ts';
import { mapConcurrently } from './concurrency.ts';
import {
  arrayOf,
  arraysOf,
  type OptionalVolumes,
  STORE_SCHEMA,
  type StoreArray,
  shapeOfArray,
  slotsOf,
  typeOfArray,
} from './format.ts';
import { LONGEST_METADATA } from './store-place.ts';

/** What a prepared cohort will hold: everything that is known before the first scan is read. */
export interface StorePlan {
  /** Digest of the source with every option that decides what is written. */
  readonly digest: string;
  /** Scans in cohort order, before any is left out, and their patients. */
  readonly ids: readonly string[];
  readonly patients: readonly string[];
  readonly labels: Labels;
  readonly volumes: OptionalVolumes;
  readonly labelBytes: 1 | 2;
  /** What the source is called, for the reader of the store. */
  readonly name: string;
  /** How the scans are made of files. */
  readonly preparing: Preparing;
  /** Fingerprint of each scan's ground truth, parallel to `ids`. */
  readonly fingerprints?: readonly string[];
  /** Digest of each scan's files, parallel to `ids`: whoever prepares it later sees whether they are still the same. */
  readonly scanDigests?: readonly string[];
  /** Digest of the options and the list of scans, without the content of any file. */
  readonly making?: string;
}

/** What is remembered of a written scan beside its voxels. */
export type ScanRecord =
  | {
      readonly state: 'kept';
      readonly scan: string;
      readonly shape: readonly [number, number, number];
      readonly mended: MendedVoxels;
      /** Where its voxels lie, if its slices adjoin. */
      readonly affine?: readonly number[];
      readonly checksums: Readonly<Record<string, number>>;
    }
  | { readonly state: 'left-out'; readonly scan: string; readonly reason: string };

const BYTES = { float32: 4, uint8: 1, uint16: 2 } as const;

/** The folder where scans wait until the last is written. */
export const draftOf = (path: string) => `${path.replace(/\/+$/, '')}.partial`;
const planFile = (path: string) => join(draftOf(path), 'plan.json');
/** Where a written scan waits, by its place in the plan. */
export const scanFolder = (path: string, index: number) => join(draftOf(path), 'scans', String(index));

/** Whether anything stands at a path, be it a link to nowhere. */
export async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/** What is remembered of a scan of a begun store; undefined when it is not written whole. */
export async function readRecord(
  path: string,
  index: number,
  plan: StorePlan,
): Promise<ScanRecord | undefined> {
  const folder = scanFolder(path, index);
  let record: ScanRecord;
  try {
    record = JSON.parse(await readTextFile(join(folder, 'scan.json'))) as ScanRecord;
  } catch {
    return undefined;
  }
  if (record.state === 'left-out') return record;
  // Files are on the disk before their folder has its name, but a disk may fail, and a folder may be copied in part.
  for (const name of arraysOf(plan.volumes)) {
    const [slices, height, width] = shapeOfArray(name, record.shape, slotsOf(plan.labels));
    const size = slices * height * width * BYTES[typeOfArray(name, plan.labelBytes)];
    const found = await stat(join(folder, name)).catch(() => undefined);
    if (found?.size !== size) return undefined;
  }
  return record;
}

/** The plan a store was begun with. @throws SemcrcError `usage` when none was. */
export async function readPlan(path: string): Promise<StorePlan> {
  try {
    return JSON.parse(await readTextFile(planFile(path), { limit: LONGEST_METADATA })) as StorePlan;
  } catch (cause) {
    throw new SemcrcError('usage', `${draftOf(path)} holds no plan: begin the store first`, { cause });
  }
}

/** The plan of a store that was begun and is not finished; undefined where there is none. */
export async function begunPlan(path: string): Promise<StorePlan | undefined> {
  return (await draftState(path)) === 'begun' ? readPlan(path) : undefined;
}

/** Digest of the source a finished store was written from; undefined when `path` is no prepared cohort. */
export async function finishedDigest(path: string): Promise<string | undefined> {
  try {
    const { attributes } = JSON.parse(
      await readTextFile(join(path, 'zarr.json'), { limit: LONGEST_METADATA }),
    );
    if (attributes.schema !== STORE_SCHEMA) return undefined;
    return String(attributes.source?.digest ?? 'unknown');
  } catch {
    return undefined;
  }
}

/**
 * What stands where a store's scans are collected: nothing that matters (a process may have been killed before its plan was
 * written), a store begun by semcrc, or anything else, which nobody here may touch.
 */
async function draftState(path: string): Promise<'none' | 'begun' | 'foreign'> {
  const draft = draftOf(path);
  const found = await lstat(draft).catch(() => undefined);
  if (found === undefined) return 'none';
  if (!found.isDirectory()) return 'foreign';
  const names = await readdir(draft);
  if (names.every((name) => name.startsWith('.plan.json.'))) return 'none';
  const plan = names.includes('plan.json') ? await readPlan(path).catch(() => undefined) : undefined;
  return typeof plan?.digest === 'string' && Array.isArray(plan.ids) ? 'begun' : 'foreign';
}

/** How far the store at a path has come. */
export type StoreProgress =
  | { readonly state: 'finished' }
  /** `pending`: ids still to be written, in cohort order. */
  | { readonly state: 'begun'; readonly pending: readonly string[] };

/**
 * Begins a prepared cohort at `path`, or takes up one that was interrupted. Scans are collected in `<path>.partial`;
 * `finishStore` puts the store in place in one step.
 *
 * @param replace whether a finished or begun store of other content gives way.
 * @param own ids that the caller means to write: only these are looked for. All of them by default.
 * @throws SemcrcError `usage` when other content stands at `path` or was begun there and `replace` is not set, and always
 *   when what stands there is no prepared cohort.
 */
export async function beginStore(
  path: string,
  plan: StorePlan,
  replace: 'keep' | 'replace' = 'keep',
  own: readonly string[] = plan.ids,
): Promise<StoreProgress> {
  if (await exists(path)) {
    const finished = await finishedDigest(path);
    if (finished === plan.digest && replace === 'keep') {
      if ((await draftState(path)) === 'begun') await rm(draftOf(path), { recursive: true, force: true });
      return { state: 'finished' };
    }
    if (finished === undefined || replace === 'keep') {
      throw new SemcrcError(
        'usage',
        finished === undefined
          ? `${path} exists and is no prepared cohort; choose another \`out\``
          : `${path} was prepared from other input or with other options; choose another \`out\`, or replace it with \`force\``,
        { data: { file: path, options: ['out', 'force'] } },
      );
    }
  }
  const draft = await draftState(path);
  if (draft === 'foreign') {
    throw new SemcrcError(
      'usage',
      `${draftOf(path)} is there already, and is no cohort begun by semcrc; choose another \`out\``,
      { data: { file: draftOf(path), options: ['out'] } },
    );
  }
  if (draft === 'begun') {
    const begun = await readPlan(path);
    if (begun.digest === plan.digest) {
      const places = new Map(plan.ids.map((id, index) => [id, index]));
      const records = await mapConcurrently(own, (id) => readRecord(path, places.get(id) ?? -1, plan));
      return { state: 'begun', pending: own.filter((_, at) => records[at] === undefined) };
    }
    if (replace === 'keep') {
      throw new SemcrcError(
        'usage',
        `${draftOf(path)} was begun from other input or with other options; finish that one first, or start over with \`force\``,
        { data: { file: draftOf(path), options: ['force'] } },
      );
    }
  }
  await rm(draftOf(path), { recursive: true, force: true });
  // The last step by itself: in one, a file system that is read-only would count as a folder that is not there.
  await mkdir(dirname(draftOf(path)), { recursive: true })
    .then(() => mkdir(draftOf(path)))
    .catch((cause: unknown) => {
      throw unwritable(draftOf(path), cause);
    });
  await writeFileAtomic(planFile(path), JSON.stringify(plan));
  return { state: 'begun', pending: own };
}

/**
 * Writes one prepared scan, all of it or nothing, even if the machine loses power: the finished store has links to these very
 * files. Any process may write any scan, at any time between begin and finish.
 *
 * @throws SemcrcError `bad-input` when it cannot be written (disk full, no permission), `usage` when `id` is not planned.
 */
export async function writeScan(path: string, id: string, prepared: Prepared): Promise<void> {
  const plan = await readPlan(path);
  const index = plan.ids.indexOf(id);
  if (index < 0) throw new SemcrcError('usage', `${path} was not planned to hold a scan "${id}"`);
  const files: [name: string, content: Uint8Array | string][] = [];
  let record: ScanRecord;
  if (prepared.state === 'left-out') {
    record = { state: 'left-out', scan: id, reason: prepared.reason };
  } else {
    const { sample } = prepared;
    const checksums: Record<string, number> = {};
    for (const name of arraysOf(plan.volumes)) {
      const voxels = voxelsOf(prepared, name, plan);
      checksums[name] = crc32(voxels);
      files.push([name, new Uint8Array(voxels.buffer, voxels.byteOffset, voxels.byteLength)]);
    }
    const { shape, mended, affine } = sample;
    record = { state: 'kept', scan: id, shape, mended, ...(affine ? { affine } : {}), checksums };
  }
  try {
    await writeFolderAtomic(scanFolder(path, index), [...files, ['scan.json', JSON.stringify(record)]]);
  } catch (error) {
    const code = error instanceof SemcrcError && (error.cause as NodeJS.ErrnoException | undefined)?.code;
    // Another process wrote the same scan in the meantime.
    if ((code === 'ENOTEMPTY' || code === 'EEXIST') && (await readRecord(path, index, plan))) return;
    throw error;
  }
}

function voxelsOf(
  prepared: Extract<Prepared, { state: 'kept' }>,
  name: StoreArray,
  plan: StorePlan,
): Float32Array | Uint8Array | Uint16Array {
  const voxels = arrayOf(prepared, name);
  if (!voxels)
    throw new SemcrcError(
      'internal',
      `scan ${prepared.sample.id} has no ${name}, but the store is to hold it`,
    );
  if (name === 'groups' && voxels.BYTES_PER_ELEMENT !== plan.labelBytes) {
    return plan.labelBytes === 1 ? Uint8Array.from(voxels) : Uint16Array.from(voxels);
  }
  return voxels;
}
