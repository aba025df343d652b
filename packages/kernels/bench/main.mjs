// Throughput of the kernels against their scalar twins, the same loops in C (where gcc is) and a memory copy of the
// same bytes, all in one run on one seeded input.
//
//   node bench/main.mjs [voxels = 8388608] [repeats = 25]
import { readFileSync } from 'node:fs';
import { computeScores, firstNaN, loadKernels, profileScores } from '@semcrc/kernels';
import { GROUP_COUNT, makeInput } from './input.mjs';
import { kernelBenches, place } from './kernels.mjs';
import { measure, sinked, summary } from './measure.mjs';
import { runNative } from './native.mjs';

const n = Number(process.argv[2] ?? 2 ** 23);
const repeats = Number(process.argv[3] ?? 25);
/** The twins are slow and their speed does not depend on size: they get fewer voxels. */
const few = Math.min(n, 2 ** 19);

const input = makeInput(n);
const native = runNative(input, repeats);
const k = await loadKernels();
const placed = place(k, input);

const from = new Uint8Array(40 * n);
const to = new Uint8Array(40 * n);
/** Bytes read and written per second by a copy that reads and writes as many as a kernel does in all. */
function copyRate(bytes) {
  const half = Math.floor(bytes / 2);
  const source = from.subarray(0, half);
  return (2 * half) / measure(() => to.set(source), repeats).fastest;
}

const rows = kernelBenches(k, placed, input, few).map(({ name, bytes, simd, wasm, twin }) => {
  const time = measure(wasm, repeats);
  const twinTime = measure(twin, Math.max(5, repeats >> 1));
  const c = native?.get(name);
  const rate = n / time.fastest;
  return {
    name,
    simd,
    rate,
    median: n / time.median,
    spread: time.spread,
    bandwidth: rate * bytes,
    overTwin: rate / (few / twinTime.fastest),
    overC: c ? summary(c).fastest / time.fastest : undefined,
    overCopy: (rate * bytes) / copyRate(bytes * n),
  };
});

const positive = placed.scores.reduce((sum, score) => sum + (score > 0 ? 1 : 0), 0) / n;
console.log(
  `${n} voxels, ${GROUP_COUNT} groups, ${(100 * positive).toFixed(0)} % positive scores; fastest and median of ${repeats} runs, ratios of the fastest`,
);
if (!native) console.log('gcc is not here, so there is no comparison with C');
console.table(
  Object.fromEntries(
    rows.map((row) => [
      row.name,
      {
        'Mvoxel/s': Math.round(row.rate / 1e6),
        median: Math.round(row.median / 1e6),
        '± %': round(100 * row.spread, 1),
        'GB/s': round(row.bandwidth / 1e9, 1),
        '× twin': round(row.overTwin, 1),
        '× C': row.overC === undefined ? '' : round(row.overC, 2),
        '× copy': round(row.overCopy, 2),
      },
    ]),
  ),
);

const read = measure(() => firstNaN(k, placed.truth), repeats);
const score = measure(() => computeScores(k, placed, placed.out), repeats);
const share = (16 * read.fastest) / (4 * score.fastest);
console.log(
  `scores move ${((16 * n) / score.fastest / 1e9).toFixed(1)} GB/s: ${(100 * share).toFixed(0)} % of what a read does`,
);

const scan = makeInput(4 * 256 * 256, 2);
const scanScores = new Float32Array(scan.truth.length);
const profile = measure(() => {
  computeScores(k, scan, scanScores);
  return profileScores(k, scanScores, scan.groups, GROUP_COUNT, { positions: true }).offsets[1];
}, 101);
const milliseconds = 1e3 * profile.median;
console.log(
  `scores and profile of one 4 × 256² scan from heap arrays: ${milliseconds.toFixed(2)} ms ± ${(100 * profile.spread).toFixed(0)} %`,
);

const aims = [
  ...rows
    .filter(({ simd }) => simd)
    .map(({ name, overTwin }) => [`${name} at least 4 × its twin`, overTwin >= 4]),
  ...rows
    .filter(({ overC }) => overC)
    .map(({ name, overC }) => [`${name} within 1.5 × of C`, overC >= 1 / 1.5]),
  ['scores at least 80 % of read bandwidth', share >= 0.8],
  ['profile of a scan under 4 ms', milliseconds < 4],
];
const missed = aims.filter(([, met]) => !met).map(([aim]) => aim);
const overC = rows.flatMap((row) => row.overC ?? []);
const overTwin = rows.filter(({ simd }) => simd).map((row) => row.overTwin);
const figures = [
  { what: 'scores of voxels, share of the memory bandwidth of reading', value: share },
  { what: 'scores and sorted profile of a scan of 4 × 256²', value: milliseconds / 1e3, unit: 's' },
  {
    what: 'SIMD kernels, slowest against its twin in TypeScript',
    value: Math.min(...overTwin),
    unit: '× as fast',
  },
  ...(overC.length === 0
    ? []
    : [
        { what: 'kernels, slowest against the same loop in C', value: Math.min(...overC), unit: '× as fast' },
      ]),
];
console.log(JSON.stringify({ figures }));
console.log(missed.length === 0 ? 'every aim is met' : `missed (is the machine busy?): ${missed.join('; ')}`);
console.log(`peak RSS ${peakMemory()}, sink ${sinked().toPrecision(6)}`);

function round(value, digits) {
  return Number(value.toFixed(digits));
}

function peakMemory() {
  try {
    const [, kilobytes] = /VmHWM:\s*(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'));
    return `${Math.round(kilobytes / 1024)} MiB`;
  } catch {
    return 'not known on this system';
  }
}
