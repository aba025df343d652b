export { applyLambda, type CalibratedInterval } from './apply.ts';
export { crcBound, leastUnits, type RiskBound } from './bound.ts';
export {
  CALIBRATION_SCHEMA,
  Calibration,
  type CalibrationContext,
  calibratedLambda,
  describeCalibration,
  parseCalibration,
  SourceRecord,
} from './calibration.ts';
export { checkCombination } from './combination.ts';
export {
  type CalibratedLambda,
  type Evaluation,
  evaluateScan,
  type LossAndLength,
  type ScanEvaluation,
} from './evaluate.ts';
export { averageEvaluations, patientMeans } from './evaluation-means.ts';
export {
  evaluateFits,
  fitSplit,
  type LabelledIndex,
  type MeanAndSd,
  planRuns,
  profileOptionsOf,
  type RunPlan,
  type RunResult,
  runOne,
  type SplitFits,
  type SummaryRow,
  summarize,
} from './experiment.ts';
export { EXPERIMENT_SCHEMA, ExperimentDocument } from './experiment-document.ts';
export type { CalibrationData, Fit, FitAnchor, OrganStatus } from './fit.ts';
export { guaranteeInWords } from './guarantee.ts';
export {
  type Interval,
  intervalOf,
  QUANTILE,
} from './interval.ts';
export { type Labels, labelIds } from './labels.ts';
export type { EdgeDistances, LengthProfile } from './length-profile.ts';
export type { LossScope } from './loss-units.ts';
export { ExperimentPlan, type SplitSizes } from './options/experiment-plan.ts';
export { PREPARING_DEFAULTS, Preparing, PreparingOptions, PreparingRecord1, UNKNOWN_PREPARING } from './options/preparing.ts';
export {
  type BoundName,
  type HeuristicOptions,
  PAPER_OPTIONS,
  PAPER_PROCEDURES,
  PRESETS,
  PROCEDURES,
  type Procedure,
  ProcedureOptions,
  SHORTEST_OPTIONS,
} from './options/procedure-options.ts';
export { cellsOfSample, makePartition, type Partition } from './partition.ts';
export type {
  PartitionSpec,
  PositionSpec,
  StrataSpec,
  StratumFeature,
  StratumFeatureName,
} from './partition-spec.ts';
export { buildProfile, type Profile, type ProfileOptions, type Within } from './profile.ts';
export { type RandomStream, randomStream, shuffle } from './random.ts';
export { hoeffdingBentkusBound, hoeffdingBound, wsrBound } from './rcps.ts';
export { LambdaByGroup, RunRecord, SplitRecord } from './record.ts';
export { averageCurves, type RiskCurve, type ScanCurve, sweepScan } from './risk-curve.ts';
export type { MendedVoxels, ReadSample, Sample } from './sample.ts';
export type { MergedScores, ScorePlaces, Sides } from './sorted-scores.ts';
export { type Cohort, cached, cohortOf, type LeftOut, type Source } from './source.ts';
export {
  type CohortIndex,
  checkSplitSizes,
  defaultSizes,
  drawSplit,
  groupByPatient,
  type Split,
} from './split.ts';
