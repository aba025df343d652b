export { CARD_SCHEMA, type Card, type ReportedCalibration } from './card/card.ts';
export type { EvaluationDocument } from './card/evaluation.ts';
export type { ReportedExperiment } from './experiment.ts';
export { png } from './figures/picture.ts';
export type { ExampleScan } from './maps/example.ts';
export { type CalibrationReport, calibrationReport } from './page/calibration-page.ts';
export { experimentReport, type Report, type ReportFile } from './page/experiment-page.ts';
