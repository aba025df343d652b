import { SemcrcError } from '@semcrc/kernels';
import { backtrack, lineFamily } from './backtrack.ts';
import { leastUnits, type RiskBound } from './bound.ts';
import {
  boundOf,
  type CalibrationData,
  type Fit,
  infeasibleError,
  type OrganStatus,
  optAndCal,
  secondsSince,
} from './fit.ts';
import { labelIds } from './labels.ts';
import { LossTable } from './loss-table.ts';
import { makePartition } from './partition.ts';
import type { ProcedureOptions } from './procedure.ts';
import type { Split } from './split.ts';

/**
 * organ-crc (eq. 11, 12): for each organ k the smallest λ_k ≥ 0 whose loss ℓ_k meets the condition over the units that
 * contain k. Controls E[ℓ_k | organ k present] for every k; it does not imply a bound on the scan's risk.
 *
 * With `control`, λ_k = max(organ λ_k, sem-crc λ_k) for the organs named and sem-crc's for the rest, so that both
 * guarantees hold; `semantic` is that sem-crc fit.
 *
 * `pooled` divides misses summed over scans by voxels summed over scans, as the authors' code does: no guarantee.
 *
 * @throws SemcrcError `infeasible` when no controlled organ can be calibrated.
 */
export function fitOrganCrc(
  data: CalibrationData,
  split: Split,
  bound: RiskBound,
  options: ProcedureOptions,
  procedure: 'organ-crc' | 'pooled',
  semantic: Fit | null,
): Fit {
  const start = performance.now();
  const partition = makePartition({ kind: 'organ' }, data.labels);
  const single = makePartition({ kind: 'uniform' }, data.labels);
  const profiles = (options.organCal === 'all' ? optAndCal(split) : split.cal).map(data.profileOf);
  const controlled = semantic ? options.control : labelIds(data.labels);
  const each = organBound(options, bound.epsilon, controlled.length);
  const groups = partition.keys.length;
  const lambda = semantic ? semantic.lambda.slice() : new Float32Array(groups).fill(Number.POSITIVE_INFINITY);
  const sides = semantic?.sides ?? 1;
  const organs: Record<string, OrganStatus> = {};
  let largestN = 0;
  for (const organ of controlled) {
    const group = partition.keys.indexOf(String(organ));
    if (group < 0) throw new SemcrcError('usage', `the cohort has no label ${organ}`, { data: { organ } });
    const table = new LossTable(profiles, single, {
      scope: { organ },
      average: procedure === 'pooled' ? 'pooled' : 'mean',
    });
    const found = backtrack(table, lineFamily(new Float64Array(1)), each);
    const nCal = table.units.length;
    largestN = Math.max(largestN, nCal);
    const calibrated = found.state === 'calibrated';
    organs[organ] = { status: calibrated ? 'calibrated' : nCal === 0 ? 'absent' : 'infeasible', nCal };
    const own = calibrated ? found.lambda[0] : Number.POSITIVE_INFINITY;
    for (let side = 0; side < sides; side++) {
      const at = side * groups + group;
      lambda[at] = semantic ? Math.max(lambda[at], own) : own;
    }
  }
  if (Object.values(organs).every(({ status }) => status !== 'calibrated')) {
    throw infeasibleError(
      procedure,
      bound,
      largestN,
      leastUnits(bound),
      'calibration scans that contain the organ most often present',
    );
  }
  return {
    procedure,
    partition,
    sides,
    lambda,
    units: new Set(profiles.map(({ patient }) => patient)).size,
    anchor: semantic?.anchor ?? null,
    omega: semantic?.omega ?? null,
    pathPosition: semantic?.pathPosition ?? null,
    organs,
    seconds: {
      anchor: semantic?.seconds.anchor ?? 0,
      backtrack: secondsSince(start) + (semantic?.seconds.backtrack ?? 0),
    },
  };
}

/** The bound of one organ among `organs` controlled: with `bonferroni` at δ/organs. */
export function organBound(options: ProcedureOptions, epsilon: number, organs: number): RiskBound {
  const delta = options.correction === 'bonferroni' ? options.delta / organs : options.delta;
  return boundOf({ bound: options.bound, delta }, epsilon);
}
