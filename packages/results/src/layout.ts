import {
  EXPERIMENT_SCHEMA,
  ExampleDocument,
  ExperimentDocument,
  GridDocument,
  RiskCurveDocument,
} from '@semcrc/core';
import { documentKind } from './document-file.ts';

/** Where the parts of an experiment's folder stand, and what kind of document each is. */
export const EXPERIMENT_FILE = 'experiment.json';
export const SUMMARY_FILE = 'summary.csv';
export const RISK_CURVE_FILE = 'risk-curve.json';
export const GRID_FILE = 'grid.json';
export const LOCK_FILE = '.lock';
export const EXAMPLE_FOLDER = 'example';
export const EXAMPLE_FILE = 'example.json';
/** K-CRC's position maps, a file a run. */
export const MEMBERSHIP_FOLDER = 'membership';
export const membershipFile = (run: number): string => `run-${String(run).padStart(3, '0')}.nii.gz`;
export const volumeFile = (name: string): string => `${name}.nii.gz`;

export const experimentKind = documentKind(`experiment (${EXPERIMENT_SCHEMA})`, ExperimentDocument);
export const gridKind = documentKind('list of the experiments of a grid', GridDocument);
export const riskCurveKind = documentKind('risk curve', RiskCurveDocument);
export const exampleKind = documentKind('example scan', ExampleDocument);
