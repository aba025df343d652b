import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeVolume, type Volume } from '@semcrc/imaging';
import { readNifti } from '@semcrc/imaging/node';
import { loadProjector, type Projector } from '@semcrc/kernels';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  addNoise,
  type Geometry,
  largestIntegral,
  planFan,
  planHelix,
  projectViews,
  reconstructSlab,
  type SinogramFacts,
  sliceSlabs,
  valuesPerView,
  viewBlocks,
} from '../src/index.ts';
import {
  beginReconstruction,
  beginSinogram,
  finishBlock,
  finishReconstruction,
  finishSinogram,
  openSinogram,
  volumeDigest,
  writeBlock,
  writeSlab,
} from '../src/node.ts';
import { rasterize, sheppLogan } from './ellipsoids.ts';

let root: string;
let projector: Projector;
let path: string;
let count = 0;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'semcrc-sinogram-'));
  projector = await loadProjector();
});
afterAll(() => rmSync(root, { recursive: true }));
beforeEach(() => {
  path = join(root, `${++count}.zarr`);
});

const shape = [40, 24, 30] as const;
/** Whether arrays have the same bits; comparing millions of values one by one takes long. */
const sameBits = (a: Float32Array, b: Float32Array) =>
  Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(Buffer.from(b.buffer, b.byteOffset, b.byteLength));
/** A file in another voxel order than the scan, which is RAS: its y axis points to the back. */
const source = { shape, affine: [2, 0, 0, -30, 0, -2, 0, 46, 0, 0, 2, 0, 0, 0, 0, 1] };
const affine = [2, 0, 0, -30, 0, 2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1];
const volume: Volume = makeVolume(rasterize(sheppLogan(shape), shape, 2), shape, affine);
const tall = planHelix(shape, { maxViews: 7, maxColumns: 53 });
const helix: Geometry = planHelix(shape, { maxViews: 300, maxColumns: 53 });

function factsOf(geometry: Geometry, seed = 1): SinogramFacts {
  return {
    geometry,
    noise: { kind: 'poisson', photons: 1000, seed },
    volume: { name: 'ct.nii.gz', digest: volumeDigest(volume), affine, source, window: [-175, 250] },
  };
}

function integralsOf({ geometry, noise }: SinogramFacts): Float32Array {
  const data = projectViews(projector, volume, geometry);
  addNoise({ from: 0, to: geometry.views, data }, noise, largestIntegral(data));
  return data;
}

async function project(
  facts: SinogramFacts,
  blocks: (pending: readonly number[]) => readonly number[] = (all) => all,
  of = volume,
): Promise<void> {
  const progress = await beginSinogram(path, facts);
  if (progress.state === 'finished') return;
  for (const block of blocks(progress.pending)) {
    await writeBlock(
      path,
      block,
      projectViews(projector, of, facts.geometry, viewBlocks(facts.geometry)[block]),
    );
  }
}

async function finish(facts: SinogramFacts, of = volume): Promise<void> {
  const maximum = largestIntegral(projectViews(projector, of, facts.geometry));
  for (const [block] of viewBlocks(facts.geometry).entries()) await finishBlock(path, facts, block, maximum);
  await finishSinogram(path, facts);
}

