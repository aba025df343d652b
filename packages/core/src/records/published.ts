import type Type from 'typebox';
import { ApplySummary } from './apply-summary.ts';
import { Calibration } from './calibration.ts';
import { EvaluationDocument } from './evaluation.ts';
import { ExperimentDocument } from './experiment.ts';
import {
  ExampleDocument,
  GridDocument,
  JournalHeader,
  PartRecord,
  PartsDocument,
  RiskCurveDocument,
  RunFile,
} from './results.ts';

/** The schema of every artefact semcrc writes, by the name of its file in `schema/`. */
export const PUBLISHED: Readonly<Record<string, Type.TSchema>> = {
  'apply-1': ApplySummary,
  'calibration-2': Calibration,
  'evaluation-1': EvaluationDocument,
  'example-1': ExampleDocument,
  'experiment-1': ExperimentDocument,
  'grid-1': GridDocument,
  'journal-2': JournalHeader,
  'part-1': PartRecord,
  'parts-1': PartsDocument,
  'risk-curve-1': RiskCurveDocument,
  'run-1': RunFile,
};
