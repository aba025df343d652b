import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { reasonOf, unwritable, writeFileAtomic } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';
import * as zarr from 'zarrita';
import type { Span } from './beams.ts';
import { digestOf } from './digest.ts';
import { Draft, exists, type Replace } from './draft.ts';
import { valuesPerView } from './geometry.ts';
import { addNoise, largestIntegral } from './noise.ts';
import { parseFacts, SINOGRAM_SCHEMA, type SinogramFacts, viewBlocks, viewsPerBlock } from './sinogram.ts';

/** The array of integrals in the store: view × column × row. */
const INTEGRALS = 'integrals';
/** Codecs that are read. crc32c is not: zarrita drops its checksum unseen. */
const READ_CODECS = new Set(['bytes', 'gzip', 'zstd', 'blosc']);

/** What stands at the place of a sinogram before its blocks are projected. */
export type SinogramProgress =
  | { readonly state: 'finished' }
  /** `pending`: numbers of the blocks of {@link viewBlocks} that are not projected. */
  | { readonly state: 'begun'; readonly pending: readonly number[] };

/** A folder as zarrita sees a store: a chunk that is missing is an error, where zarrita would hand out its fill value. */
class SinogramFolder {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    const path = join(this.folder, key);
    try {
      return new Uint8Array(await readFile(path));
    } catch (cause) {
      const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
      if (missing && key.endsWith('.json')) return undefined;
      const reason = missing
        ? 'the chunk is missing; project the volume again with `force`'
        : `cannot be read: ${reasonOf(cause)}`;
      throw new SemcrcError('bad-input', `${path}: ${reason}`, {
        data: { file: path, ...(missing ? { options: ['force'] } : {}) },
        cause,
      });
    }
  }

  async set(key: string, value: Uint8Array): Promise<void> {
    const path = join(this.folder, key);
    await mkdir(dirname(path), { recursive: true });
    await writeFileAtomic(path, value);
  }
}

const cleanName = (block: number) => `clean-${block}.f32`;
const builtOf = (draft: Draft) => join(draft.folder, 'store');
const chunkOf = (draft: Draft, block: number) =>
  join(builtOf(draft), INTEGRALS, 'c', String(block), '0', '0');

/**
 * Begins a sinogram at `path`, or takes up one that was interrupted: its blocks wait in `<path>.partial`.
 *
 * @throws SemcrcError `usage` when something else stands at the path, unless it is a sinogram that may be replaced; `bad-input`
 *   when this very sinogram stands there and is damaged.
 */
export async function beginSinogram(
  path: string,
  facts: SinogramFacts,
  replace: Replace = 'keep',
): Promise<SinogramProgress> {
  const digest = digestOf(facts);
  if (await exists(path)) {
    const found = await openSinogram(path).catch(() => undefined);
    if (found && digestOf(found.facts) === digest && replace === 'keep') {
      // A chunk that is gone or damaged is told now, not when somebody reconstructs.
      for (const span of viewBlocks(facts.geometry)) await found.read(span);
      return { state: 'finished' };
    }
    if (!found || replace === 'keep') {
      throw new SemcrcError(
        'usage',
        found
          ? `${path} is a sinogram of another volume or with other options; choose another \`out\`, or replace it with \`force\``
          : `${path} exists and is no sinogram; choose another \`out\``,
        { data: { file: path, options: ['out', 'force'] } },
      );
    }
  }
  const draft = await Draft.begin(path, digest, replace);
  const perView = valuesPerView(facts.geometry);
  const pending: number[] = [];
  for (const [block, { from, to }] of viewBlocks(facts.geometry).entries()) {
    if (!(await draft.has(cleanName(block), (to - from) * perView))) pending.push(block);
  }
  return { state: 'begun', pending };
}

/** Keeps the integrals of a block, without noise. @throws SemcrcError `bad-input` when they cannot be written. */
export async function writeBlock(path: string, block: number, integrals: Float32Array): Promise<void> {
  await Draft.of(path).write(cleanName(block), integrals);
}

async function readBlock(path: string, { geometry }: SinogramFacts, block: number): Promise<Float32Array> {
  const { from, to } = viewBlocks(geometry)[block];
  return Draft.of(path).read(cleanName(block), (to - from) * valuesPerView(geometry));
}

/** The largest integral of a block that was kept. */
export async function largestOfBlock(path: string, facts: SinogramFacts, block: number): Promise<number> {
  return largestIntegral(await readBlock(path, facts, block));
}

/**
 * Adds noise to a block that was kept, and puts it among the chunks of the store to be. Does nothing where that was done.
 *
 * @param maximum of the integrals of all blocks.
 */
export async function finishBlock(
  path: string,
  facts: SinogramFacts,
  block: number,
  maximum: number,
): Promise<void> {
  const { geometry, noise } = facts;
  const draft = Draft.of(path);
  const chunk = chunkOf(draft, block);
  const perBlock = viewsPerBlock(geometry) * valuesPerView(geometry);
  const found = await stat(chunk).catch(() => undefined);
  if (found?.size === 4 * perBlock) return;
  const data = await readBlock(path, facts, block);
  addNoise({ ...viewBlocks(geometry)[block], data }, noise, maximum);
  // Chunks at the end of an array are whole ones, too.
  const whole = new Float32Array(perBlock).fill(Number.NaN);
  whole.set(data);
  await mkdir(dirname(chunk), { recursive: true });
  await writeFileAtomic(chunk, new Uint8Array(whole.buffer));
}

