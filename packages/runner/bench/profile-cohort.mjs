// Reading a prepared cohort, and profiling it into a file, in this thread. Prints one line of JSON.
import { cohortOf, PAPER_OPTIONS } from '@semcrc/core';
import { openSource, runProfiling, serialExecutor } from '@semcrc/runner/node';
import { cpuTime } from './process.mjs';

/** @type {{ handle: import('@semcrc/runner').SourceHandle, path: string }} */
const { handle, path } = JSON.parse(process.argv[2]);
const source = await openSource(handle);
let sink = 0;
const reading = await cpuTime(async () => {
  for (const id of source.ids) {
    const { truth, lower, upper, organs } = await source.read(id);
    sink += truth[0] + lower[0] + upper[0] + organs[0];
  }
});
const { heuristic, weightFloor, alpha, sampleQuantiles } = PAPER_OPTIONS;
const profiling = {
  heuristic: { heuristic, weightFloor, alpha, sampleQuantiles },
  reach: 0.125,
  round: null,
};
const executor = serialExecutor();
const all = await cpuTime(() =>
  runProfiling({ ...handle, known: cohortOf(source) }, path, {
    ...{ ...profiling, executor, site: null, replace: 'replace', version: '0' },
  }),
);
await executor.close();
const scans = source.ids.length;
console.log(JSON.stringify({ readingMs: reading / scans, profilingMs: all / scans, sink }));
