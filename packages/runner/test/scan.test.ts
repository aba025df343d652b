import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadProjector } from '@semcrc/kernels';
import {
  addNoise,
  largestIntegral,
  planHelix,
  projectViews,
  type SinogramFacts,
  viewBlocks,
} from '@semcrc/scanner';
import { openSinogram } from '@semcrc/scanner/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProjection, runReconstruction, serialScan, threadScan } from '../src/node.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'semcrc-scan-'));
});
afterAll(() => rmSync(root, { recursive: true }));

const shape = [240, 40, 40] as const;
const affine = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
/** Brightest at the lower end: the first block of views has the largest integral, which the noise of all depends on. */
const voxels = Float32Array.from(
  { length: 240 * 1600 },
  (_, i) => (((i * 7919) % 101) / 101) * (i < 40_000 ? 1 : 0.3),
);
const facts: SinogramFacts = {
  geometry: planHelix(shape, { maxViews: 1100 }),
  noise: { kind: 'poisson', photons: 1000, seed: 3 },
  volume: { name: 'volume', digest: '0'.repeat(64), affine, source: { shape, affine }, window: null },
};
const worker = () => new URL(import.meta.resolve('@semcrc/runner/worker-scan'));

describe('a scan', () => {
  it('has the same bytes from one thread, from two, and taken up after it was given up', async () => {
    expect(viewBlocks(facts.geometry).length).toBe(3);
    const { geometry, noise } = facts;
    const expected = projectViews(await loadProjector(), { data: voxels, shape }, geometry);
    addNoise({ from: 0, to: geometry.views, data: expected }, noise, largestIntegral(expected));
    const results: Record<string, Buffer> = {};
    for (const [name, open] of Object.entries({
      one: serialScan,
      two: () => threadScan({ workers: 2, script: worker() }),
      again: () => threadScan({ workers: 2, script: worker() }),
    })) {
      const sinogram = join(root, `${name}.zarr`);
      const place = { path: join(root, `${name}.nii`), completeness: null };
      if (name === 'again') {
        const first = open();
        const stop = new AbortController();
        const options = { executor: first, signal: stop.signal, onProgress: () => stop.abort() };
        await expect(runProjection(voxels, facts, sinogram, options)).rejects.toMatchObject({
          code: 'interrupted',
        });
        await first.close();
      }
      const executor = open();
      try {
        expect(await runProjection(voxels, facts, sinogram, { executor })).toBe('written');
        expect(await runProjection(voxels, facts, sinogram, { executor })).toBe('unchanged');
        const integrals = await (await openSinogram(sinogram)).read({ from: 0, to: geometry.views });
        expect(Buffer.from(integrals.buffer).equals(Buffer.from(expected.buffer)), name).toBe(true);
        const seen: number[] = [];
        await runReconstruction(sinogram, place, { executor, onProgress: ({ done }) => seen.push(done) });
        expect(seen.at(-1)).toBe(8);
        results[name] = readFileSync(place.path);
      } finally {
        await executor.close();
      }
    }
    expect(results.two.equals(results.one)).toBe(true);
    expect(results.again.equals(results.one)).toBe(true);
  });
});
