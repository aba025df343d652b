// Preparing a cohort in a process of its own. Prints one line of JSON.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { peakRss } from '@semcrc/bench';
import { runPreparation, serialPreparation, threadPreparation } from '@semcrc/runner/node';
import { cpuTime } from './process.mjs';
import { writeManifest } from './scan-files.mjs';

/** @type {{ folders: string[], scans: number, workers: number, spacing: [number, number, number] | null }} */
const { folders, scans, workers, spacing } = JSON.parse(process.argv[2]);
const work = mkdtempSync(join(tmpdir(), 'semcrc-bench-'));
try {
  const path = join(work, 'manifest.csv');
  writeManifest(path, folders, scans);
  const executor = workers === 1 ? serialPreparation() : threadPreparation({ workers });
  const handle = { kind: 'manifest', path, options: { labels: 'suprem', prepare: 'paper', spacing } };
  const start = performance.now();
  const cpu = await cpuTime(async () => {
    const summary = await runPreparation(handle, join(work, 'cohort.zarr'), { executor });
    await executor.close();
    if (summary?.kept.length !== scans) throw new Error(`expected ${scans} scans to be kept`);
  });
  const wall = performance.now() - start;
  console.log(JSON.stringify({ seconds: wall / 1000, cpuSeconds: cpu / 1000, peakRssMiB: peakRss() }));
} finally {
  rmSync(work, { recursive: true, force: true });
}
