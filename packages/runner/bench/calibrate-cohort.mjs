// One calibration in this thread of a process of its own. Prints one line of JSON.
import { peakRss } from '@semcrc/bench';
import { defaultSizes, PAPER_OPTIONS } from '@semcrc/core';
import { runCalibration } from '@semcrc/runner';
import { openSource, serialExecutor } from '@semcrc/runner/node';

/** @type {{ handle: import('@semcrc/runner').SourceHandle, procedure: import('@semcrc/core').Procedure, options: object }} */
const { handle, procedure, options } = JSON.parse(process.argv[2]);
const source = await openSource(handle);
const plan = {
  ...{
    procedures: [procedure],
    epsilons: [0.1],
    runs: 1,
    seed: 0,
    options: { ...PAPER_OPTIONS, ...options },
  },
  ...defaultSizes(new Set(source.patients).size),
};
await source.close?.();
const start = performance.now();
const before = process.cpuUsage();
const executor = serialExecutor();
const { evaluation } = await runCalibration(handle, plan, { executor });
await executor.close();
const { user, system } = process.cpuUsage(before);
console.log(
  JSON.stringify({
    seconds: (performance.now() - start) / 1000,
    cpuSeconds: (user + system) / 1e6,
    peakRssMiB: peakRss(),
    risk: evaluation.risk,
    length: evaluation.length,
  }),
);
