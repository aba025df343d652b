// One experiment in a process of its own, so that its time and memory are nobody else's. Prints one line of JSON.
import { PAPER_OPTIONS, PAPER_PROCEDURES } from '@semcrc/core';
import { runExperiment } from '@semcrc/runner';
import { serialExecutor, threadExecutor } from '@semcrc/runner/node';
import { peakRss } from './process.mjs';

/** @type {{ path: string, workers: number, runs: number, nOpt: number, nCal: number, nTest: number, epsilons?: number[], procedures?: string[] }} */
const { path, workers, procedures = PAPER_PROCEDURES, ...sizes } = JSON.parse(process.argv[2]);
const plan = { procedures, epsilons: [0.1], seed: 0, options: PAPER_OPTIONS, ...sizes };

const start = performance.now();
let profiled = start;
const executor = workers === 0 ? serialExecutor() : threadExecutor({ workers });
const result = await runExperiment({ kind: 'store', path }, plan, {
  executor,
  onProgress: ({ stage, done }) => {
    if (stage === 'runs' && done === 0) profiled = performance.now();
  },
});
await executor.close();
const end = performance.now();
const { user, system } = process.cpuUsage();

/** Thread seconds by stage and procedure, over all runs and tolerances. */
const stages = {};
for (const { records } of result.byEpsilon) {
  for (const { procedure, seconds } of records) {
    for (const [stage, value] of Object.entries(seconds)) {
      stages[`${procedure} ${stage}`] = (stages[`${procedure} ${stage}`] ?? 0) + value;
    }
  }
}

/** Thread seconds of each run at the first tolerance, summed over procedures: of its anchors, and of all its stages. */
const perRun = new Map();
for (const { run, seconds } of result.byEpsilon[0].records) {
  const sums = perRun.get(run) ?? { anchors: 0, all: 0 };
  sums.anchors += seconds.anchor;
  sums.all += seconds.anchor + seconds.backtrack + seconds.evaluate;
  perRun.set(run, sums);
}
console.log(
  JSON.stringify({
    wallSeconds: (end - start) / 1000,
    profileSeconds: (profiled - start) / 1000,
    runSeconds: (end - profiled) / 1000,
    cpuSeconds: (user + system) / 1e6,
    peakRssMiB: peakRss(),
    workers,
    stages,
    perRun: [...perRun.values()],
    summary: result.byEpsilon[0].summary,
  }),
);
