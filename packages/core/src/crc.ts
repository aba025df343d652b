import { backtrack, lineFamily } from './backtrack.ts';
import type { RiskBound } from './bound.ts';
import { type CalibrationData, type Fit, infeasibleError, optAndCal, secondsSince } from './fit.ts';
import { LossTable } from './loss-table.ts';
import { makePartition } from './partition.ts';
import type { Split } from './split.ts';

/**
 * CRC (eq. 3): one λ for every voxel, calibrated on opt and cal together, since it needs no anchor.
 *
 * @throws SemcrcError `infeasible` when n is too small for the tolerance.
 */
export function fitCrc(data: CalibrationData, split: Split, bound: RiskBound): Fit {
  const start = performance.now();
  const partition = makePartition({ kind: 'uniform' }, data.labels);
  const table = new LossTable(optAndCal(split).map(data.profileOf), partition);
  const found = backtrack(table, lineFamily(new Float64Array(1)), bound);
  if (found.state === 'infeasible') throw infeasibleError('crc', bound, found.units, found.leastUnits);
  return {
    procedure: 'crc',
    partition,
    sides: 1,
    lambda: found.lambda,
    units: found.units,
    anchor: null,
    omega: null,
    pathPosition: null,
    organs: {},
    seconds: { anchor: 0, backtrack: secondsSince(start) },
  };
}
