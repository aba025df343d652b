export { applyLambda, type CalibratedInterval } from './apply.ts';
export { BOUND_NAMES, type BoundName, crcBound, leastUnits, type RiskBound } from './bound.ts';
export {
  CALIBRATION_SCHEMA,
  Calibration,
  type CalibrationContext,
  calibratedLambda,
  describeCalibration,
  parseCalibration,
  SourceRecord,
} from './calibration.ts';
export {
  type CalibratedLambda,
  type Evaluation,
  evaluateScan,
  type LossAndLength,
  type ScanEvaluation,
} from './evaluate.ts';
export { averageEvaluations, patientMeans } from './evaluation-means.ts';
export {
  type ExperimentPlan,
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
export type { CalibrationData, Fit, FitAnchor, OrganState, OrganStatus } from './fit.ts';
export { guaranteeInWords } from './guarantee.ts';
export {
  HEURISTIC_NAMES,
  type HeuristicName,
  type HeuristicOptions,
  type Interval,
  intervalOf,
  QUANTILE,
} from './interval.ts';
export { type Labels, labelIds } from './labels.ts';
export type { EdgeDistances, LengthProfile } from './length-profile.ts';
export type { LossScope } from './loss-units.ts';
export { cellsOfSample, makePartition, type Partition } from './partition.ts';
export type {
  PartitionSpec,
  PositionSpec,
  StrataSpec,
  StratumFeature,
  StratumFeatureName,
} from './partition-spec.ts';
export {
  checkCombination,
  PAPER_OPTIONS,
  PAPER_PROCEDURES,
  PROCEDURES,
  type Procedure,
  type ProcedureOptions,
  SHORTEST_OPTIONS,
} from './procedure.ts';
export { buildProfile, type Profile, type ProfileOptions, type Within } from './profile.ts';
export { type RandomStream, randomStream, shuffle } from './random.ts';
export { buildRankings, type CountedStretch, rankedScopes, stretchesToRank } from './ranking-plan.ts';
export { hoeffdingBentkusBound, hoeffdingBound, wsrBound } from './rcps.ts';
export { AnchorRecord, LambdaByGroup, LossesRecord, RunRecord, SplitRecord, UnitsRecord } from './record.ts';
export { averageCurves, type RiskCurve, type ScanCurve, sweepScan } from './risk-curve.ts';
export type { MendedVoxels, ReadSample, Sample } from './sample.ts';
export { RANKING_BYTES, type ScoreRanking, ScoreRankings, type Stretch } from './score-ranking.ts';
export type { MergedScores, ScorePlaces, Sides } from './sorted-scores.ts';
export {
  type CohortIndex,
  checkSplitSizes,
  drawSplit,
  groupByPatient,
  type Split,
  type SplitSizes,
} from './split.ts';
