import type { Split } from '../cohort/split.ts';
import type { ProcedureOptions } from '../options/procedure-options.ts';
import type { Profile } from '../profile/profile.ts';
import { lambdaWithMore } from '../search/backtrack.ts';
import { leastUnits, type RiskBound } from '../search/bound.ts';
import { LossTable } from '../search/loss-table.ts';
import { type AnchoredGroups, sidesOf } from './anchored-groups.ts';
import { type CalibrationData, type Fit, type FitOptions, infeasibleError, secondsSince } from './fit.ts';
import type { GroupFacts } from './length-problem.ts';
import { backtrackAtSites, lossesBySite, tablesOfSites, unitsOfSite } from './sites.ts';
import { condensed, type SolvedAnchor, solveOnProfiles, solveOnVoxels } from './solved-anchors.ts';

/**
 * K-CRC and sem-CRC (eq. 6, 9): the anchor minimizes length on the opt scans (PK, Psem, or the envelope), then the line
 * λ̃ + ω·1 or the anchor's path is followed on the cal scans to the first λ that meets the condition.
 *
 * @param bounds solved together on the same gathered voxels, each as if alone; fits come in their order, time shared
 * evenly
 * @param stream of the paper's voxel subsample, where options ask for it
 * @throws SemcrcError `infeasible` when n is too small for a tolerance, or no γ can reach it on the opt scans.
 */
export async function fitAnchored(
  data: CalibrationData,
  split: Split,
  bounds: readonly RiskBound[],
  options: ProcedureOptions,
  procedure: 'k-crc' | 'sem-crc',
  groups: AnchoredGroups,
  stream: { readonly seed: number; readonly run: number } & FitOptions,
): Promise<Fit[]> {
  const { kernels } = data;
  const sides = sidesOf(options);
  const { partition } = groups;
  const started = performance.now();
  const units = new Set(split.cal.map((id) => data.profileOf(id).patient)).size;
  for (const bound of bounds) {
    const least = leastUnits(bound);
    if (units < least) throw infeasibleError(procedure, bound, units, least);
  }
  const mark = kernels.arena.mark();
  const anchors: (SolvedAnchor & { seconds: number })[] = [];
  let optGroups: GroupFacts;
  try {
    const { solved, optGroups: found } = data.profiled
      ? await solveOnProfiles(data, split, partition, bounds, units, options, procedure)
      : await solveOnVoxels(data, split, groups, bounds, units, options, procedure, stream);
    optGroups = found;
    const seconds = secondsSince(started) / bounds.length;
    anchors.push(...solved.map((anchor) => ({ ...anchor, seconds })));
  } finally {
    kernels.arena.release(mark);
  }
  const start = performance.now();
  try {
    const profiles = await groups.profilesOf(split.cal);
    const tableOf = (own: readonly Profile[]) => new LossTable(own, groups.counted, { sides });
    const table = tableOf(profiles);
    const judged = tablesOfSites(profiles, options, data.siteOf, tableOf);
    const profiling = secondsSince(start) / bounds.length;
    return bounds.map((bound, i) => {
      const begun = performance.now();
      const { anchor, family, seconds, exactTo } = anchors[i];
      const found = backtrackAtSites(table, judged, family, bound);
      if (found.state === 'infeasible') {
        throw infeasibleError(procedure, bound, found.units, found.leastUnits, unitsOfSite(found.site));
      }
      const bySite = lossesBySite(profiles, data.siteOf, table, found.lambda);
      const { solution } = anchor;
      const onPath = solution.method === 'envelope' && options.backtrack === 'path';
      return {
        procedure,
        partition,
        sides,
        lambda: found.lambda,
        shrink: options.shrink,
        centre: groups.centre,
        units: found.units,
        anchor: onPath && found.t > exactTo ? condensed(anchor) : anchor,
        optGroups,
        omega: onPath ? Math.max(0, found.t - solution.path.length) : found.t,
        pathPosition: onPath ? Math.min(found.t, solution.path.length) : null,
        organs: {},
        losses: { scan: found.losses, organs: {}, sites: bySite },
        more:
          stream.more?.includes(bound.epsilon) && judged.length === 0
            ? lambdaWithMore(table, family, bound)
            : [],
        seconds: { anchor: seconds, backtrack: secondsSince(begun) + profiling },
      };
    });
  } finally {
    kernels.arena.release(mark);
  }
}
