export { cellName } from './cell-name.ts';
export type { ExampleChoice } from './example.ts';
export { type ExperimentDetails, type MergedExperiment, mergeExperiments } from './experiment-merge.ts';
export type { ExperimentFacts, ExperimentWriter } from './experiment-writer.ts';
export { type Note, type Place, whileLocked } from './folder-lock.ts';
export { openOutputFolder, proveWritable } from './output-folder.ts';
export { type Part, parsePart, partItems, partText } from './part.ts';
export { type PartWriter, refuseParts, type WritingOptions, whileWriting } from './part-writer.ts';
export { hasParts, type Whole, type WholePlan } from './parts-folder.ts';
export { type FinishParts, mergeParts, outputOf } from './parts-merge.ts';
export { type PartState, type PartsState, readPartsState } from './parts-state.ts';
export {
  type ExampleScan,
  type ExperimentResults,
  openResults,
  type Results,
} from './results.ts';
export { beginResults, type ExperimentTarget, type ResultsWriter } from './results-writer.ts';
export { summaryCsv } from './summary-csv.ts';
