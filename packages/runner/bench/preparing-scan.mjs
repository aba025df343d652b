// Preparing one scan of six volumes next to inflating its six files, in CPU time: what either would take on one core. Prints
// one line of JSON.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { peakRss } from '@semcrc/bench';
import { beginStore, openPreparation, readManifest } from '@semcrc/cohort/node';
import { cpuTime } from './process.mjs';
import { volumes, writeManifest } from './scan-files.mjs';

/** @type {{ folders: string[], rounds: number, spacing: [number, number, number] | null }} */
const { folders, rounds, spacing } = JSON.parse(process.argv[2]);
const files = folders.map((folder) => volumes.map((name) => join(folder, `${name}.nii.gz`)));
/** With room for a whole file, zlib inflates it fastest. */
const sizes = files.map((scan) => scan.map((file) => gunzipSync(readFileSync(file)).length));
const work = mkdtempSync(join(tmpdir(), 'semcrc-bench-'));
try {
  const manifest = join(work, 'manifest.csv');
  writeManifest(manifest, folders, folders.length);
  const store = join(work, 'cohort.zarr');
  const preparation = await openPreparation(await readManifest(manifest), {
    labels: 'suprem',
    prepare: 'paper',
    spacing,
  });
  await beginStore(store, preparation.plan);
  const outcomes = [];
  // The first round of each scan compiles.
  for (let round = -folders.length; round < rounds; round++) {
    const at = (round + folders.length) % folders.length;
    const inflating = await cpuTime(() => {
      for (const [index, file] of files[at].entries()) {
        gunzipSync(readFileSync(file), { chunkSize: sizes[at][index] + 1 });
      }
    });
    const start = performance.now();
    const preparing = await cpuTime(() => preparation.prepare(store, `s${at}`));
    if (round >= 0) outcomes.push({ inflating, preparing, wall: performance.now() - start });
  }
  console.log(JSON.stringify({ outcomes, peakRssMiB: peakRss() }));
} finally {
  rmSync(work, { recursive: true, force: true });
}
