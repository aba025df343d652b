import { randomBytes } from 'node:crypto';
import { copyFile, link, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Labels, MendedVoxels, Sample } from '@semcrc/core';
import { SemcrcError } from '@semcrc/kernels';
import * as zarr from 'zarrita';
import { cannotWrite, FolderStore, writeBeside } from './folder-store.ts';
import type { Prepared } from './prepare.ts';
import { arraysOf, STORE_SCHEMA, type StoreArray, type StoreAttributes } from './store-format.ts';

/** What a prepared cohort will hold: everything that is known before the first scan is read. */
export interface StorePlan {
  /** Digest of the source with every option that decides what is written. */
  readonly digest: string;
  /** Scans in cohort order, before any is left out, and their patients. */
  readonly ids: readonly string[];
  readonly patients: readonly string[];
  readonly labels: Labels;
  readonly withPoint: boolean;
  readonly groupBytes: 1 | 2;
  /** HU that became 0 and 1. */
  readonly window: readonly [number, number];
  /** Spacing in mm (x, y, z) the scans were resampled to; null where they keep their own. */
  readonly spacing: readonly [number, number, number] | null;
  /** Where the scans come from, for the reader of the store: the source's name, options, versions. */
  readonly source: Readonly<Record<string, unknown>>;
}

/** A scan of the source that the cohort does not hold, and why. */
export interface LeftOut {
  readonly scan: string;
  readonly reason: string;
}

/** What a finished store holds. */
export interface StoreSummary {
  readonly path: string;
  readonly kept: readonly string[];
  readonly leftOut: readonly LeftOut[];
  /** slices, height, width of every scan. */
  readonly shape: readonly [number, number, number];
  readonly mended: MendedVoxels;
}

/** What is remembered of a written scan beside its voxels. */
type ScanRecord =
  | {
      readonly state: 'kept';
      readonly scan: string;
      readonly shape: readonly [number, number, number];
      readonly mended: MendedVoxels;
      readonly checksums: Readonly<Record<string, number>>;
    }
  | { readonly state: 'left-out'; readonly scan: string; readonly reason: string };

/** Where the scans wait until the last is written. */
const draftOf = (path: string) => `${path.replace(/\/+$/, '')}.partial`;
const planFile = (path: string) => join(draftOf(path), 'plan.json');
const scanFolder = (path: string, index: number) => join(draftOf(path), 'scans', String(index));

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function readRecord(path: string, index: number, plan: StorePlan): Promise<ScanRecord | undefined> {
  const folder = scanFolder(path, index);
  let record: ScanRecord;
  try {
    record = JSON.parse(await readFile(join(folder, 'scan.json'), 'utf8')) as ScanRecord;
  } catch {
    return undefined;
  }
  if (record.state === 'left-out') return record;
  // A machine that lost power may have renamed a folder before its files reached the disk.
  const voxels = record.shape[0] * record.shape[1] * record.shape[2];
  for (const name of arraysOf(plan.withPoint)) {
    const size = voxels * (name === 'groups' ? plan.groupBytes : 4);
    const found = await stat(join(folder, name)).catch(() => undefined);
    if (found?.size !== size) return undefined;
  }
  return record;
}

async function readPlan(path: string): Promise<StorePlan> {
  try {
    return JSON.parse(await readFile(planFile(path), 'utf8')) as StorePlan;
  } catch (cause) {
    throw new SemcrcError('internal', `${draftOf(path)} holds no plan: begin the store first`, { cause });
  }
}

