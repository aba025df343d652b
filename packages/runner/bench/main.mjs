// node bench/main.mjs [scan|cohort]: what preparing scans costs. Scans of six volumes of 256 × 256 × 200 as .nii.gz, drawn once and
// kept (SEMCRC_BENCH_DIR); each figure is taken in a process of its own. The experiment has a bench of its own, paper.mjs.
import { inProcess } from './process.mjs';
import { scanFiles, scanShape, warmFiles } from './scan-files.mjs';
import { median, spread } from './spread.mjs';

const only = process.argv[2];
/** @type {{ what: string, value: number, unit?: string }[]} */
const figures = [];
const withAim = (value, aim, fine) => `${value.toFixed(2)} (${aim}${fine ? '' : ': MISSED'})`;

console.log(`scans of six volumes of ${scanShape.toReversed().join(' × ')}`);
for (const predictions of ['float32', 'int16']) {
  const { folders } = await scanFiles(2, predictions);
  warmFiles(folders);
  for (const spacing of [null, [1.5, 1.5, 3]]) {
    if (only === 'cohort') break;
    const { outcomes, peakRssMiB } = await inProcess('./preparing-scan.mjs', {
      folders,
      rounds: 12,
      spacing,
    });
    const ratios = outcomes.map(({ inflating, preparing }) => preparing / inflating);
    const ratio = median(ratios);
    const which = `${predictions} predictions, ${spacing ? `resampled to ${spacing.join(' × ')} mm` : 'own spacing'}`;
    figures.push({
      what: `preparing a scan, ${which}`,
      value: ratio,
      unit: '× inflating its files with node:zlib',
    });
    const milliseconds = (name) => `${median(outcomes.map((row) => row[name])).toFixed(0)} ms`;
    console.log(
      `${predictions.padEnd(7)} predictions, ${spacing ? `to ${spacing.join(' × ')} mm` : 'own spacing'}: inflating ` +
        `${milliseconds('inflating')}, preparing ${milliseconds('preparing')} of CPU (${milliseconds('wall')} by the clock); ` +
        `ratio ${withAim(ratio, 'aim 1.5', ratio <= 1.5)}, ${spread(ratios)}; peak ${peakRssMiB} MiB`,
    );
  }
}

if (only !== 'scan') {
  const { folders } = await scanFiles(4, 'float32');
  warmFiles(folders);
  const scans = 24;
  const rows = [];
  for (let round = 0; round < 3; round++) {
    const inflating = () => inProcess('./inflating.mjs', { folders: folders.slice(0, 2), rounds: 2 });
    const alone = await inflating();
    const [first, second] = await Promise.all([inflating(), inflating()]);
    const prepared = { folders, scans, spacing: null };
    const one = await inProcess('./preparing-cohort.mjs', { ...prepared, workers: 1 });
    const two = await inProcess('./preparing-cohort.mjs', { ...prepared, workers: 2 });
    rows.push({
      one,
      two,
      faster: one.seconds / two.seconds,
      atMost: (2 * one.cpuSeconds) / two.cpuSeconds,
      cores: (2 * alone.seconds) / Math.max(first.seconds, second.seconds),
    });
  }
  for (const name of ['one', 'two']) {
    const of = (key) => median(rows.map((row) => row[name][key]));
    console.log(
      `${scans} scans, ${name} worker${name === 'two' ? 's' : ''}: ${of('seconds').toFixed(1)} s, ` +
        `${of('cpuSeconds').toFixed(1)} s of CPU, peak ${of('peakRssMiB')} MiB`,
    );
  }
  figures.push({
    what: 'preparing in two workers',
    value: median(rows.map(({ faster }) => faster)),
    unit: '× as fast as in one',
  });
  // A busy machine gives two workers less than two cores; then only what they cost says anything.
  const free = rows.filter(({ cores }) => cores > 1.8);
  const list = (key, of = rows) => of.map((row) => row[key].toFixed(2)).join(', ');
  console.log(`two workers are ${list('faster')} × one; by what they cost at most ${list('atMost')} ×`);
  console.log(`two processes that only inflate side by side got ${list('cores')} cores`);
  console.log(
    free.length === 0
      ? 'two cores were never free: aim 1.6 × not to be judged'
      : `with two cores free: ${withAim(median(free.map(({ faster }) => faster)), 'aim 1.6', median(free.map(({ faster }) => faster)) >= 1.6)} ×`,
  );
}
console.log(JSON.stringify({ figures }));
