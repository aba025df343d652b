// node bench/main.mjs [scans]: what a prepared cohort costs to write, to open and to read, next to reading the same files into
// one buffer with nothing checked.
import { closeSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median, spread } from '@semcrc/bench';
import { UNKNOWN_PREPARING } from '@semcrc/core';
import { beginStore, finishStore, openStore, writeScan } from '../dist/node.js';

const scans = Number(process.argv[2] ?? 96);
const shape = [4, 256, 256];
const voxels = shape.reduce((product, size) => product * size, 1);

/** Seeded noise in [0, 1). */
function noise(seed) {
  let state = seed >>> 0;
  return Float32Array.from({ length: voxels }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  });
}

const folder = mkdtempSync(join(tmpdir(), 'semcrc-bench-'));
try {
  const path = join(folder, 'cohort.zarr');
  const ids = Array.from({ length: scans }, (_, index) => `s${index}`);
  const plan = {
    digest: 'bench',
    ids,
    patients: ids,
    labels: { 0: 'background', 1: 'body' },
    volumes: { point: true, std: false, samples: 0 },
    labelBytes: 1,
    name: 'bench',
    preparing: UNKNOWN_PREPARING,
  };
  const sample = {
    shape,
    truth: noise(1),
    lower: noise(2),
    upper: noise(3),
    point: noise(4),
    organs: new Uint8Array(voxels),
    mended: { clipped: 0, crossed: 0 },
  };
  const bytes = scans * voxels * 17;
  const seconds = async (work) => {
    const start = performance.now();
    await work();
    return (performance.now() - start) / 1000;
  };

  await beginStore(path, plan);
  const written = await seconds(async () => {
    for (const id of ids)
      await writeScan(path, id, { state: 'kept', sample: { ...sample, id, patient: id } });
  });
  const finished = await seconds(() => finishStore(path));
  console.log(`${scans} scans of ${shape.join(' × ')}, ${(bytes / 1e9).toFixed(2)} GB`);
  console.log(`write ${(bytes / 1e9 / written).toFixed(2)} GB/s, finish ${finished.toFixed(2)} s`);

  let store;
  console.log(`open ${(1000 * (await seconds(async () => (store = await openStore(path))))).toFixed(1)} ms`);
  const reads = [];
  const plain = [];
  const buffer = new Uint8Array(4 * voxels);
  let sink = 0;
  for (let round = 0; round < 8; round++) {
    const read = await seconds(async () => {
      for (const id of ids) sink += (await store.read(id)).lower[17];
    });
    const unchecked = await seconds(() => {
      for (let scan = 0; scan < scans; scan++) {
        for (const name of ['truth', 'lower', 'upper', 'point', 'groups']) {
          const file = openSync(join(path, name, 'c', String(scan), '0', '0', '0'));
          readSync(file, buffer, 0, buffer.length, 0);
          closeSync(file);
        }
      }
    });
    reads.push(bytes / 1e9 / read);
    plain.push(bytes / 1e9 / unchecked);
  }
  const [first, ...warm] = reads;
  const speed = median(warm);
  console.log(
    `first read ${first.toFixed(2)} GB/s, the files unchecked ${median(plain.slice(1)).toFixed(2)} GB/s`,
  );
  const figures = [
    { what: 'reading a prepared cohort, checked', value: speed, unit: 'GB/s' },
    { what: 'the same files into one buffer, unchecked', value: median(plain.slice(1)), unit: 'GB/s' },
  ];
  console.log(JSON.stringify({ figures }));
  console.log(
    `read ${speed.toFixed(2)} GB/s (${spread(warm)}); aim 1.5 GB/s from page cache${speed < 1.5 ? ': MISSED' : ''}` +
      ` (${Number.isFinite(sink)})`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
