// Throughput of the scanner at the authors' size: its kernels against the same loops in C (where gcc is) and RTK (where
// Python has it), on one core; then whole scans on two.
//
//   node bench/main.mjs [repeats = 3]
import { backProjectCone, backProjectStack, loadProjector, projectCone, projectStack } from '@semcrc/kernels';
import { planFan, planHelix, projectViews, reconstructSlab, viewsFor } from '@semcrc/scanner';
import { backRecords, coneViews, helixScale, stackViews } from '../dist/beams.js';
import { taperedWindow } from '../dist/window.js';
import { runNative } from './native.mjs';
import { runRtk } from './rtk.mjs';
import { scanApart } from './threads.mjs';

const repeats = Number(process.argv[2] ?? 3);
const shape = [128, 256, 256];
const [slices, height, width] = shape;
const projector = await loadProjector();

let state = 1;
const random = (length) =>
  Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 8) / 2 ** 24;
  });

const helix = planHelix(shape);
const { columns, rows } = helix;
const fan = planFan([1, 256, 256], { maxViews: 720 });
const span = { from: 400, to: 450 };
const slab = { from: 48, to: 80 };
const seen = viewsFor(helix, slab);
const volume = random(width * height * slices);
const cone = coneViews(helix, span);
const back = {
  ramp: random((seen.to - seen.from) * columns * rows),
  hilbert: random((seen.to - seen.from) * columns * rows),
  ...{ columns, rows, records: backRecords(helix, seen) },
};
const window = taperedWindow(helix);
const scale = helixScale(helix);
const fanViews = stackViews(fan, { from: 0, to: fan.views });
const flat = {
  filtered: random(fan.views * fan.columns),
  ...{ columns: fan.columns, slices: 1, records: backRecords(fan, { from: 0, to: fan.views }) },
};

const native = runNative([
  Int32Array.of(repeats, width, height, slices, columns, rows, span.to - span.from, seen.to - seen.from),
  Int32Array.of(slab.from, slab.to, window.taper.length / 2 - 1, fan.views),
  ...[volume, cone.records, back.records, back.ramp, back.hilbert, window.edges, window.taper],
  Float64Array.of(scale.sourceRadius, scale.pitch, scale.columnSize, scale.columnCentre, scale.rowSize),
  Float64Array.of(scale.rowCentre, scale.sliceSize, window.reach),
  ...[fanViews.records, flat.records, flat.filtered],
]);

/** CPU time of the fastest of some runs, in seconds: other work on the machine does not add to it. */
function fastest(run) {
  run();
  let best = Number.POSITIVE_INFINITY;
  for (let r = 0; r < repeats; r++) {
    const start = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(start);
    best = Math.min(best, (user + system) / 1e6);
  }
  return best;
}

const samples = { data: volume, size: [width, height, slices] };
const plane = { data: volume.subarray(0, width * height), size: [width, height, 1] };
const step = (Math.PI * 2 * helix.turns) / helix.views;
const inSlab = [slab.from, slab.to];
const into = new Float32Array(width * height);
const rays = (span.to - span.from) * columns * rows;
/** Voxel-views that lie in the window: half a turn of every voxel's views. */
const visited = width * height * (slab.to - slab.from) * (helix.views / helix.turns / 2);
const jobs = [
  ['projectCone', rays, 'rays', () => projectCone(projector, samples, cone, [1, 1, 1])],
  [
    ...['backProjectCone', visited, 'voxel-views'],
    () => backProjectCone(projector, [back], window, scale, step, [width, height], inSlab, 0),
  ],
  ['projectStack', fan.views * fan.columns, 'rays', () => projectStack(projector, plane, fanViews, [1, 1])],
  [
    ...['backProjectStack', width * height * fan.views, 'voxel-views'],
    () => backProjectStack(projector, flat, [width, height], 1, into),
  ],
];
const misses = [];
console.log(`CPU time of the fastest of ${repeats} runs; kernels with their staging`);
if (!native) console.log('gcc is not here, so there is no comparison with C');
const table = {};
for (const [name, work, unit, run] of jobs) {
  const seconds = fastest(run);
  const c = native && Math.min(...native.get(name).seconds);
  const ratio = c && c / seconds;
  if (ratio && ratio < 1 / 1.5) misses.push(`${name} within 1.5 × of C`);
  table[name] = {
    million: `${(work / 1e6).toFixed(1)} ${unit}`,
    seconds: Number(seconds.toFixed(3)),
    'million/s': Number((work / seconds / 1e6).toFixed(1)),
    '× C': ratio ? Number(ratio.toFixed(2)) : '',
  };
}
console.table(table);

const rtk = runRtk();
if (rtk === undefined)
  console.log('RTK is not here (pip install -r scripts/requirements-rtk.txt): no comparison with it');
else {
  const own = (name) => table[name]['million/s'];
  console.log(
    `RTK on ${rtk.threads} thread: Joseph ${(rtk.rays / 1e6).toFixed(1)} M rays/s (ours ${own('projectCone')}), ` +
      `back-projection ${(rtk.voxelViews / 1e6).toFixed(0)} M voxel-views/s in the window (ours ${own('backProjectCone')})`,
  );
}

function aim(what, seconds, most) {
  console.log(`${what}: ${seconds.toFixed(2)} s (aim: under ${most} s)`);
  if (seconds > most) misses.push(`${what} under ${most} s`);
}

const planeOf = { data: plane.data, shape: [1, height, width] };
const projected = projectViews(projector, planeOf, fan);
aim(
  'fan 256², 720 × 512, projection',
  fastest(() => projectViews(projector, planeOf, fan)),
  0.25,
);
const all = { from: 0, to: fan.views, data: projected };
aim(
  'fan 256², 720 × 512, FBP',
  fastest(() => reconstructSlab(projector, fan, all, { from: 0, to: 1 })),
  0.25,
);

const authors = scanApart(shape, 2);
aim('helix 256 × 256 × 128, 1000 × 512 × 19, projection on two threads', authors.projection, 15);
aim('the same, FBP on two threads', authors.reconstruction, 15);
// Eight turns of 880 slices ask for 128 rows.
const stress = scanApart([880, 256, 256], 2);
aim(`helix 256 × 256 × 880, 1000 × 512 × ${stress.rows}, projection on two threads`, stress.projection, 90);
aim('the same, FBP on two threads', stress.reconstruction, 90);
for (const [what, { memory }] of Object.entries({
  'the scan of 128 slices': authors,
  'the one of 880': stress,
})) {
  if (memory === null) continue;
  console.log(`${what}: at most ${memory} MB, volume and sinogram included (aim: under 1000 MB)`);
  if (memory > 1000) misses.push(`${what} in 1000 MB`);
}
console.log(misses.length === 0 ? 'every aim is met' : `missed (is the machine busy?): ${misses.join('; ')}`);
