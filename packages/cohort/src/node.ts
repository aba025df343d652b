export { type CohortCheck, type CohortProblem, checkCohort } from './check.ts';
export {
  type LayoutName,
  type LayoutOptions,
  type LayoutScans,
  layoutNames,
  openLayout,
  scanLayout,
} from './layout.ts';
export { type Manifest, parseManifest, type ScanFiles } from './manifest.ts';
export { type PaperOptions, type Prepared, prepareScan, resolvePaper } from './prepare.ts';
export type { PredictionUnits, ReadingOptions } from './scan.ts';
export {
  openManifest,
  readManifest,
  resolveLabelling,
  type ScanOptions,
  type SourceHooks,
} from './scan-source.ts';
export { openStore, type StoreOptions } from './store-reader.ts';
export {
  beginStore,
  finishStore,
  type LeftOut,
  type StorePlan,
  type StoreProgress,
  type StoreSummary,
  writeScan,
} from './store-writer.ts';
