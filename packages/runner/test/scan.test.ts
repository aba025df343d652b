import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { planHelix, type SinogramFacts, viewBlocks } from '@semcrc/scanner';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProjection, runReconstruction, serialScan, threadScan } from '../src/node.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'semcrc-scan-'));
});
afterAll(() => rmSync(root, { recursive: true }));

const shape = [200, 32, 32] as const;
const affine = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
const voxels = Float32Array.from({ length: 200 * 1024 }, (_, i) => ((i * 7919) % 101) / 101);
const facts: SinogramFacts = {
  geometry: planHelix(shape),
  noise: { kind: 'beer-lambert', photons: 1e4, attenuation: 0.03, seed: 3 },
  volume: { name: 'volume', digest: '0'.repeat(64), affine, source: { shape, affine }, window: null },
};
const worker = () => new URL(import.meta.resolve('@semcrc/runner/worker-scan'));

describe('a scan', () => {
  it('has the same bytes from one thread, from two, and taken up after it was given up', async () => {
    expect(viewBlocks(facts.geometry).length).toBe(2);
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
        const seen: number[] = [];
        await runReconstruction(sinogram, place, { executor, onProgress: ({ done }) => seen.push(done) });
        expect(seen.at(-1)).toBe(7);
        results[name] = readFileSync(place.path);
      } finally {
        await executor.close();
      }
    }
    expect(results.two.equals(results.one)).toBe(true);
    expect(results.again.equals(results.one)).toBe(true);
  });
});
