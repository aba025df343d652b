export { png } from './figures/picture.ts';
export { type CalibrationReport, calibrationReport } from './page/calibration-page.ts';
export { experimentReport, type Report, type ReportFile } from './page/experiment-page.ts';
export { reportedExperiments } from './results.ts';
