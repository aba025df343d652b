// node bench/main.mjs [opt scans] [cal scans]: what `shortest` and `recentred` cost on 4 × 256² slices a scan, in processor time of one
// process: learning and solving on the opt voxels, calibrating, and evaluating one scan.
import { median, peakRss, spread } from '@semcrc/bench';
import { loadKernels } from '@semcrc/kernels';
import {
  buildProfile,
  evaluateFits,
  fitSplit,
  makePartition,
  PAPER_OPTIONS,
  profileOptionsOf,
} from '../dist/index.js';
import { drawScan, LABELS } from './cohort.mjs';

const opt = Number(process.argv[2] ?? 32);
const cal = Number(process.argv[3] ?? 32);
const EVALUATED = 12;
const MOST_FIT_SECONDS = 10;
const MOST_EVALUATION_MS = 60;
const MOST_MIB = 2048;

const kernels = await loadKernels();
const ids = Array.from({ length: opt + cal + EVALUATED }, (_, at) => `s${at}`);
const samples = new Map(ids.map((id, at) => [id, drawScan(id, at)]));
const organs = makePartition({ kind: 'organ' }, LABELS);
const profiles = new Map();
for (const [id, sample] of samples) profiles.set(id, buildProfile(kernels, sample, organs));
const data = {
  kernels,
  labels: LABELS,
  profileOf: (id) => profiles.get(id),
  read: async (id) => samples.get(id),
};
const split = { opt: ids.slice(0, opt), cal: ids.slice(opt, opt + cal), test: ids.slice(opt + cal) };
const voxels = opt * 4 * 256 * 256;
const held = peakRss();
console.log(
  `${(voxels / 1e6).toFixed(1)} million opt voxels, ${cal} scans to calibrate; they take ${held} MiB`,
);

const cpuSeconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
const withAim = (value, aim, digits = 1) =>
  `${value.toFixed(digits)} (aim ${aim}${value <= aim ? '' : ': MISSED'})`;
/** @type {{ what: string, value: number, unit?: string }[]} */
const figures = [];
for (const procedure of ['shortest', 'recentred']) {
  const begun = cpuSeconds();
  const [{ fits }] = await fitSplit(data, split, [procedure], [0.1], PAPER_OPTIONS, { seed: 0, run: 0 });
  const whole = cpuSeconds() - begun;
  const [fit] = fits;
  const profiling = profileOptionsOf([procedure], PAPER_OPTIONS);
  const times = [];
  for (const id of split.test) {
    const from = cpuSeconds();
    await evaluateFits(data, fits, [id], profiling);
    times.push(1e3 * (cpuSeconds() - from));
  }
  const evaluation = median(times);
  const { keys } = fit.partition;
  console.log(
    `${procedure}: fit ${withAim(whole, MOST_FIT_SECONDS)} s of processor time (its ${cal} scans' profiles among them), ` +
      `${keys.length} λ groups; evaluating a scan ${withAim(evaluation, MOST_EVALUATION_MS)} ms (${spread(times, 0)})`,
  );
  const size = `${(voxels / 1e6).toFixed(1)} million opt voxels`;
  figures.push({ what: `${procedure}, fitted on ${size}`, value: whole, unit: 's' });
  figures.push({ what: `${procedure}, a scan of 4 × 256² evaluated`, value: evaluation, unit: 'ms' });
}
const peak = peakRss();
console.log(`peak RSS ${peak === null ? '?' : withAim(peak, MOST_MIB, 0)} MiB`);
console.log(JSON.stringify({ figures }));
