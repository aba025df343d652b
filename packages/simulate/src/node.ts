export {
  type FileLayout,
  type ScanPaths,
  scanIsWritten,
  scanPaths,
  writeScanFiles,
  writtenScheme,
} from './scan-files.ts';
export { readTemplate, type TemplateFiles } from './template-file.ts';
