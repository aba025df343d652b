export { type ApplyOptions, appliedBefore, applyToFiles, scanFolderName } from './apply/apply.ts';
export { isProfileFile, openFileBytes, openProfileFiles, openProfilePaths } from './profiles/file-bytes.ts';
export {
  type MergedProfiles,
  mergeProfiles,
  ProfileWriter,
  type ScanToWrite,
} from './profiles/profile-writer.ts';
export { type CheckOptions, type CohortCheck, type CohortProblem, checkCohort } from './scan/check.ts';
export { prepareScan } from './scan/prepare.ts';
export type { Prepared } from './scan/prepared.ts';
export type { IntensityUnits, ReadingOptions } from './scan/reading.ts';
export { describeNotes, type NoteKind, type ScanNote, type TakeNote } from './scan/scan-note.ts';
export type { ApplyFiles } from './scan/scan-slabs.ts';
export type { SliceAdvice, SliceSettings } from './scan/slice-advice.ts';
export { fingerprintOf } from './sources/digest.ts';
export { disk } from './sources/disk.ts';
export { type FoundManifest, findManifest } from './sources/file-tree.ts';
export {
  type LayoutName,
  type LayoutOptions,
  type LayoutPart,
  layoutNames,
  openLayout,
  scanLayout,
} from './sources/layout.ts';
export {
  type AppliedScanFiles,
  parseManifest,
  type ScanFiles,
  type ScanList,
} from './sources/manifest.ts';
export { readApplyManifest, readManifest } from './sources/manifest-file.ts';
export {
  type ManifestRow,
  type ManifestTable,
  moveCells,
  readManifestTable,
} from './sources/manifest-table.ts';
export {
  openPreparation,
  type Preparation,
  type PreparationHooks,
  type ScanOutcome,
} from './sources/preparation.ts';
export { paperSlicesOf, type ScanOptions, type SliceChoice } from './sources/scan-options.ts';
export { openManifest, openScans, type SourceHooks } from './sources/scan-source.ts';
export { beginStore, finishedDigest, type StorePlan, type StoreProgress, writeScan } from './store/draft.ts';
export { openStore } from './store/folder-store.ts';
export type { StoreOptions } from './store/reader.ts';
export { finishStore, type StoreSummary } from './store/writer.ts';
