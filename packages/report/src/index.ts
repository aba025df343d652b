export {
  CARD_SCHEMA,
  type Card,
  type CardOrgan,
  cardOf,
  type ReportedCalibration,
} from './card/card.ts';
export {
  type ExperimentFacts,
  factsOf,
  followedProcedure,
  type OverRuns,
  type ProcedureRuns,
  type ReportedExperiment,
} from './experiment.ts';
export type { ExampleScan } from './maps/example.ts';
export type { Cell, DataTable } from './tables/table.ts';
export { unitsIn } from './units.ts';
export type { Flag, Weight } from './verdict/flags.ts';
export { JUDGEMENT_WORDS, type OrganMeasured, type PlainSummary, summaryOf } from './verdict/summary.ts';
export type { Judgement, Verdict } from './verdict/verdict.ts';
export { inHu, percent, procedureName } from './words.ts';
