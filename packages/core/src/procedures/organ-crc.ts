import { SemcrcError } from '@semcrc/kernels';
import { type Labels, labelIds } from '../cohort/labels.ts';
import type { Split } from '../cohort/split.ts';
import { type Losses, lossesOf } from '../evaluate/losses.ts';
import type { ProcedureOptions } from '../options/procedure-options.ts';
import { makePartition } from '../partition/partition.ts';
import type { Profile } from '../profile/profile.ts';
import { type Backtracked, singleLambda } from '../search/backtrack.ts';
import { leastUnits, type RiskBound } from '../search/bound.ts';
import { type LossAverage, LossTable } from '../search/loss-table.ts';
import {
  boundOf,
  type CalibrationData,
  type Fit,
  type FitLosses,
  infeasibleError,
  type OrganStatus,
  optAndCal,
  secondsSince,
} from './fit.ts';
import { backtrackAtSites, lossesBySite, tablesOfSites } from './sites.ts';

/**
 * organ-crc (eq. 11, 12): for each organ k the smallest λ_k ≥ 0 whose loss ℓ_k meets the condition over the units that
 * contain k. Controls E[ℓ_k | organ k present] for every k; it does not imply a bound on the scan's risk.
 *
 * With `control`, λ_k = max(organ λ_k, sem-crc λ_k) for the organs named and sem-crc's for the rest, so that both
 * guarantees hold; `semantic` are the sem-crc fits at the same tolerances.
 *
 * `pooled` divides misses summed over scans by voxels summed over scans, as the authors' code does: no guarantee.
 *
 * @returns one fit per tolerance, in their order
 * @throws SemcrcError `infeasible` when no controlled organ can be calibrated.
 */
export function fitOrganCrc(
  data: CalibrationData,
  split: Split,
  epsilons: readonly number[],
  options: ProcedureOptions,
  procedure: 'organ-crc' | 'pooled',
  semantic: readonly Fit[] | null,
): Fit[] {
  const start = performance.now();
  const partition = makePartition({ kind: 'organ' }, data.labels);
  const profiles = (options.organCal === 'all' ? optAndCal(split) : split.cal).map(data.profileOf);
  const units = new Set(profiles.map(({ patient }) => patient)).size;
  const controlled = controlledOrgans(procedure, options, data.labels);
  const bounds = epsilons.map((epsilon) => organBound(options, epsilon, controlled.length));
  const sides = semantic?.[0].sides ?? 1;
  const average = averageOf(procedure);
  const found = calibrateOrgans(data, profiles, controlled, bounds, average, options);
  const whole = new LossTable(profiles, partition, { average, sides });
  const lossesOfOrgan = (organ: number, lambda: Float32Array): Losses =>
    lossesOf(new LossTable(profiles, partition, { scope: { organ }, average, sides }).evaluate(lambda));
  const seconds = secondsSince(start) / bounds.length;
  return bounds.map((bound, i) => {
    const organs: Record<string, OrganStatus> = {};
    const groups = partition.keys.length;
    const lambda = semantic?.[i].lambda.slice() ?? new Float32Array(groups).fill(Number.POSITIVE_INFINITY);
    for (const [organ, outcomes] of found) {
      const outcome = outcomes[i];
      const { state, units: nCal } = outcome;
      organs[organ] = {
        status: state === 'infeasible' && nCal === 0 ? 'absent' : state,
        nCal,
      };
      const own = outcome.state === 'calibrated' ? outcome.lambda[0] : Number.POSITIVE_INFINITY;
      for (let side = 0; side < sides; side++) {
        const at = side * groups + partition.keys.indexOf(String(organ));
        lambda[at] = semantic ? Math.max(lambda[at], own) : own;
      }
    }
    const organLosses = [...found].flatMap(([organ, outcomes]) => {
      const outcome = outcomes[i];
      if (outcome.state !== 'calibrated') return [];
      // With sem-crc's beside it, λ may be larger than the organ's own λ̂, where it loses less.
      return [[organ, semantic === null ? outcome.losses : lossesOfOrgan(organ, lambda)] as const];
    });
    const losses: FitLosses = {
      scan: lossesOf(whole.evaluate(lambda)),
      organs: Object.fromEntries(organLosses),
      sites: lossesBySite(profiles, data.siteOf, whole, lambda),
    };
    const statuses = Object.values(organs);
    if (statuses.every(({ status }) => status !== 'calibrated')) {
      const most = Math.max(...statuses.map(({ nCal }) => nCal));
      const whose = 'calibration scans that contain the organ most often present';
      throw infeasibleError(procedure, bound, most, leastUnits(bound), whose);
    }
    return {
      procedure,
      partition,
      sides,
      lambda,
      units,
      anchor: semantic?.[i].anchor ?? null,
      omega: semantic?.[i].omega ?? null,
      pathPosition: semantic?.[i].pathPosition ?? null,
      organs,
      losses,
      more: [],
      seconds: {
        anchor: semantic?.[i].seconds.anchor ?? 0,
        backtrack: seconds + (semantic?.[i].seconds.backtrack ?? 0),
      },
    };
  });
}

/** Backtracks every organ's own loss along its own λ; by organ, one outcome per bound. */
function calibrateOrgans(
  data: CalibrationData,
  profiles: readonly Profile[],
  organs: readonly number[],
  bounds: readonly RiskBound[],
  average: LossAverage,
  options: ProcedureOptions,
): Map<number, Backtracked[]> {
  const single = makePartition({ kind: 'uniform' }, data.labels);
  return new Map(
    organs.map((organ) => {
      const tableOf = (own: readonly Profile[]) => new LossTable(own, single, { scope: { organ }, average });
      const table = tableOf(profiles);
      const judged = tablesOfSites(profiles, options, data.siteOf, tableOf);
      return [organ, bounds.map((bound) => backtrackAtSites(table, judged, singleLambda(), bound))];
    }),
  );
}

/**
 * The organs whose own loss a procedure looks at: for `organ-crc` those named by `control`, else all.
 *
 * @throws SemcrcError `usage` for a name that no label has.
 */
export function controlledOrgans(
  procedure: 'organ-crc' | 'pooled',
  { control }: Pick<ProcedureOptions, 'control'>,
  labels: Labels,
): readonly number[] {
  if (procedure === 'pooled' || control.length === 0) return labelIds(labels);
  return control.map((name) => {
    const id = labelIds(labels).find((id) => labels[id] === name);
    if (id !== undefined) return id;
    throw new SemcrcError(
      'usage',
      `\`control\` names ${name}, which the cohort does not have; it has ${Object.values(labels).join(', ')}`,
      { data: { options: ['control'], label: name } },
    );
  });
}

/** How a procedure averages the losses of an organ. */
export function averageOf(procedure: 'organ-crc' | 'pooled'): LossAverage {
  return procedure === 'pooled' ? 'pooled' : 'mean';
}

/** The bound of one organ among `organs` controlled: with `bonferroni` at δ/organs. */
export function organBound(options: ProcedureOptions, epsilon: number, organs: number): RiskBound {
  const delta = options.correction === 'bonferroni' ? options.delta / organs : options.delta;
  return boundOf({ bound: options.bound, delta }, epsilon);
}
