// The paper's Table 1 column: 640 scans of 4 × 256 × 256, 12 groups, four procedures, 20 runs.
//
//   node bench/paper.mjs           everything below; takes some minutes
//   node bench/paper.mjs --brief   the one experiment only
//
// The last line of stdout is JSON: {"wallSeconds", "peakRssMiB", "workers"} of the one experiment (of three rounds the
// middle one), drawing the cohort excluded, its files in the page cache.
import { defaultWorkers } from '@semcrc/runner/node';
import { paperCohort, warm } from './cohort.mjs';
import { inProcess } from './process.mjs';
import { median, spread } from './spread.mjs';

const brief = process.argv.includes('--brief');
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
  return inProcess('./experiment.mjs', { path, ...sizes, ...change });
}

/** @param {string} name @param {{ wallSeconds: number, profileSeconds: number, runSeconds: number, cpuSeconds: number, peakRssMiB: number }} row */
function line(name, row) {
  const { wallSeconds, profileSeconds, runSeconds, cpuSeconds, peakRssMiB } = row;
  console.log(
    `${name.padEnd(28)} ${wallSeconds.toFixed(1).padStart(7)} s  (profiles ${profileSeconds.toFixed(1)} s, ` +
      `runs ${runSeconds.toFixed(1)} s)  cpu ${cpuSeconds.toFixed(1)} s  peak ${peakRssMiB} MiB`,
  );
}

/** The round in the middle by wall time. */
const middle = (rows) => rows.toSorted((a, b) => a.wallSeconds - b.wallSeconds)[rows.length >> 1];
/** Thread seconds of the median run: the first runs of a worker, slow while its code is compiled, do not move it. */
const medianRun = ({ perRun }, stage) => median(perRun.map((run) => run[stage]));

const workers = defaultWorkers();
const rounds = brief ? 1 : 3;
const many = [];
const one = [];
const apart = [];
for (let round = 0; round < rounds; round++) {
  many.push(await experiment({ workers }));
  if (brief) continue;
  one.push(await experiment({ workers: 1 }));
  const processes = Array.from({ length: workers }, () => experiment({ workers: 1 }));
  apart.push(await Promise.all(processes));
}
const main = middle(many);
line(`${workers} workers`, main);
/** @type {{ what: string, value: number, unit?: string }[]} */
const figures = [
  { what: `four procedures × 20 runs on 640 scans, ${workers} workers`, value: main.wallSeconds, unit: 's' },
  { what: 'its processor time', value: main.cpuSeconds, unit: 's' },
  { what: 'its peak memory', value: main.peakRssMiB / 1024, unit: 'GiB' },
];
for (const { procedure, risk, length } of main.summary) {
  console.log(
    `  ${procedure.padEnd(10)} risk ${risk.mean.toFixed(4)} ± ${risk.sd.toFixed(4)}  ` +
      `length ×100 ${(100 * length.mean).toFixed(2)} ± ${(100 * length.sd).toFixed(2)}`,
  );
}
const stages = Object.entries(main.stages).filter(([, value]) => value > 0.005);
for (const [stage, value] of stages) console.log(`  ${stage.padEnd(22)} ${value.toFixed(2)} thread-seconds`);

if (!brief) {
  line('1 worker', middle(one));
  figures.push({
    what: `${workers} workers`,
    value: median(one.map((row, i) => row.wallSeconds / many[i].wallSeconds)),
    unit: '× as fast as one',
  });
  // Ratios within a round, as the machine may be slower in another.
  const ratio = (of) => {
    const values = one.map(of);
    return `${median(values).toFixed(2)} × (${spread(values)})`;
  };
  const byRun = (stage) => (row, i) => (medianRun(row, stage) / medianRun(many[i], stage)) * workers;
  console.log(
    `  ${workers} workers are ${ratio((row, i) => row.wallSeconds / many[i].wallSeconds)} one by the wall, starting them and ` +
      `compiling included; by the median run ${ratio(byRun('all'))}, its anchors ${ratio(byRun('anchors'))}`,
  );
  // What the machine gives: workers share nothing here but its cores, caches and memory.
  const slowest = (rows) => Math.max(...rows.map(({ wallSeconds }) => wallSeconds));
  const alone = (stage) => (row, i) =>
    workers * (medianRun(row, stage) / median(apart[i].map((own) => medianRun(own, stage))));
  console.log(
    `  ${workers} processes of one worker each, side by side, are ${ratio((row, i) => (workers * row.wallSeconds) / slowest(apart[i]))} one; ` +
      `by the median run ${ratio(alone('all'))}, its anchors ${ratio(alone('anchors'))}`,
  );
  for (const scans of [160, 320]) {
    const share = scans / 640;
    const scaled = { nOpt: 32 * share, nCal: 512 * share, nTest: 128 * share };
    line(`n = ${scans}`, await experiment({ workers, ...scaled }));
  }
  for (const procedure of ['crc', 'organ-crc', 'sem-crc']) {
    const counts = [1, 10, 20];
    const times = counts.map(() => []);
    for (let round = 0; round < rounds; round++) {
      for (const [at, count] of counts.entries()) {
        const epsilons = Array.from({ length: count }, (_, i) =>
          count === 1 ? 0.1 : 0.05 + (0.1 * i) / (count - 1),
        );
        times[at].push((await experiment({ workers, procedures: [procedure], epsilons })).wallSeconds);
      }
    }
    const costs = times[2].map((time, round) => time / times[0][round]);
    console.log(
      `${procedure.padEnd(10)} 1, 10, 20 tolerances: ${times.map((own) => `${median(own).toFixed(1)} s`).join(', ')} ` +
        `(20 cost ${median(costs).toFixed(2)} × one, ${spread(costs)})`,
    );
  }
}
console.log(JSON.stringify({ figures }));
const { wallSeconds, peakRssMiB } = main;
console.log(JSON.stringify({ wallSeconds: Number(wallSeconds.toFixed(2)), peakRssMiB, workers }));
