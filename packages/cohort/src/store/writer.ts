import { copyFile, link, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { LeftOut, MendedVoxels } from '@semcrc/core';
import { unwritable } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';
import * as zarr from 'zarrita';
import { mapConcurrently } from './concurrency.ts';
import { draftOf, exists, readPlan, readRecord, type ScanRecord, scanFolder } from './draft.ts';
import { FolderStore } from './folder-store.ts';
import {
  arraysOf,
  STORE_SCHEMA,
  type StoreAttributes,
  shapeOfArray,
  slotsOf,
  typeOfArray,
} from './format.ts';

/** What a finished store holds. */
export interface StoreSummary {
  readonly path: string;
  readonly kept: readonly string[];
  readonly leftOut: readonly LeftOut[];
  /** slices, height, width of every scan. */
  readonly shape: readonly [number, number, number];
  readonly mended: MendedVoxels;
}

/** A name for the same bytes, which are on the disk; a copy where the file system has no hard links. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch {
    await copyFile(from, to);
    const copy = await open(to, 'r+');
    await copy.sync().finally(() => copy.close());
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
  const records = await mapConcurrently(plan.ids, (_, index) => readRecord(path, index, plan));
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
      `no scan can be kept: all ${plan.ids.length} are left out, ${leftOut[0]?.scan} because ${leftOut[0]?.reason}; preparing with \`check\` ` +
        'lists the reasons of all, and the options that would let them pass',
      { data: { leftOut: leftOut.length, options: ['check'] } },
    );
  }
  const { shape } = first.record;
  const odd = kept.find(({ record }) => record.shape.join() !== shape.join());
  if (odd) {
    throw new SemcrcError(
      'usage',
      `a prepared cohort holds scans of one shape: ${first.record.scan} has ${shape.join(' × ')}, ` +
        `${odd.record.scan} has ${odd.record.shape.join(' × ')} slices × height × width; \`prepare\` paper brings them to one, ` +
        'or use the manifest itself',
      { data: { scans: [first.record.scan, odd.record.scan], options: ['prepare'] } },
    );
  }

  const names = arraysOf(plan.volumes);
  const { preparing } = plan;
  const finished = kept.map(({ record }) => record);
  const attributes: StoreAttributes = {
    schema: STORE_SCHEMA,
    scans: finished.map(({ scan }) => scan),
    patients: kept.map(({ index }) => plan.patients[index] as string),
    ...(plan.sites === undefined ? {} : { sites: kept.map(({ index }) => plan.sites?.[index] as string) }),
    labels: plan.labels,
    ...(plan.fingerprints === undefined
      ? {}
      : { fingerprints: kept.map(({ index }) => plan.fingerprints?.[index] as string) }),
    window: preparing.window && [...preparing.window],
    spacing: preparing.spacing && [...preparing.spacing],
    source: { name: plan.name, digest: plan.digest, leftOut, preparing },
    checksums: Object.fromEntries(
      names.map((name) => [name, finished.map(({ checksums }) => checksums[name] as number)]),
    ),
    mended: {
      clipped: finished.map(({ mended }) => mended.clipped),
      crossed: finished.map(({ mended }) => mended.crossed),
    },
    ...(finished.every(({ affine }) => affine !== undefined)
      ? { affines: finished.map(({ affine }) => [...affine!]) }
      : {}),
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
      const dtype = typeOfArray(name, plan.labelBytes);
      const own = shapeOfArray(name, shape, slotsOf(plan.labels));
      await zarr.create(root.resolve(name), {
        shape: [kept.length, ...own],
        chunkShape: [1, ...own],
        dtype,
        codecs: [{ name: 'bytes', configuration: { endian: 'little' } }],
        // Never a value of the data: whoever reads a chunk that is not there must notice.
        fillValue: dtype === 'float32' ? Number.NaN : dtype === 'uint8' ? 255 : 65535,
        dimensionNames: ['scan', 'slice', 'height', 'width'],
      });
      await mapConcurrently(kept, async ({ index }, position) => {
        const chunk = join(built, name, 'c', String(position), '0', '0', '0');
        await mkdir(dirname(chunk), { recursive: true });
        await linkOrCopy(join(scanFolder(path, index), name), chunk);
      });
    }
    if (await exists(path)) await rename(path, old);
    await rename(built, path);
    await rm(draftOf(path), { recursive: true, force: true });
  } catch (cause) {
    throw unwritable(path, cause);
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
