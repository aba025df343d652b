// The benchmark's cohort on disk: drawn once, kept for later runs.
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beginStore, finishStore } from '@semcrc/cohort/node';
import { UNKNOWN_PREPARING } from '@semcrc/core';
import { WorkerPool } from '@semcrc/runner';
import { defaultWorkers, spawnNodeThread } from '@semcrc/runner/node';
import { paperSizedSource } from '@semcrc/simulate';

const folder = process.env.SEMCRC_BENCH_DIR ?? join(tmpdir(), 'semcrc-bench');

/**
 * Writes the paper-sized cohort as a prepared cohort, unless it is there already.
 * @param {number} scans
 * @returns {Promise<{ path: string, seconds: number, state: 'kept' | 'written' }>}
 */
export async function paperCohort(scans) {
  const start = performance.now();
  const source = paperSizedSource({ scans });
  const path = join(folder, `paper-${scans}`);
  const plan = {
    digest: source.digest,
    ids: source.ids,
    patients: source.patients,
    labels: source.labels,
    volumes: { point: false, std: false, samples: 0 },
    labelBytes: 1,
    name: source.name,
    preparing: { ...UNKNOWN_PREPARING, window: [-175, 250] },
  };
  // An older draw of the cohort gives way.
  const progress = await beginStore(path, plan).catch(() => beginStore(path, plan, 'replace'));
  if (progress.state === 'finished') return { path, seconds: 0, state: 'kept' };
  const script = new URL('./generate-worker.mjs', import.meta.url);
  const pool = new WorkerPool(() => spawnNodeThread({ script }), defaultWorkers());
  const session = { path, scans };
  await Promise.all(
    progress.pending.map((id) => pool.run({ session, kind: 'write', input: id, name: `scan ${id}` })),
  );
  await pool.close();
  await finishStore(path);
  return { path, seconds: (performance.now() - start) / 1000, state: 'written' };
}

/** Reads every file of a folder once, so that the page cache holds it. @param {string} path @returns {number} bytes */
export function warm(path) {
  let bytes = 0;
  for (const entry of readdirSync(path, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += readFileSync(join(entry.parentPath, entry.name)).length;
  }
  return bytes;
}
