import { promisesOrgans } from '../options/procedure-options.ts';
import type { Calibration } from '../records/calibration.ts';
import type { LossesRecord } from '../records/run.ts';
import { flaggedAbove, standardErrorsAbove, standardErrorsOfTest } from './chance.ts';
import type { CohortEvaluation, MeasuredRisk } from './cohort-evaluation.ts';

/** How far what was measured lies above what was promised. */
export interface Excess {
  /** Standard errors by which the risk lies above ε; of the worst organ where each was promised; null if unknown. */
  readonly z: number | null;
  /** The z above which it is more than chance explains: more where several organs are looked at. */
  readonly flaggedAbove: number;
  /** Whether it is. */
  readonly flagged: boolean;
  /** Ids of the labels whose own promise it is; empty where the promise is about whole scans. */
  readonly organs: readonly string[];
}

/**
 * Holds a measured risk against the promise: above ε by more than the draw of calibration and test patients explains? None for
 * `pooled`, which promises nothing.
 */
export function excessOf(calibration: Calibration, measured: CohortEvaluation): Excess {
  const { procedure, epsilon, bound, losses, organs } = calibration;
  const none = { z: null, flaggedAbove: flaggedAbove(1), flagged: false, organs: [] };
  if (procedure === 'pooled') return none;
  const z = (cal: LossesRecord | undefined, test: MeasuredRisk): number | null => {
    const { mean, sd } = test.risk;
    const seen = { n: test.patients, mean, sd };
    if (bound !== 'crc') return standardErrorsOfTest(epsilon, seen);
    return cal === undefined ? null : standardErrorsAbove(epsilon, cal, seen);
  };
  if (!promisesOrgans(procedure)) {
    const own = z(losses, measured);
    return { ...none, z: own, flagged: own !== null && own > none.flaggedAbove };
  }
  const judged = Object.entries(measured.organs).flatMap(([id, test]) => {
    const status = organs[id];
    const own = status?.status === 'calibrated' ? z(status.losses, test) : null;
    return own === null ? [] : [{ id, z: own }];
  });
  const limit = flaggedAbove(judged.length);
  const above = judged.filter((organ) => organ.z > limit);
  return {
    z: judged.length === 0 ? null : Math.max(...judged.map((organ) => organ.z)),
    flaggedAbove: limit,
    flagged: above.length > 0,
    organs: above.map(({ id }) => id),
  };
}
