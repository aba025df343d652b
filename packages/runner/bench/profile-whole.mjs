// Whole scans drawn one at a time into the same memory, profiled and written. Prints one line of JSON.
import { peakRss } from '@semcrc/bench';
import { encodeBlock } from '@semcrc/cohort';
import { ProfileWriter } from '@semcrc/cohort/node';
import { PAPER_OPTIONS, PROFILES_SCHEMA, profileToKeep, UNKNOWN_PREPARING } from '@semcrc/core';
import { loadKernels } from '@semcrc/kernels';

/** @type {{ path: string, scans: number, drawn: number }} */
const { path, scans, drawn } = JSON.parse(process.argv[2]);
const shape = [150, 512, 512];
const voxels = shape.reduce((product, side) => product * side, 1);
const labels = { 0: 'background', 1: 'body', 2: 'spleen', 7: 'liver', 9: 'aorta' };
const { heuristic, weightFloor, alpha, sampleQuantiles } = PAPER_OPTIONS;
const profiling = {
  heuristic: { heuristic, weightFloor, alpha, sampleQuantiles },
  reach: 0.125,
  round: null,
};

const sample = {
  shape,
  truth: new Float32Array(voxels),
  lower: new Float32Array(voxels),
  upper: new Float32Array(voxels),
  organs: new Uint8Array(voxels),
  mended: { clipped: 0, crossed: 0 },
};

/** Fills the sample: a body of soft tissue with organs in air, errors of the size that a denoising network leaves. */
function draw(seed) {
  const { truth, lower, upper, organs } = sample;
  let state = (seed + 1) >>> 0;
  const spread = 0.03 * (1 + 0.3 * ((seed * 0.618) % 1));
  for (let voxel = 0; voxel < voxels; voxel++) {
    const x = voxel & 511;
    const y = (voxel >>> 9) & 511;
    const across = (x - 256) / 200;
    const along = (y - 256) / 150;
    const inside = across * across + along * along < 1;
    const organ = !inside ? 0 : x < 180 ? 7 : x > 330 ? 2 : y > 360 ? 9 : 1;
    organs[voxel] = organ;
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const noise = state / 2 ** 32 + ((state * 48271) % 65536) / 65536 - 1;
    const level = organ === 0 ? 0.02 : 0.45 + 0.04 * organ;
    const point = Math.max(0, level + 0.05 * noise);
    lower[voxel] = Math.max(0, point - spread);
    upper[voxel] = Math.min(1, point + spread);
    truth[voxel] = Math.min(1, Math.max(0, point + 1.3 * spread * (((state >>> 8) % 4096) / 2048 - 1)));
  }
}

const kernels = await loadKernels();
const source = {
  name: 'whole scans',
  digest: 'bench',
  scans,
  draws: 0,
  leftOut: [],
  preparing: UNKNOWN_PREPARING,
  version: '0',
};
const writer = await ProfileWriter.begin(path, {
  schema: PROFILES_SCHEMA,
  labels,
  ...profiling,
  sources: [source],
});
let cpu = 0;
let at = 0;
for (let seed = 0; seed < drawn; seed++) {
  draw(seed);
  const id = `drawn-${seed}`;
  const before = process.cpuUsage();
  const block = encodeBlock(profileToKeep(kernels, { ...sample, id, patient: id }, labels, profiling));
  const { user, system } = process.cpuUsage(before);
  cpu += (user + system) / 1e6;
  const copies = Math.floor(((seed + 1) * scans) / drawn) - at;
  for (let copy = 0; copy < copies; copy++, at++) {
    const scan = `scan-${at}`;
    const about = { scan, patient: scan, site: null, at, shape, fingerprint: null, mended: sample.mended };
    await writer.add({ scan: about, block });
  }
}
const bytes = await writer.finish();
console.log(JSON.stringify({ bytes, cpuPerScan: cpu / drawn, peakRssMiB: peakRss() }));
