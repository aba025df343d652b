// Prepares a random cohort at the path given, over and over from where it was killed. Run on the built package.
import { beginStore, finishStore, writeScan } from '@semcrc/cohort/node';
import { UNKNOWN_PREPARING } from '@semcrc/core';

const [path, count] = process.argv.slice(2);
const ids = Array.from({ length: Number(count) }, (_, index) => `s${index}`);
const shape = [4, 64, 64];
const length = 4 * 64 * 64;
const plan = {
  digest: 'the same every time',
  ids,
  patients: ids,
  labels: { 0: 'background', 1: 'body' },
  volumes: { point: false, std: false, samples: 0 },
  labelBytes: 1,
  name: 'random',
  preparing: UNKNOWN_PREPARING,
};

const progress = await beginStore(path, plan);
if (progress.state === 'begun') {
  process.send?.({ pending: progress.pending.length });
  for (const id of progress.pending) {
    const index = Number(id.slice(1));
    const volume = (offset) =>
      Float32Array.from({ length }, (_, voxel) => ((voxel + index) % 100) / 200 + offset);
    const sample = {
      id,
      patient: id,
      shape,
      truth: volume(0.1),
      lower: volume(0),
      upper: volume(0.25),
      organs: Uint8Array.from({ length }, (_, voxel) => (voxel + index) % 2),
      mended: { clipped: 0, crossed: 0 },
    };
    await writeScan(
      path,
      id,
      index % 7 === 3 ? { state: 'left-out', reason: 'chance' } : { state: 'kept', sample },
    );
  }
  await finishStore(path);
}
