export { type Manifest, parseManifest, type ScanFiles } from './manifest.ts';
export { openStore, type StoreOptions } from './store-reader.ts';
export {
  beginStore,
  finishStore,
  type LeftOut,
  type Prepared,
  type StorePlan,
  type StoreProgress,
  type StoreSummary,
  writeScan,
} from './store-writer.ts';
