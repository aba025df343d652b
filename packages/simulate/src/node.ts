export {
  type FileLayout,
  type MeasuredPatient,
  type ScanPaths,
  scanIsWritten,
  scanPaths,
  writeMeasuredFiles,
  writeScanFiles,
  writtenScheme,
} from './scan-files.ts';
export { readTemplate, type TemplateFiles } from './template-file.ts';