describe('a stored sinogram', () => {
  it('holds the integrals and says what they are of', async () => {
    const facts = factsOf(helix);
    await project(facts);
    await finish(facts);
    expect(existsSync(`${path}.partial`)).toBe(false);
    const { facts: found, read } = await openSinogram(path);
    expect(found).toEqual(facts);
    const expected = integralsOf(facts);
    expect(await read({ from: 0, to: helix.views })).toEqual(expected);
    const perView = valuesPerView(helix);
    expect(await read({ from: 17, to: 23 })).toEqual(expected.slice(17 * perView, 23 * perView));
    const rows = await read({ from: 17, to: 18 }, { from: 2, to: 4 });
    const view = expected.slice(17 * perView, 18 * perView);
    expect(rows).toEqual(view.filter((_, i) => i % helix.rows === 2 || i % helix.rows === 3));
    expect(await beginSinogram(path, facts)).toEqual({ state: 'finished' });
  });

  it('is taken up where it stood, and has the same bytes then', async () => {
    // Many slices make blocks of few views.
    const high: Volume = makeVolume(new Float32Array(300 * 720).fill(0.5), [300, 24, 30], affine);
    const usual = factsOf(planFan(high.shape, { maxColumns: 91 }));
    const facts = { ...usual, volume: { ...usual.volume, source: { ...source, shape: high.shape } } };
    const blocks = viewBlocks(facts.geometry);
    expect(blocks.length).toBe(3);
    await project(facts, (pending) => pending.slice(1, 2), high);
    expect(await beginSinogram(path, facts)).toEqual({ state: 'begun', pending: [0, 2] });
    await project(facts, (pending) => pending, high);
    const clean = projectViews(projector, high, facts.geometry);
    await finishBlock(path, facts, 2, largestIntegral(clean));
    // Killed here, the next call finds one block finished and the others projected.
    expect(await beginSinogram(path, facts)).toEqual({ state: 'begun', pending: [] });
    await finish(facts, high);
    const { read } = await openSinogram(path);
    addNoise({ from: 0, to: facts.geometry.views, data: clean }, facts.noise, largestIntegral(clean));
    expect(sameBits(await read({ from: 0, to: facts.geometry.views }), clean)).toBe(true);
    const perView = valuesPerView(facts.geometry);
    const across = { from: blocks[0].to - 1, to: blocks[1].to + 1 };
    expect(sameBits(await read(across), clean.subarray(across.from * perView, across.to * perView))).toBe(
      true,
    );
  });

  it('of other content in the same place is refused, unless it may be replaced; what is no sinogram always is', async () => {
    await project(factsOf(tall));
    await expect(beginSinogram(path, factsOf(tall, 2))).rejects.toThrow(/begun from other input/);
    await finish(factsOf(tall));
    await expect(beginSinogram(path, factsOf(tall, 2))).rejects.toMatchObject({
      code: 'usage',
      data: { options: ['out', 'force'] },
    });
    expect(await beginSinogram(path, factsOf(tall, 2), 'replace')).toMatchObject({ state: 'begun' });
    const file = join(root, 'mine.txt');
    writeFileSync(file, 'mine');
    await expect(beginSinogram(file, factsOf(tall), 'replace')).rejects.toThrow(/exists and is no sinogram/);
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });

  it.each([
    ['missing', (chunk: string) => rmSync(chunk), /the chunk is missing; project the volume again/],
    ['short', (chunk: string) => truncateSync(chunk, 400), /the chunk (holds|cannot be read)/],
    [
      'of values that are no numbers',
      (chunk: string) =>
        writeFileSync(chunk, new Uint8Array(new Float32Array(7 * 53 * tall.rows).fill(Number.NaN).buffer)),
      /a value of view 0 is NaN/,
    ],
  ] as const)('with a chunk that is %s is refused', async (_, damage, message) => {
    const facts = factsOf(tall);
    await project(facts);
    await finish(facts);
    damage(join(path, 'integrals', 'c', '0', '0', '0'));
    const { read } = await openSinogram(path);
    const refused = { code: 'bad-input', message: expect.stringMatching(message) };
    await expect(read({ from: 0, to: 7 })).rejects.toMatchObject(refused);
    // Projecting again must not say that all is there; it may be told to replace what is damaged.
    await expect(beginSinogram(path, facts)).rejects.toMatchObject(refused);
    expect(await beginSinogram(path, facts, 'replace')).toMatchObject({ state: 'begun' });
  });

  it.each([
    [
      'another schema',
      (a: Record<string, unknown>) => ({ ...a, schema: 'semcrc/cohort@1' }),
      /its schema is "semcrc\/cohort@1"/,
    ],
    ['no geometry', ({ geometry: _, ...a }: Record<string, unknown>) => a, /is no sinogram/],
    [
      'views it does not have',
      (a: Record<string, unknown>) => ({ ...a, geometry: { ...(a.geometry as object), views: 8 } }),
      /expected 8 × 53 × \d+ integrals/,
    ],
    [
      'a detector of no size',
      (a: Record<string, unknown>) => ({ ...a, geometry: { ...(a.geometry as object), detectorWidth: -1 } }),
      /is no sinogram/,
    ],
    [
      'voxels without number',
      (a: Record<string, unknown>) => ({
        ...a,
        geometry: { ...(a.geometry as object), shape: [2 ** 24, 2 ** 24, 2 ** 24] },
      }),
      /too many voxels/,
    ],
    [
      'another grid than its file',
      (a: Record<string, unknown>) => ({
        ...a,
        geometry: { ...(a.geometry as object), shape: [40, 24, 31] },
      }),
      /made of 40 × 24 × 31 voxels, and the file has 40 × 24 × 30/,
    ],
    [
      'an affine of zeros',
      (a: Record<string, unknown>) => ({
        ...a,
        volume: { ...(a.volume as object), affine: new Array(16).fill(0) },
      }),
      /affine cannot be inverted/,
    ],
    [
      'a source inside the volume',
      (a: Record<string, unknown>) => ({ ...a, geometry: { ...(a.geometry as object), sourceRadius: 1 } }),
      /stands inside the volume/,
    ],
  ] as const)('with %s is refused', async (_, edit, message) => {
    const facts = factsOf(tall);
    await project(facts);
    await finish(facts);
    const file = join(path, 'zarr.json');
    const json = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, JSON.stringify({ ...json, attributes: edit(json.attributes) }));
    await expect(openSinogram(path)).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringMatching(message),
    });
  });

  it('that is not there is refused by name', async () => {
    await expect(openSinogram(path)).rejects.toThrow(/there is no such sinogram/);
    writeFileSync(path, 'text');
    await expect(openSinogram(path)).rejects.toThrow(/expected a sinogram, which is a folder/);
  });
});