/**
 * Puts the sinogram in place once every block is finished. Interrupted at any moment, it can be called again.
 *
 * @throws SemcrcError `bad-input` when the disk is full or fails.
 */
export async function finishSinogram(path: string, facts: SinogramFacts): Promise<void> {
  const { geometry } = facts;
  const { views, columns, rows } = geometry;
  const draft = Draft.of(path);
  const built = builtOf(draft);
  const root = zarr.root(new SinogramFolder(built));
  await zarr.create(root, { attributes: { schema: SINOGRAM_SCHEMA, ...facts } });
  await zarr.create(root.resolve(INTEGRALS), {
    shape: [views, columns, rows],
    chunkShape: [viewsPerBlock(geometry), columns, rows],
    dtype: 'float32',
    codecs: [{ name: 'bytes', configuration: { endian: 'little' } }],
    // Never a value of the data: whoever reads a chunk that is not there must notice.
    fillValue: Number.NaN,
    dimensionNames: ['view', 'column', 'row'],
  });
  try {
    if (await exists(path)) {
      const old = join(draft.folder, 'replaced');
      await rm(old, { recursive: true, force: true });
      await rename(path, old);
    }
    await rename(built, path);
  } catch (cause) {
    throw unwritable(path, cause);
  }
  await draft.remove();
}

/** A sinogram on disk. */
export interface StoredSinogram {
  readonly facts: SinogramFacts;
  /**
   * Integrals of views `from` … `to`, rows fastest.
   *
   * @param rows those wanted; all when left out.
   * @throws SemcrcError `bad-input` for a chunk that is missing, short or damaged.
   */
  read(views: Span, rows?: Span): Promise<Float32Array>;
}

/**
 * Opens a sinogram.
 *
 * @throws SemcrcError `bad-input` when there is none at the path, or it is none.
 */
export async function openSinogram(path: string): Promise<StoredSinogram> {
  const folder = new SinogramFolder(path);
  const refuse = (problem: string, cause?: unknown): never => {
    throw new SemcrcError('bad-input', `${path}: ${problem}`, { data: { file: path }, cause });
  };
  const found = await stat(path).catch(() => refuse('there is no such sinogram'));
  if (!found.isDirectory()) refuse('expected a sinogram, which is a folder, found a file');
  let attributes: unknown;
  let array: zarr.Array<zarr.DataType, SinogramFolder>;
  let codecs: readonly string[];
  try {
    const root = zarr.root(folder);
    attributes = (await zarr.open.v3(root, { kind: 'group' })).attrs;
    array = await zarr.open.v3(root.resolve(INTEGRALS), { kind: 'array' });
    const bytes = await readFile(join(path, INTEGRALS, 'zarr.json'), 'utf8');
    codecs = (JSON.parse(bytes) as { codecs: readonly { name: string }[] }).codecs.map(({ name }) => name);
  } catch (cause) {
    return refuse(`is no sinogram: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
  const facts = parseFacts(attributes, path);
  const { views, columns, rows } = facts.geometry;
  const [perChunk] = array.chunks;
  if (array.dtype !== 'float32') refuse(`expected float32 integrals, found ${array.dtype}`);
  if (array.shape.join() !== [views, columns, rows].join()) {
    refuse(
      `expected ${views} × ${columns} × ${rows} integrals (view × column × row), found ${array.shape.join(' × ')}`,
    );
  }
  if (array.chunks[1] !== columns || array.chunks[2] !== rows) {
    refuse(`expected chunks of whole views, found chunks of ${array.chunks.join(' × ')}`);
  }
  const unread = codecs.find((name) => !READ_CODECS.has(name));
  if (unread !== undefined) refuse(`the codec ${unread} is not read; write plain or compressed chunks`);
  return {
    facts,
    async read({ from, to }, wanted = { from: 0, to: rows }) {
      const lines = wanted.to - wanted.from;
      const out = new Float32Array((to - from) * columns * lines);
      for (let block = Math.floor(from / perChunk); block * perChunk < to; block++) {
        const data = await readChunk(array, block, join(path, INTEGRALS, 'c', String(block)));
        const first = Math.max(from, block * perChunk);
        const last = Math.min(to, (block + 1) * perChunk);
        let target = (first - from) * columns * lines;
        for (
          let line = (first - block * perChunk) * columns;
          line < (last - block * perChunk) * columns;
          line++
        ) {
          const start = line * rows + wanted.from;
          for (let row = 0; row < lines; row++, target++) {
            const value = data[start + row];
            if (!Number.isFinite(value)) {
              refuse(
                `a value of view ${block * perChunk + Math.floor(line / columns)} is ${value}; project the volume again with force`,
              );
            }
            out[target] = value;
          }
        }
      }
      return out;
    },
  };
}

async function readChunk(
  array: zarr.Array<zarr.DataType, SinogramFolder>,
  block: number,
  path: string,
): Promise<Float32Array> {
  let data: Float32Array;
  try {
    data = (await array.getChunk([block, 0, 0])).data as Float32Array;
  } catch (cause) {
    if (cause instanceof SemcrcError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SemcrcError('bad-input', `${path}: the chunk cannot be read: ${reason}`, {
      data: { file: path },
      cause,
    });
  }
  const expected = array.chunks.reduce((product, length) => product * length, 1);
  if (data.length !== expected) {
    throw new SemcrcError(
      'bad-input',
      `${path}: the chunk holds ${data.length} values, expected ${expected}; project the volume again with force`,
      { data: { file: path } },
    );
  }
  return data;
}
