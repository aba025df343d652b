import { labelIds } from '../cohort/labels.ts';
import type { Split } from '../cohort/split.ts';
import { lossesOf } from '../evaluate/losses.ts';
import type { ProcedureOptions } from '../options/procedure-options.ts';
import { backtrack } from '../search/backtrack.ts';
import { leastUnits } from '../search/bound.ts';
import { type AbsentComponent, type LambdaFamily, lineFamily, pathFamily } from '../search/lambda-family.ts';
import { type LossScope, LossTable } from '../search/loss-table.ts';
import { type AnchoredGroups, sidesOf } from './anchored-groups.ts';
import { type CalibrationData, type Fit, infeasibleError, type OrganStatus, secondsSince } from './fit.ts';
import { factsOfGroups, type GroupFacts, gatherLengthProblem } from './length-problem.ts';
import { organBound } from './organ-crc.ts';

/**
 * organ-crc (eq. 11, 12) along paths: every organ has an envelope and a path of its own over its strata and both sides, made
 * on the opt scans that contain it; its position is the first that meets the condition on ℓ_k over the calibration units
 * that contain it. Proposition 1 holds for each organ as it stands; nothing is said of the scan's risk.
 *
 * An organ without opt voxels has one λ, as in organ-crc; one without enough calibration units has λ = ∞.
 *
 * @returns one fit per tolerance, in their order
 * @throws SemcrcError `infeasible` when no organ can be calibrated.
 */
export async function fitOrganShortest(
  data: CalibrationData,
  split: Split,
  epsilons: readonly number[],
  options: ProcedureOptions,
  { partition, counted, centre, profilesOf }: AnchoredGroups,
): Promise<Fit[]> {
  const { envelopeAnchorsByPart } = await import('@semcrc/anchor');
  const { kernels, labels } = data;
  const started = performance.now();
  const sides = sidesOf(options);
  const size = partition.keys.length * sides;
  const organs = labelIds(labels);
  const bounds = epsilons.map((epsilon) => organBound(options, epsilon, organs.length));
  const unitsOf = new Map(organs.map((organ) => [organ, unitsWith(data, split.cal, organ)]));
  const parts = organs.map((organ) => ({
    groups: groupsOfOrgan(partition.organOfGroup, organ),
    epsilons: bounds.map(({ epsilon }) => allowedOf(epsilon, unitsOf.get(organ)!)),
  }));
  const mark = kernels.arena.mark();
  let anchors: Awaited<ReturnType<typeof envelopeAnchorsByPart>>;
  let optGroups: GroupFacts;
  try {
    const problem = await gatherLengthProblem(kernels, split.opt.map(data.profileOf), data.read, partition, {
      ...{ sides, centre, within: options.within, heuristic: options, weigh: 'organ' },
    });
    optGroups = factsOfGroups(problem);
    anchors = await envelopeAnchorsByPart(problem, parts);
  } finally {
    kernels.arena.release(mark);
  }
  const anchorSeconds = secondsSince(started) / bounds.length;
  const begun = performance.now();
  const profiles = await profilesOf(split.cal);
  const lambdas = bounds.map(() => new Float32Array(size).fill(Number.POSITIVE_INFINITY));
  const statuses: Record<string, OrganStatus>[] = bounds.map(() => ({}));
  for (const [at, organ] of organs.entries()) {
    const table = new LossTable(profiles, counted, { scope: { organ }, sides });
    const { groups } = parts[at];
    for (const [i, bound] of bounds.entries()) {
      const solved = anchors[at][i];
      const family =
        solved.state === 'solved' && groups.some((group) => solved.path.present[group])
          ? pathFamily(solved.path, absentOf(solved.path.present, groups, partition.keys.length, sides))
          : flatFamily(size, options.shrink);
      const found = backtrack(table, family, bound);
      const absent = found.state === 'infeasible' && found.units === 0;
      statuses[i][organ] = { status: absent ? 'absent' : found.state, nCal: found.units };
      if (found.state === 'infeasible') continue;
      for (const group of groups) {
        for (let side = 0; side < size; side += partition.keys.length) {
          lambdas[i][side + group] = found.lambda[side + group];
        }
      }
    }
  }
  const lossesAt = (scope: LossScope, lambda: Float32Array) =>
    lossesOf(new LossTable(profiles, counted, { scope, sides }).evaluate(lambda));
  const losses = lambdas.map((lambda, i) => {
    const calibrated = organs.filter((organ) => statuses[i][organ].status === 'calibrated');
    const byOrgan = calibrated.map((organ) => [organ, lossesAt({ organ }, lambda)] as const);
    return { scan: lossesAt('scan', lambda), organs: Object.fromEntries(byOrgan) };
  });
  const seconds = { anchor: anchorSeconds, backtrack: secondsSince(begun) / bounds.length };
  return bounds.map((bound, i) => {
    const own = Object.values(statuses[i]);
    if (own.every(({ status }) => status !== 'calibrated')) {
      const most = Math.max(...own.map(({ nCal }) => nCal));
      const whose = 'calibration scans that contain the organ most often present';
      throw infeasibleError('organ-shortest', bound, most, leastUnits(bound), whose);
    }
    return {
      procedure: 'organ-shortest',
      ...{ partition, sides, lambda: lambdas[i], shrink: options.shrink, centre },
      units: new Set(split.cal.map((id) => data.profileOf(id).patient)).size,
      ...{ anchor: null, optGroups, omega: null, pathPosition: null },
      organs: statuses[i],
      losses: losses[i],
      more: [],
      seconds,
    };
  });
}

/** The share missed that the condition will ask of n units at most; 0 where it can ask nothing. */
const allowedOf = (epsilon: number, n: number): number =>
  n === 0 ? 0 : Math.max(0, ((n + 1) * epsilon - 1) / n);

/** Patients among some scans with a scan that contains an organ. */
function unitsWith({ profileOf }: CalibrationData, scans: readonly string[], organ: number): number {
  const own = scans.map(profileOf).filter(({ organVoxels }) => organVoxels[organ] > 0);
  return new Set(own.map(({ patient }) => patient)).size;
}

function groupsOfOrgan(organOfGroup: Int32Array, organ: number): number[] {
  return Array.from(organOfGroup.keys()).filter((group) => organOfGroup[group] === organ);
}

/** Groups of an organ without opt voxels follow the largest λ of those with some, side by side. */
function absentOf(
  present: Uint8Array,
  groups: readonly number[],
  groupCount: number,
  sides: number,
): AbsentComponent[] {
  const some = groups.filter((group) => present[group]);
  const none = groups.filter((group) => !present[group]);
  return Array.from({ length: sides }, (_, side) => side * groupCount).flatMap((first) =>
    none.map((group) => ({ absent: first + group, present: some.map((other) => first + other) })),
  );
}

/** One λ for everything. */
function flatFamily(size: number, shrink: boolean): LambdaFamily {
  return lineFamily(new Float64Array(size), shrink ? -1 : 0);
}
