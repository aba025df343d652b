export { parseManifest, type ScanFiles, type ScanList } from './sources/manifest.ts';
