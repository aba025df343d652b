import type { Split } from '../cohort/split.ts';
import type { ProcedureOptions } from '../options/procedure-options.ts';
import { makePartition } from '../partition/partition.ts';
import { lambdaWithMore, singleLambda } from '../search/backtrack.ts';
import type { RiskBound } from '../search/bound.ts';
import { LossTable } from '../search/loss-table.ts';
import {
  type CalibrationData,
  type Fit,
  type FitOptions,
  infeasibleError,
  optAndCal,
  secondsSince,
} from './fit.ts';
import { backtrackAtSites, lossesBySite, tablesOfSites, unitsOfSite } from './sites.ts';

/**
 * CRC (eq. 3): one λ for every voxel, calibrated on opt and cal together, since it needs no anchor.
 *
 * @returns one fit per bound, in their order
 * @throws SemcrcError `infeasible` when n is too small for a tolerance.
 */
export function fitCrc(
  data: CalibrationData,
  split: Split,
  bounds: readonly RiskBound[],
  { more = [], sites = 'pooled' }: FitOptions & Partial<Pick<ProcedureOptions, 'sites'>> = {},
): Fit[] {
  const start = performance.now();
  const partition = makePartition({ kind: 'uniform' }, data.labels);
  const profiles = optAndCal(split).map(data.profileOf);
  const table = new LossTable(profiles, partition);
  const judged = tablesOfSites(profiles, { sites }, data.siteOf, (own) => new LossTable(own, partition));
  const all = bounds.map((bound) => backtrackAtSites(table, judged, singleLambda(), bound));
  const seconds = { anchor: 0, backtrack: secondsSince(start) / bounds.length };
  return all.map((found, i) => {
    if (found.state === 'infeasible') {
      throw infeasibleError('crc', bounds[i], found.units, found.leastUnits, unitsOfSite(found.site));
    }
    const bySite = lossesBySite(profiles, data.siteOf, table, found.lambda);
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
      losses: { scan: found.losses, organs: {}, sites: bySite },
      more:
        more.includes(bounds[i].epsilon) && judged.length === 0
          ? lambdaWithMore(table, singleLambda(), bounds[i])
          : [],
      seconds,
    };
  });
}
