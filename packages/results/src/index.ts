export { cellName } from './cell-name.ts';
export {
  ExampleDocument,
  type ExampleVolume,
  GridDocument,
  JournalHeader,
  RiskCurveDocument,
  RunFile,
} from './documents.ts';
export type { ExperimentWriter } from './experiment-writer.ts';
export { type Note, type Place, whileLocked } from './folder-lock.ts';
export { checkOutputFile, openOutputDirectory, writeOutputFile } from './output-file.ts';
export { claimFile, claimFolder, type OutputClaim } from './output-place.ts';
export {
  type ExampleScan,
  type ExperimentResults,
  openResults,
  type Results,
} from './results.ts';
export { beginResults, type ExperimentTarget, type ResultsWriter } from './results-writer.ts';
export { summaryCsv } from './summary-csv.ts';
export { systemReason } from './system-reason.ts';