/** Digest of the source a finished store was written from; undefined when `path` is no prepared cohort. */
async function finishedDigest(path: string): Promise<string | undefined> {
  try {
    const { attributes } = JSON.parse(await readFile(join(path, 'zarr.json'), 'utf8'));
    if (attributes.schema !== STORE_SCHEMA) return undefined;
    return String(attributes.source?.digest ?? 'unknown');
  } catch {
    return undefined;
  }
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
 * @throws SemcrcError `usage` when other content stands at `path` or was begun there and `replace` is not set, and always
 *   when what stands there is no prepared cohort.
 */
export async function beginStore(
  path: string,
  plan: StorePlan,
  replace: 'keep' | 'replace' = 'keep',
): Promise<StoreProgress> {
  if (await exists(path)) {
    const finished = await finishedDigest(path);
    if (finished === plan.digest && replace === 'keep') {
      await rm(draftOf(path), { recursive: true, force: true });
      return { state: 'finished' };
    }
    if (finished === undefined || replace === 'keep') {
      throw new SemcrcError(
        'usage',
        finished === undefined
          ? `${path} exists and is no prepared cohort; choose another --out`
          : `${path} was prepared from other input or with other options; choose another --out, or replace it with --force`,
        { data: { file: path } },
      );
    }
  }
  if (await exists(planFile(path))) {
    const begun = await readPlan(path);
    if (begun.digest === plan.digest) {
      const records = await Promise.all(plan.ids.map((_, index) => readRecord(path, index, plan)));
      return { state: 'begun', pending: plan.ids.filter((_, index) => records[index] === undefined) };
    }
    if (replace === 'keep') {
      throw new SemcrcError(
        'usage',
        `${draftOf(path)} was begun from other input or with other options; finish that one first, or start over with --force`,
        { data: { file: draftOf(path) } },
      );
    }
  }
  await rm(draftOf(path), { recursive: true, force: true });
  await writeBeside(planFile(path), JSON.stringify(plan));
  return { state: 'begun', pending: plan.ids };
}

/**
 * Writes one prepared scan, all of it or nothing; any process may write any scan, at any time between begin and finish.
 *
 * @throws SemcrcError `bad-input` when it cannot be written (disk full, no permission), `usage` when `id` is not planned.
 */
export async function writeScan(path: string, id: string, prepared: Prepared): Promise<void> {
  const plan = await readPlan(path);
  const index = plan.ids.indexOf(id);
  if (index < 0) throw new SemcrcError('usage', `${path} was not planned to hold a scan "${id}"`);
  const folder = scanFolder(path, index);
  const beside = `${folder}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await mkdir(beside, { recursive: true });
    let record: ScanRecord;
    if (prepared.state === 'left-out') {
      record = { state: 'left-out', scan: id, reason: prepared.reason };
    } else {
      const { sample } = prepared;
      const checksums: Record<string, number> = {};
      for (const name of arraysOf(plan.withPoint)) {
        const voxels = voxelsOf(sample, name, plan);
        checksums[name] = crc32(voxels);
        await writeFile(join(beside, name), voxels);
      }
      record = { state: 'kept', scan: id, shape: sample.shape, mended: sample.mended, checksums };
    }
    await writeFile(join(beside, 'scan.json'), JSON.stringify(record));
    await rm(folder, { recursive: true, force: true });
    await rename(beside, folder);
  } catch (cause) {
    await rm(beside, { recursive: true, force: true });
    if (cause instanceof SemcrcError) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    // Another process wrote the same scan in the meantime.
    if ((code === 'ENOTEMPTY' || code === 'EEXIST') && (await readRecord(path, index, plan))) return;
    throw cannotWrite(folder, cause);
  }
}

function voxelsOf(
  sample: Sample,
  name: StoreArray,
  plan: StorePlan,
): Float32Array | Uint8Array | Uint16Array {
  const voxels = sample[name];
  if (!voxels)
    throw new SemcrcError('internal', `scan ${sample.id} has no ${name}, but the store is to hold it`);
  if (name === 'groups' && voxels.BYTES_PER_ELEMENT !== plan.groupBytes) {
    return plan.groupBytes === 1 ? Uint8Array.from(voxels) : Uint16Array.from(voxels);
  }
  return voxels;
}

/** A name for the same bytes; a copy where the file system has no hard links. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch {
    await copyFile(from, to);
  }
}

/**
 * Puts the store in place once every scan is written: lays the Zarr group out beside `path`, renames it there, then drops
 * the draft. Interrupted at any moment, it can be called again.
 *
 * @throws SemcrcError `usage` when scans are missing or kept scans differ in shape (a store holds one shape);
 *   `bad-input` when no scan was kept or the disk is full.
 */
export async function finishStore(path: string): Promise<StoreSummary> {
  const plan = await readPlan(path);
  const records = await Promise.all(plan.ids.map((_, index) => readRecord(path, index, plan)));
  const missing = plan.ids.filter((_, index) => records[index] === undefined);
  if (missing.length > 0) {
    throw new SemcrcError(
      'usage',
      `${path} cannot be finished: ${missing.length} scans are not written, ${missing[0]} first`,
    );
  }
  const kept: { index: number; record: ScanRecord & { state: 'kept' } }[] = [];
  const leftOut: LeftOut[] = [];
  (records as ScanRecord[]).forEach((record, index) => {
    if (record.state === 'kept') kept.push({ index, record });
    else leftOut.push({ scan: record.scan, reason: record.reason });
  });
  const first = kept[0];
  if (!first) {
    throw new SemcrcError(
      'bad-input',
      `no scan can be kept: all ${plan.ids.length} are left out, ${leftOut[0]?.scan} because ${leftOut[0]?.reason}`,
      { data: { leftOut: leftOut.length } },
    );
  }
  const { shape } = first.record;
  const odd = kept.find(({ record }) => record.shape.join() !== shape.join());
  if (odd) {
    throw new SemcrcError(
      'usage',
      `a prepared cohort holds scans of one shape: ${first.record.scan} has ${shape.join(' × ')}, ` +
        `${odd.record.scan} has ${odd.record.shape.join(' × ')} slices × height × width; prepare with --prepare paper, ` +
        'or use the manifest itself',
      { data: { scans: [first.record.scan, odd.record.scan] } },
    );
  }

  const names = arraysOf(plan.withPoint);
  const finished = kept.map(({ record }) => record);
  const attributes: StoreAttributes = {
    schema: STORE_SCHEMA,
    scans: finished.map(({ scan }) => scan),
    patients: kept.map(({ index }) => plan.patients[index] as string),
    labels: plan.labels,
    window: [...plan.window],
    spacing: plan.spacing && [...plan.spacing],
    source: { ...plan.source, digest: plan.digest, leftOut },
    checksums: Object.fromEntries(
      names.map((name) => [name, finished.map(({ checksums }) => checksums[name] as number)]),
    ),
    mended: {
      clipped: finished.map(({ mended }) => mended.clipped),
      crossed: finished.map(({ mended }) => mended.crossed),
    },
  };
  const built = join(draftOf(path), 'store');
  const old = join(draftOf(path), 'replaced');
  try {
    await rm(built, { recursive: true, force: true });
    await rm(old, { recursive: true, force: true });
    await mkdir(built, { recursive: true });
    const root = zarr.root(new FolderStore(built));
    await zarr.create(root, { attributes });
    for (const name of names) {
      const groups = name === 'groups';
      await zarr.create(root.resolve(name), {
        shape: [kept.length, ...shape],
        chunkShape: [1, ...shape],
        dtype: groups ? (plan.groupBytes === 1 ? 'uint8' : 'uint16') : 'float32',
        codecs: [{ name: 'bytes', configuration: { endian: 'little' } }],
        // Never a value of the data: whoever reads a chunk that is not there must notice.
        fillValue: groups ? (plan.groupBytes === 1 ? 255 : 65535) : Number.NaN,
        dimensionNames: ['scan', 'slice', 'height', 'width'],
      });
      await Promise.all(
        kept.map(async ({ index }, position) => {
          const chunk = join(built, name, 'c', String(position), '0', '0', '0');
          await mkdir(dirname(chunk), { recursive: true });
          await linkOrCopy(join(scanFolder(path, index), name), chunk);
        }),
      );
    }
    if (await exists(path)) await rename(path, old);
    await rename(built, path);
    await rm(draftOf(path), { recursive: true, force: true });
  } catch (cause) {
    if (cause instanceof SemcrcError) throw cause;
    throw cannotWrite(path, cause);
  }
  const mended = finished.reduce(
    (sum, record) => ({
      clipped: sum.clipped + record.mended.clipped,
      crossed: sum.crossed + record.mended.crossed,
    }),
    { clipped: 0, crossed: 0 },
  );
  return { path, kept: attributes.scans, leftOut, shape, mended };
}
