export type { AppliedOrgan, AppliedSummary, OrganState } from './applied-summary.ts';
export { type ApplyOptions, applyToFiles } from './apply.ts';
export { type CohortCheck, type CohortProblem, checkCohort } from './check.ts';
export {
  type LayoutName,
  type LayoutOptions,
  layoutNames,
  openLayout,
  scanLayout,
} from './layout.ts';
export { parseManifest, type ScanFiles, type ScanList } from './manifest.ts';
export { openPreparation, type Preparation, type ScanOutcome } from './preparation.ts';
export { type PaperOptions, type Prepared, prepareScan, resolvePaper } from './prepare.ts';
export type { PredictionUnits, ReadingOptions } from './scan-reader.ts';
export type { ApplyFiles } from './scan-slabs.ts';
export {
  openManifest,
  openScans,
  readManifest,
  resolveLabelling,
  type ScanOptions,
  type SourceHooks,
} from './scan-source.ts';
export { beginStore, type StorePlan, type StoreProgress, writeScan } from './store-draft.ts';
export { openStore, type StoreOptions } from './store-reader.ts';
export { finishStore, type StoreSummary } from './store-writer.ts';
