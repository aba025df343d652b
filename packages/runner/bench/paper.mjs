// The paper's Table 1 column: 640 scans of 4 × 256 × 256, 12 groups, four procedures, 20 runs.
//
//   node bench/paper.mjs           everything below; takes some minutes
//   node bench/paper.mjs --brief   the one experiment only
//
// The last line of stdout is JSON: {"wallSeconds", "peakRssMiB", "workers"} of the one experiment, drawing the cohort
// excluded, its files in the page cache.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { defaultWorkers } from '@semcrc/runner/node';
import { paperCohort, warm } from './cohort.mjs';

const brief = process.argv.includes('--brief');
const script = fileURLToPath(new URL('./experiment.mjs', import.meta.url));
const sizes = { runs: 20, nOpt: 32, nCal: 512, nTest: 128 };

const { path, seconds, state } = await paperCohort(640);
console.log(
  state === 'written'
    ? `cohort drawn in ${seconds.toFixed(1)} s: ${path}`
    : `cohort kept from before: ${path}`,
);
console.log(`in page cache: ${(warm(path) / 2 ** 20).toFixed(0)} MiB`);

/** @param {Record<string, unknown>} change */
function experiment(change) {
  const settings = JSON.stringify({ path, ...sizes, ...change });
  const output = execFileSync(process.execPath, [script, settings], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(output.trimEnd().split('\n').at(-1) ?? '');
}

/** @param {string} name @param {{ wallSeconds: number, profileSeconds: number, runSeconds: number, cpuSeconds: number, peakRssMiB: number }} row */
function line(name, row) {
  const { wallSeconds, profileSeconds, runSeconds, cpuSeconds, peakRssMiB } = row;
  console.log(
    `${name.padEnd(28)} ${wallSeconds.toFixed(1).padStart(7)} s  (profiles ${profileSeconds.toFixed(1)} s, ` +
      `runs ${runSeconds.toFixed(1)} s)  cpu ${cpuSeconds.toFixed(1)} s  peak ${peakRssMiB} MiB`,
  );
}

/** Thread seconds of the median run: the first runs of a worker, slow while its code is compiled, do not move it. */
function median({ perRun }, stage) {
  return perRun.map((run) => run[stage]).sort((a, b) => a - b)[perRun.length >> 1];
}

const workers = defaultWorkers();
const main = experiment({ workers });
line(`${workers} workers`, main);
for (const { procedure, risk, length } of main.summary) {
  console.log(
    `  ${procedure.padEnd(10)} risk ${risk.mean.toFixed(4)} ± ${risk.sd.toFixed(4)}  ` +
      `length ×100 ${(100 * length.mean).toFixed(2)} ± ${(100 * length.sd).toFixed(2)}`,
  );
}
const stages = Object.entries(main.stages).filter(([, value]) => value > 0.005);
for (const [stage, value] of stages) console.log(`  ${stage.padEnd(22)} ${value.toFixed(2)} thread-seconds`);

if (!brief) {
  const one = experiment({ workers: 1 });
  line('1 worker', one);
  const scaling = (stage) => `${((median(one, stage) / median(main, stage)) * workers).toFixed(2)} ×`;
  console.log(
    `  one worker takes ${(one.wallSeconds / main.wallSeconds).toFixed(2)} × the time of ${workers}, starting them and ` +
      `compiling included; by the median run ${scaling('all')}, its anchors ${scaling('anchors')}`,
  );
  for (const scans of [160, 320]) {
    const share = scans / 640;
    const scaled = { nOpt: 32 * share, nCal: 512 * share, nTest: 128 * share };
    line(`n = ${scans}`, experiment({ workers, ...scaled }));
  }
  for (const procedure of ['crc', 'organ-crc', 'sem-crc']) {
    const times = [1, 10, 100].map((count) => {
      const tolerances = Array.from({ length: count }, (_, i) =>
        count === 1 ? 0.1 : 0.05 + (0.1 * i) / (count - 1),
      );
      return experiment({ workers, procedures: [procedure], tolerances }).wallSeconds;
    });
    console.log(
      `${procedure.padEnd(10)} 1, 10, 100 tolerances: ${times.map((time) => `${time.toFixed(1)} s`).join(', ')} ` +
        `(100 cost ${(times[2] / times[0]).toFixed(2)} × one)`,
    );
  }
}
const { wallSeconds, peakRssMiB } = main;
console.log(JSON.stringify({ wallSeconds: Number(wallSeconds.toFixed(2)), peakRssMiB, workers }));
