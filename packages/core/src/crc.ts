import type { RiskBound } from './bound.ts';
import { type CalibrationData, type Fit, infeasibleError, optAndCal, secondsSince } from './fit.ts';
import { leastLambdas } from './least-lambda.ts';
import { LossTable } from './loss-table.ts';
import { makePartition } from './partition.ts';
import type { Split } from './split.ts';

/**
 * CRC (eq. 3): one λ for every voxel, calibrated on opt and cal together, since it needs no anchor.
 *
 * @returns one fit per bound, in their order
 * @throws SemcrcError `infeasible` when n is too small for a tolerance.
 */
export function fitCrc(data: CalibrationData, split: Split, bounds: readonly RiskBound[]): Fit[] {
  const start = performance.now();
  const partition = makePartition({ kind: 'uniform' }, data.labels);
  const table = new LossTable(optAndCal(split).map(data.profileOf), partition);
  const all = leastLambdas(table, bounds);
  const seconds = { anchor: 0, backtrack: secondsSince(start) / bounds.length };
  return all.map((found, i) => {
    if (found.state === 'infeasible') throw infeasibleError('crc', bounds[i], found.units, found.leastUnits);
    return {
      procedure: 'crc',
      partition,
      sides: 1,
      lambda: Float32Array.of(found.lambda),
      units: found.units,
      anchor: null,
      omega: null,
      pathPosition: null,
      organs: {},
      seconds,
    };
  });
}
