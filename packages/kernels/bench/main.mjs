// Throughput of the kernels: against their scalar twins, the same loops in C (where gcc is) and a memory copy that
// moves the same bytes, all in one run. Seeded, warmed, results sinked; medians with the spread of the middle half.
//
//   node bench/main.mjs [voxels = 8388608] [repeats = 15]
import { readFileSync } from 'node:fs';
import * as face from '@semcrc/kernels';
import * as scalar from '@semcrc/kernels/scalar';
import { GROUP_COUNT, makeInput } from './input.mjs';
import { runNative } from './native.mjs';

const n = Number(process.argv[2] ?? 2 ** 23);
const repeats = Number(process.argv[3] ?? 15);
/** The twins are slow and do not depend on size: they get fewer voxels. */
const few = Math.min(n, 2 ** 19);
let sink = 0;

const k = await face.loadKernels();
const heap = makeInput(n);
const { lambda, grid } = heap;
const lambda64 = Float64Array.from(lambda);
const options = { positions: true };

// Blocks first, views after: allocating may grow memory.
const blocks = Object.fromEntries(
  [
    'truth',
    'lower',
    'upper',
    'out',
    'scores',
    'sortedTruth',
    'sortedLower',
    'sortedUpper',
    'sortedScores',
  ].map((name) => [name, k.arena.float32(n)]),
);
const groupBlock = k.arena.uint8(n);
// The sorts take room of their own: let the memory grow once before views are taken.
const mark = k.arena.mark();
k.arena.float32(4 * n);
k.arena.release(mark);
const [truth, lower, upper, out, scores, sortedTruth, sortedLower, sortedUpper, sortedScores] = Object.values(
  blocks,
).map((block) => block.view);
const groups = groupBlock.view;
for (const [view, values] of [
  [truth, heap.truth],
  [lower, heap.lower],
  [upper, heap.upper],
  [groups, heap.groups],
]) {
  view.set(values);
}
face.computeScores(k, { truth, lower, upper }, scores);
const offsets = face.gather(
  k,
  groups,
  GROUP_COUNT,
  [truth, lower, upper, scores],
  [sortedTruth, sortedLower, sortedUpper, sortedScores],
);
const positive = scores.reduce((sum, score) => sum + (score > 0), 0) / n;

const small = {
  truth: heap.truth.slice(0, few),
  lower: heap.lower.slice(0, few),
  upper: heap.upper.slice(0, few),
  groups: heap.groups.slice(0, few),
  scores: scores.slice(0, few),
  out: new Float32Array(few),
};
const smallOffsets = offsets.map((o) => Math.floor((o * few) / n));
const bounds = { truth, lower, upper };
const sortedBounds = { truth: sortedTruth, lower: sortedLower, upper: sortedUpper };

// bytes: read and written per voxel, at the least.
const benches = [
  {
    name: 'computeScores',
    bytes: 16,
    wasm: () => face.computeScores(k, bounds, out),
    twin: () => scalar.computeScores(small, small.out),
  },
  {
    name: 'firstNaN',
    bytes: 4,
    wasm: () => face.firstNaN(k, truth),
    twin: () => scalar.firstNaN(small.truth),
  },
  {
    name: 'countGroups',
    bytes: 1,
    wasm: () => face.countGroups(k, groups, GROUP_COUNT)[1],
    twin: () => scalar.countGroups(small.groups, GROUP_COUNT)[1],
  },
  {
    name: 'gather',
    bytes: 10,
    wasm: () => face.gather(k, groups, GROUP_COUNT, [truth], [out])[1],
    twin: () => scalar.gather(small.groups, GROUP_COUNT, [small.truth], [small.out])[1],
  },
  {
    name: 'missesByGroup',
    bytes: 5,
    wasm: () => face.missesByGroup(k, scores, groups, GROUP_COUNT, lambda)[1],
    twin: () => scalar.missesByGroup(small.scores, small.groups, GROUP_COUNT, lambda)[1],
  },
  {
    name: 'missesBySegment',
    bytes: 4,
    wasm: () => face.missesBySegment(k, sortedScores, offsets, lambda)[1],
    twin: () => scalar.missesBySegment(small.scores, smallOffsets, lambda)[1],
  },
  {
    name: 'coverageSweep',
    bytes: 5,
    wasm: () => face.coverageSweep(k, scores, groups, GROUP_COUNT, grid)[1],
    twin: () => scalar.coverageSweep(small.scores, small.groups, GROUP_COUNT, grid)[1],
  },
  {
    name: 'lossSweep',
    bytes: 12,
    wasm: () => face.lossSweep(k, sortedBounds, offsets, lambda64, 0.5).loss[1],
    twin: () => scalar.lossSweep(small, smallOffsets, lambda64, 0.5).loss[1],
  },
  {
    name: 'clampedLength',
    bytes: 8,
    wasm: () => face.clampedLength(k, sortedBounds, offsets, lambda64, lambda64)[1],
    twin: () => scalar.clampedLength(small, smallOffsets, lambda64, lambda64)[1],
  },
  {
    name: 'radixSort',
    bytes: 36,
    wasm: () => {
      out.set(scores);
      face.radixSort(k, out);
    },
    twin: () => {
      small.out.set(small.scores);
      scalar.radixSort(small.out);
    },
  },
  {
    name: 'radixSelect',
    bytes: 12,
    wasm: () => face.radixSelect(k, scores, n >> 1),
    twin: () => scalar.radixSelect(small.scores, few >> 1),
  },
  {
    name: 'profileScores',
    bytes: 10,
    wasm: () => face.profileScores(k, scores, groups, GROUP_COUNT, options).offsets[1],
    twin: () => scalar.profileScores(small.scores, small.groups, GROUP_COUNT, options).offsets[1],
  },
];

