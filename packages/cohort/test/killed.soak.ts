import { fork } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openStore } from '../src/node.ts';
import { uniform } from './random-cohort.ts';

const SCANS = 60;
const KILLS = 20;

/** Runs the child until it is done or `afterMs` have passed since it began to write; says what it still had to do. */
function prepare(path: string, afterMs: number): Promise<{ done: boolean; pending: number }> {
  return new Promise((resolve, reject) => {
    let pending = 0;
    const child = fork(join(import.meta.dirname, 'prepare-child.mjs'), [path, String(SCANS)]);
    let timer: NodeJS.Timeout | undefined;
    child.on('message', (message) => {
      ({ pending } = message as { pending: number });
      if (Number.isFinite(afterMs)) timer = setTimeout(() => child.kill('SIGKILL'), afterMs);
    });
    child.on('error', reject);
    child.on('exit', (code) => {
      clearTimeout(timer);
      if (code !== null && code !== 0) reject(new Error(`the child ended with ${code}`));
      else resolve({ done: code === 0, pending });
    });
  });
}

it(`killed at ${KILLS} random moments, preparing loses nothing and leaves nothing half-written`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'semcrc-killed-'));
  const path = join(folder, 'cohort.zarr');
  const next = uniform(20);
  try {
    let before = SCANS;
    let kills = 0;
    while (kills < KILLS) {
      const { done, pending } = await prepare(path, next() * 60);
      // What was written stays written: the list of what is missing never grows.
      expect(pending).toBeLessThanOrEqual(before);
      before = pending;
      if (done) {
        // Killed less often than hoped: start over.
        expect(existsSync(path)).toBe(true);
        rmSync(path, { recursive: true });
        before = SCANS;
      } else {
        kills++;
        // A store at the path is a whole one.
        if (existsSync(path)) expect((await openStore(path)).ids).toHaveLength(51);
      }
    }
    await prepare(path, Number.POSITIVE_INFINITY);
    expect(readdirSync(folder)).toEqual(['cohort.zarr']);
    const source = await openStore(path);
    expect(source.ids).toEqual(
      Array.from({ length: SCANS }, (_, index) => index)
        .filter((index) => index % 7 !== 3)
        .map((index) => `s${index}`),
    );
    for (const id of source.ids) {
      const index = Number(id.slice(1));
      const { truth, lower, upper, organs } = await source.read(id);
      for (let voxel = 0; voxel < truth.length; voxel++) {
        const base = ((voxel + index) % 100) / 200;
        if (
          truth[voxel] !== Math.fround(base + 0.1) ||
          lower[voxel] !== Math.fround(base) ||
          upper[voxel] !== Math.fround(base + 0.25) ||
          organs[voxel] !== (voxel + index) % 2
        ) {
          throw new Error(`scan ${id} differs at voxel ${voxel}`);
        }
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 120_000);
