// node bench/main.mjs [scans] [repeats]: seeded, warmed up, median and spread of the anchors, and the peak memory.
import { loadKernels } from '@semcrc/kernels';
import { envelopeAnchor, solveGammaAnchor, solveGammaAnchors } from '../dist/index.js';
import { makeProblem } from './cohort.mjs';

const scans = Number(process.argv[2] ?? 32);
const repeats = Number(process.argv[3] ?? 5);
const kernels = await loadKernels();
const problem = makeProblem(kernels, { scans, voxelsPerScan: 4 * 256 * 256 });
const voxels = problem.offsets.at(-1);
const { offsets } = problem;
let outside = 0;
for (let j = 0; j < voxels; j++) {
  const x = problem.voxels.truth[j];
  if (x < problem.voxels.lower[j] || x > problem.voxels.upper[j]) outside++;
}
console.log(
  `${voxels} voxels in ${offsets.length - 1} segments, ${((100 * outside) / voxels).toFixed(1)}% outside`,
);

/** Views on kernel memory are made anew, as memory may have grown. */
function refreshed() {
  const { truth, lower, upper } = addresses;
  const view = (address) => new Float32Array(kernels.memory.buffer, address, voxels);
  return { ...problem, voxels: { truth: view(truth), lower: view(lower), upper: view(upper) } };
}
const addresses = Object.fromEntries(
  Object.entries(problem.voxels).map(([name, view]) => [name, view.byteOffset]),
);

/** @type {{ what: string, value: number, unit?: string }[]} */
const figures = [];

async function measure(name, work) {
  const times = [];
  const cpu = process.cpuUsage();
  let result;
  for (let i = 0; i <= repeats; i++) {
    const start = performance.now();
    result = await work();
    const time = performance.now() - start;
    if (i === 0) console.log(`${name}: first run ${time.toFixed(0)} ms`);
    else times.push(time);
  }
  times.sort((a, b) => a - b);
  const median = times[times.length >> 1];
  figures.push({
    what: `${name}, ${(voxels / 1e6).toFixed(1)} million voxels`,
    value: median / 1e3,
    unit: 's',
  });
  const { user, system } = process.cpuUsage(cpu);
  const range = `${times[0].toFixed(0)} to ${times.at(-1).toFixed(0)} ms`;
  const mean = (user + system) / 1000 / (repeats + 1);
  console.log(`${name}: median ${median.toFixed(0)} ms (${range}), mean CPU time ${mean.toFixed(0)} ms`);
  return result;
}

for (const sides of [1, 2]) {
  const anchor = await measure(`gamma, ${sides} side(s)`, () =>
    solveGammaAnchor({ ...refreshed(), sides }, { epsilon: 0.1 }),
  );
  console.log(
    `  gamma ${anchor.gamma} objective ${anchor.objective} gap ${anchor.gap.toExponential(1)} sweeps ${anchor.sweeps}`,
  );
  for (const { gamma, state, iterations, lowerBound, upperBound } of anchor.perGamma) {
    console.log(
      `  ${gamma.toFixed(3)} ${state} ${iterations} ${lowerBound.toFixed(6)} ${upperBound.toFixed(6)}`,
    );
  }
}
for (const count of [10, 20]) {
  const epsilons = Array.from({ length: count }, (_, i) => 0.05 + (0.1 * i) / (count - 1));
  const anchors = await measure(`gamma, ${count} tolerances`, () => solveGammaAnchors(refreshed(), epsilons));
  const sweeps = anchors.reduce((sum, anchor) => sum + anchor.sweeps, 0);
  console.log(`  ${(sweeps / count).toFixed(2)} sweeps for each`);
}
for (const sides of [1, 2]) {
  const anchor = await measure(`envelope, ${sides} side(s)`, () =>
    envelopeAnchor({ ...refreshed(), sides }, { epsilon: 0.1 }),
  );
  console.log(
    `  objective ${anchor.objective} gap ${anchor.gap.toExponential(1)} position ${anchor.position} of ${anchor.path.length}`,
  );
}
console.log(JSON.stringify({ figures }));
console.log(`peak RSS ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB`);
