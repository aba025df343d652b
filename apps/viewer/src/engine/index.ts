export { knotAt, readCalibration } from './calibration-facts.ts';
export { createEngine } from './engine.ts';
export { EngineError, type EngineErrorCode, failureOf } from './engine-error.ts';
export { mendedInWords } from './mended.ts';
export { sortDropped } from './sort-dropped.ts';
export type * from './types.ts';
