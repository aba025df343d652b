import { type Calibration, parseCalibration } from '@semcrc/core';
import { EngineError, failureOf } from './engine-error.ts';
import type { CalibrationFacts, Knot, Role } from './types.ts';

/**
 * Parses and checks a `calibration.json`.
 *
 * @throws EngineError `bad-input` naming the file and the first field that is not as it must be
 */
export function readCalibration(text: string, name: string): CalibrationFacts {
  try {
    return factsOf(parseCalibration(text, name), name);
  } catch (error) {
    throw new EngineError(failureOf(error), error);
  }
}

/** What the page shows of a calibration. */
export function factsOf(calibration: Calibration, name: string): CalibrationFacts {
  return { name, calibration, knots: knotsOf(calibration), needs: needsOf(calibration) };
}

function knotsOf({ curve, epsilon }: Calibration): readonly Knot[] {
  if (curve === undefined) return [{ epsilon, status: 'calibrated', promised: true }];
  return curve.map((knot) => ({
    epsilon: knot.epsilon,
    status: knot.status,
    promised: knot.epsilon === epsilon,
  }));
}

/**
 * The knot that an ε stands at: the largest that is not above it, since λ between two is unknown and the smaller ε promises
 * more. −1 below the first.
 */
export function knotAt(knots: readonly Knot[], epsilon: number): number {
  // A slider's own arithmetic may end a few ulps below the knot it means.
  return knots.findLastIndex((knot) => knot.epsilon <= epsilon + 1e-12);
}

/** Files that a scan must have: those its calibration's scans had, of what λ depends on. */
function needsOf(calibration: Calibration): readonly Role[] {
  const { heuristic, source, shrink, centre, partition, within } = calibration;
  const { point, body } = source.preparing;
  const needs: Role[] = ['lower', 'upper', 'segmentation'];
  const around = heuristic === 'mse' || heuristic === 'multiplicative' || heuristic === 'std';
  const features = partition.kind === 'strata' && partition.features.some(({ name }) => name !== 'width');
  const looksAtPoint = shrink || centre !== undefined || partition.kind === 'learned' || features;
  if (around || (point === true && looksAtPoint)) needs.push('point');
  if (heuristic === 'std') needs.push('std');
  if (heuristic === 'samples') needs.push('samples');
  const byOrgan = (partition.kind !== 'uniform' && partition.kind !== 'position') || within === 'body';
  if (body === true && byOrgan) needs.push('body');
  return needs;
}
