export type { ReportedExperiment } from './experiment.ts';
export { png } from './figures/picture.ts';
export type { ExampleScan } from './maps/example.ts';
export { experimentReport, type Report, type ReportFile } from './page/experiment-page.ts';