describe('a reconstruction on disk', () => {
  it.each([
    ['helix', helix],
    ['fan', planFan(shape, { maxViews: 60, maxColumns: 53 })],
  ] as const)('is the one in memory, on the grid of the file that was scanned (%s)', async (_, geometry) => {
    const facts = factsOf(geometry);
    await project(facts);
    await finish(facts);
    const out = {
      path: join(root, `${count}.nii.gz`),
      completeness: join(root, `${count}-completeness.nii.gz`),
    };
    const sinogram = await openSinogram(path);
    const pending = await beginReconstruction(out, facts);
    expect(pending).toEqual(sliceSlabs(geometry).map((_, slab) => slab));
    await writeSlab(projector, out.path, sinogram, pending[1]);
    const left = await beginReconstruction(out, facts);
    expect(left).toEqual(pending.filter((slab) => slab !== pending[1]));
    for (const slab of left) await writeSlab(projector, out.path, sinogram, slab);
    await finishReconstruction(out, facts);
    expect(existsSync(`${out.path}.partial`)).toBe(false);

    const views = { from: 0, to: geometry.views, data: integralsOf(facts) };
    const expected = reconstructSlab(projector, geometry, views, { from: 0, to: shape[0] });
    for (const [file, data] of [
      [out.path, expected.data],
      [out.completeness, expected.completeness],
    ] as const) {
      const { volume: found } = await readNifti(file);
      expect(found.affine).toEqual(source.affine);
      // The file's y axis runs the other way.
      const turned = found.data.map((_, i) => {
        const x = i % 30;
        const y = Math.floor(i / 30) % 24;
        return found.data[x + 30 * (23 - y + 24 * Math.floor(i / 720))];
      });
      expect(turned).toEqual(data);
    }
    await expect(beginReconstruction(out, facts)).rejects.toMatchObject({ code: 'usage' });
    expect(await beginReconstruction(out, facts, 'replace')).toEqual(pending);
  });
});
