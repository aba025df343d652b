export { type Labels, labelIds } from './cohort/labels.ts';
export { mix, type RandomStream, randomStream } from './cohort/random.ts';
export {
  type MendedVoxels,
  type ReadSample,
  type Sample,
  SURROUNDING_MARGIN,
  type Surroundings,
} from './cohort/sample.ts';
export {
  type CohortLook,
  doubtsOfCohort,
  lookOf,
  MUCH_BACKGROUND,
  type SampleFacts,
  sampleFacts,
} from './cohort/sample-facts.ts';
export type { LabelCensus, NoteKind, ScanNote, TakeNote } from './cohort/scan-note.ts';
export { type Cohort, cached, cohortOf, type LeftOut, type Source } from './cohort/source.ts';
export {
  type CohortIndex,
  checkSplitSizes,
  defaultSizes,
  drawSplit,
  type SizeRule,
  type Split,
} from './cohort/split.ts';
export { applyLambda, type CalibratedInterval, Widening } from './evaluate/apply.ts';
export type { CalibratedLambda } from './evaluate/calibrated-lambda.ts';
export { calibrationScansIn } from './evaluate/calibration-scans.ts';
export {
  FLAGGED_ABOVE,
  flaggedAbove,
  normalTail,
  standardErrorsAbove,
  standardErrorsOfTest,
} from './evaluate/chance.ts';
export {
  type CohortEvaluation,
  checkSameLabels,
  evaluateCalibration,
  type MeasuredRisk,
  measureCohort,
} from './evaluate/cohort-evaluation.ts';
export { type Excess, excessOf } from './evaluate/excess.ts';
export type { Losses } from './evaluate/losses.ts';
export { type MeanInterval, meanInterval, student975 } from './evaluate/mean-interval.ts';
export {
  averageEvaluations,
  patientMeans,
} from './evaluate/patient-means.ts';
export {
  checkSamePreparing,
  extrapolationOf,
  type PreparingDifference,
  preparingDifferences,
} from './evaluate/preparing-differences.ts';
export {
  averageCurves,
  type RiskCurve,
  type ScanCurve,
  sweepProfile,
  sweepScan,
} from './evaluate/risk-curve.ts';
export {
  type Evaluation,
  evaluateScan,
  type LossAndLength,
  type MeanLossAndLength,
  type ScanEvaluation,
} from './evaluate/scan-evaluation.ts';
export type { Centre } from './learned/centre.ts';
export { type Placement, placeSample } from './learned/placement.ts';
export { type PredictedSlices, type SlicePart, surroundingsOf } from './learned/slice-features.ts';
export { checkCombination } from './options/combination.ts';
export { ExperimentPlan, type SplitSizes } from './options/experiment-plan.ts';
export { shortestOptions } from './options/method.ts';
export {
  keepsSurroundings,
  knowsWholeSlices,
  PREPARING_DEFAULTS,
  Preparing,
  PreparingOptions,
  UNCUT,
  UNKNOWN_PREPARING,
} from './options/preparing.ts';
export {
  type BoundName,
  type HeuristicOptions,
  PAPER_OPTIONS,
  PAPER_PROCEDURES,
  PRESETS,
  PROCEDURES,
  type Procedure,
  ProcedureOptions,
  promisesOrgans,
  RECENTRED_OPTIONS,
  SHORTEST_OPTIONS,
} from './options/procedure-options.ts';
export type { ProfiledAs } from './options/profiled.ts';
export { type ToleranceRange, tolerancesOf } from './options/tolerance-range.ts';
export { makePartition, type Partition, regionsOfSample } from './partition/partition.ts';
export type {
  PartitionSpec,
  PositionSpec,
  StrataSpec,
  StratumFeature,
  StratumFeatureName,
} from './partition/partition-spec.ts';
export { fitCurve } from './procedures/curve.ts';
export {
  evaluateFits,
  fitSplit,
  lengthsWithMore,
  profileOptionsOf,
  type RunResult,
  runOne,
  type SplitFits,
} from './procedures/experiment.ts';
export type { CalibrationData, Fit, FitAnchor, FitOptions, OrganStatus } from './procedures/fit.ts';
export { guaranteeInWords } from './procedures/guarantee.ts';
export { type LabelledIndex, planRuns, type RunPlan } from './procedures/run-plan.ts';
export { type MeanAndSd, type SummaryRow, summarize } from './procedures/summary.ts';
export {
  type Interval,
  intervalOf,
} from './profile/interval.ts';
export { insideBody, type KeptProfile, type Profiling, profileToKeep } from './profile/kept-profile.ts';
export { type EdgeSums, type EdgeTail, type LengthProfile, withSums } from './profile/length-profile.ts';
export {
  type BuiltProfile,
  buildProfile,
  type Profile,
  type ProfileOptions,
  type Within,
} from './profile/profile.ts';
export type { ResidualCells } from './profile/residual-cells.ts';
export type { PagedNumbers, SortedNumbers } from './profile/sorted-numbers.ts';
export type { MergedScores, ScorePlaces, Sides } from './profile/sorted-scores.ts';
export { AnchorRecord } from './records/anchor.ts';
export { APPLY_SCHEMA, type AppliedOrgan, ApplySummary } from './records/apply-summary.ts';
export {
  CALIBRATION_SCHEMA,
  Calibration,
  type CalibrationContext,
  CurveRecord,
  curveRecord,
  describeCalibration,
  SourceRecord,
} from './records/calibration.ts';
export { EVALUATION_SCHEMA, EvaluationDocument, parseEvaluation } from './records/evaluation.ts';
export { EXPERIMENT_SCHEMA, ExperimentDocument } from './records/experiment.ts';
export { LambdaByGroup } from './records/lambda.ts';
export { calibratedLambda, calibratedLambdaAt, parseCalibration } from './records/parse-calibration.ts';
export {
  PROFILES_SCHEMA,
  ProfiledScan,
  ProfiledSource,
  ProfilesDirectory,
  ProfilesHeader,
} from './records/profiles.ts';
export { PUBLISHED } from './records/published.ts';
export {
  EXAMPLE_VOLUMES,
  ExampleDocument,
  type ExampleVolume,
  GridDocument,
  JournalHeader,
  PartRecord,
  PartsDocument,
  RiskCurveDocument,
  RunFile,
} from './records/results.ts';
export {
  LossesRecord,
  type MoreScans,
  RunRecord,
  recordedLambda,
  SitesRecord,
  SplitRecord,
  sitesRecord,
  UnitsRecord,
  unitsOf,
} from './records/run.ts';
export type { LambdaWithMore } from './search/backtrack.ts';
export { crcBound, leastUnits, type RiskBound } from './search/bound.ts';
export type { LossScope } from './search/loss-table.ts';
export { hoeffdingBentkusBound, hoeffdingBound, wsrBound } from './search/rcps.ts';