const native = runNative({ ...heap, lambda, grid }, repeats);
const bytesOf = new Uint8Array(k.memory.buffer);
const rows = [];
for (const { name, bytes, wasm, twin } of benches) {
  const time = measure(wasm, repeats);
  const twinTime = measure(twin, Math.max(3, Math.ceil(repeats / 3)));
  // A copy reads and writes each byte: half the bytes make the same traffic. The kernels' own columns serve as room.
  const half = Math.floor((bytes * n) / 2);
  const copy = measure(
    () =>
      void bytesOf.copyWithin(
        sortedTruth.byteOffset,
        truth.byteOffset,
        truth.byteOffset + Math.min(half, 4 * n),
      ),
    repeats,
  );
  const copyRate = (Math.min(half, 4 * n) * 2) / copy.median;
  const c = native?.get(name);
  const rate = n / time.median;
  rows.push({
    kernel: name,
    'Mvoxel/s': (rate / 1e6).toFixed(0),
    '± %': ((100 * time.spread) / time.median / 2).toFixed(1),
    'GB/s': ((rate * bytes) / 1e9).toFixed(1),
    '× twin': (rate / (few / twinTime.median)).toFixed(1),
    '× C': c ? (median(c) / time.median).toFixed(2) : '–',
    'of a copy': ((rate * bytes) / copyRate).toFixed(2),
  });
  // The copy has overwritten a sorted column.
  sortedTruth.set(heap.truth);
  face.gather(k, groups, GROUP_COUNT, [truth], [sortedTruth]);
}
console.log(
  `${n} voxels, ${GROUP_COUNT} groups, ${(100 * positive).toFixed(0)} % positive scores, median of ${repeats}`,
);
if (!native) console.log('gcc is not here, so no comparison with C');
console.table(rows);

const read = measure(() => face.firstNaN(k, truth), repeats);
const readRate = (4 * n) / read.median;
const scoreTime = measure(() => face.computeScores(k, bounds, out), repeats);
console.log(
  `score: ${((16 * n) / scoreTime.median / 1e9).toFixed(1)} GB/s, ` +
    `${((100 * 16 * n) / scoreTime.median / readRate).toFixed(0)} % of the read bandwidth (${(readRate / 1e9).toFixed(1)} GB/s)`,
);

// One scan of the paper: 4 × 256², arrays on the heap, staging included.
const scanVoxels = 4 * 256 * 256;
const scan = makeInput(scanVoxels, 2);
const scanScores = new Float32Array(scanVoxels);
for (const positions of [false, true]) {
  const profile = measure(() => {
    face.computeScores(k, scan, scanScores);
    return face.profileScores(k, scanScores, scan.groups, GROUP_COUNT, { positions }).offsets[1];
  }, 101);
  console.log(
    `profile of one 4 × 256² scan from heap arrays, positions: ${positions}: ${(1e3 * profile.median).toFixed(2)} ms ` +
      `(± ${((100 * profile.spread) / profile.median / 2).toFixed(1)} %)`,
  );
}
console.log(`peak RSS ${peak()}; sink ${sink}`);

/** Seconds: the median and the width of the middle half. */
function measure(run, times) {
  for (let r = 0; r < 3; r++) sink += Number(run() ?? 0) || 0;
  const seconds = [];
  for (let r = 0; r < times; r++) {
    const start = performance.now();
    sink += Number(run() ?? 0) || 0;
    seconds.push((performance.now() - start) / 1e3);
  }
  seconds.sort((a, b) => a - b);
  return {
    median: median(seconds),
    spread: seconds[Math.floor(times * 0.75)] - seconds[Math.floor(times * 0.25)],
  };
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

function peak() {
  try {
    return /VmHWM:\s*(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))[1].replace(/$/, ' kB');
  } catch {
    return 'unknown here';
  }
}
