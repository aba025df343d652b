export { encodeBlock, type ProfileBlock } from './profiles/block.ts';
export type { ByteSource } from './profiles/bytes.ts';
export { openProfileFile, type ProfileFile } from './profiles/profile-file.ts';
export { openProfiles } from './profiles/profiled-source.ts';
export { parseManifest, type ScanFiles, type ScanList } from './sources/manifest.ts';
