export {
  Application,
  type ApplicationOptions,
  type AppliedSlab,
  checkMaking,
} from './apply/application.ts';
export { applicationCondition } from './apply/applied-summary.ts';
export { type AppliedBlobs, applyToBlobs } from './apply/apply-to-blobs.ts';
export type { Output } from './apply/publish.ts';
export { ScanDesign } from './apply/scan-design.ts';
export { readScanGrid, type ScanGrid } from './apply/scan-grid.ts';
export { type IntervalMaps, type ScanAtLambda, ScanIntervals } from './apply/scan-intervals.ts';
export { encodeBlock, type ProfileBlock } from './profiles/block-writing.ts';
export type { ByteSource } from './profiles/bytes.ts';
export { type DroppedProfiles, openDroppedProfiles } from './profiles/dropped-profiles.ts';
export { openProfileFile, type ProfileFile } from './profiles/profile-file.ts';
export { openProfiles } from './profiles/profiled-source.ts';
export type { IntensityUnits } from './scan/reading.ts';
export {
  type InMemoryOptions,
  readScanInMemory,
  type ScanInMemory,
  type ScanVoxels,
} from './scan/scan-in-memory.ts';
export { describeNotes, type NoteKind, type ScanNote, type TakeNote } from './scan/scan-note.ts';
export type { ApplyFiles, SlabOptions } from './scan/scan-slabs.ts';
export type { FileAccess, Sha256 } from './sources/digest.ts';
export { parseManifest, type ScanFiles, type ScanList } from './sources/manifest.ts';
export { pageAccess } from './sources/page.ts';
export { type DroppedCohort, openDroppedStore } from './store/dropped-store.ts';
export type { StoreOptions } from './store/reader.ts';
