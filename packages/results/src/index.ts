export { cellName } from './cell-name.ts';
export type { ExampleChoice } from './example.ts';
export type { ExperimentFacts, ExperimentWriter } from './experiment-writer.ts';
export { type Note, type Place, whileLocked } from './folder-lock.ts';
export { openOutputFolder, proveWritable } from './output-folder.ts';
export {
  type ExampleScan,
  type ExperimentResults,
  openResults,
  type Results,
} from './results.ts';
export { beginResults, type ExperimentTarget, type ResultsWriter } from './results-writer.ts';
export { summaryCsv } from './summary-csv.ts';
