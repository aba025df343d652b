import type { EnvelopeAnchor, LengthProblem } from '@semcrc/anchor';
import { SemcrcError } from '@semcrc/kernels';
import { randomStream } from '../cohort/random.ts';
import type { Split } from '../cohort/split.ts';
import type { Centre } from '../learned/centre.ts';
import { learn, learnedLeaves } from '../learned/learn.ts';
import type { ProcedureOptions } from '../options/procedure-options.ts';
import { makePartition, type Partition } from '../partition/partition.ts';
import type { PartitionSpec } from '../partition/partition-spec.ts';
import { positionMap } from '../partition/position-map.ts';
import { cutStrata } from '../partition/strata.ts';
import { divideByPosition, positionsOfScan } from '../profile/position-profile.ts';
import { buildProfile, type Profile } from '../profile/profile.ts';
import type { Sides } from '../profile/sorted-scores.ts';
import { lambdaWithMore } from '../search/backtrack.ts';
import { leastUnits, type RiskBound } from '../search/bound.ts';
import {
  type AbsentComponent,
  fillAbsent,
  type LambdaFamily,
  lineFamily,
  pathFamily,
} from '../search/lambda-family.ts';
import { LossTable } from '../search/loss-table.ts';
import {
  type CalibrationData,
  type Fit,
  type FitAnchor,
  type FitOptions,
  infeasibleError,
  secondsSince,
} from './fit.ts';
import { factsOfGroups, type GroupFacts, gatherLengthProblem } from './length-problem.ts';
import { cellProblemOf, profiledVoxels, sortedProblemOf } from './profiled-problem.ts';
import { backtrackAtSites, lossesBySite, tablesOfSites, unitsOfSite } from './sites.ts';

/** The groups of an anchored procedure on one split: the same for every tolerance. */
export interface AnchoredGroups {
  readonly partition: Partition;
  /** The same groups as losses of scans are counted in: organs apart only where groups go by organ. */
  readonly counted: Partition;
  /** Corrected centre that intervals grow from, or null. */
  readonly centre: Centre | null;
  /** Profiles of scans of the cohort over `counted`; they may lie on the arena, above the mark the caller took. */
  readonly profilesOf: (ids: readonly string[]) => Promise<Profile[]>;
}

/** K-CRC's groups come from the opt scans' losses; sem-CRC's are the organs, or strata cut on the opt scans. */
export async function groupsOf(
  data: CalibrationData,
  split: Split,
  options: ProcedureOptions,
  procedure: 'k-crc' | 'sem-crc',
): Promise<AnchoredGroups> {
  if (procedure === 'k-crc') {
    const spec = positionMap(split.opt.map(data.profileOf));
    return {
      partition: makePartition(spec, data.labels),
      counted: positionsOfScan(spec),
      centre: null,
      profilesOf: async (ids) => divideByPosition(data.kernels, ids.map(data.profileOf), spec),
    };
  }
  if (options.strata.length === 0 && !options.shrink && options.recentre === 'none') {
    const partition = makePartition({ kind: 'organ' }, data.labels);
    return {
      partition,
      counted: partition,
      centre: null,
      profilesOf: async (ids) => ids.map(data.profileOf),
    };
  }
  const { spec, centre } = await divisionOf(data, split, options);
  const partition = makePartition(spec, data.labels);
  const profiling = { sides: sidesOf(options), within: options.within, heuristic: options, centre };
  return {
    partition,
    counted: partition,
    centre,
    profilesOf: async (ids) => {
      const profiles: Profile[] = [];
      for (const id of ids) {
        profiles.push(buildProfile(data.kernels, await data.read(id), partition, profiling));
      }
      return profiles;
    },
  };
}

/** Organs, strata cut or learned on the opt scans, and the centre learned there. */
async function divisionOf(
  { kernels, labels, read, profileOf }: CalibrationData,
  { opt }: Split,
  options: ProcedureOptions,
): Promise<{ readonly spec: PartitionSpec; readonly centre: Centre | null }> {
  const { strata, recentre } = options;
  const learned = learnedLeaves(strata) !== undefined;
  const { strata: grown, centre } =
    learned || recentre !== 'none'
      ? await learn(labels, opt, new Set(opt.map((id) => profileOf(id).patient)).size, read, options)
      : { strata: null, centre: null };
  if (grown) return { spec: grown, centre };
  const spec: PartitionSpec =
    strata.length === 0 ? { kind: 'organ' } : await cutStrata(kernels, labels, strata, opt, read);
  return { spec, centre };
}

export const sidesOf = (options: ProcedureOptions): Sides => (options.sides === 'two' ? 2 : 1);

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

async function solveOnVoxels(
  data: CalibrationData,
  split: Split,
  { partition, centre }: AnchoredGroups,
  bounds: readonly RiskBound[],
  units: number,
  options: ProcedureOptions,
  procedure: 'k-crc' | 'sem-crc',
  stream: { readonly seed: number; readonly run: number },
): Promise<SolvedAnchors> {
  const { kernels, profileOf, read } = data;
  const problem = await gatherLengthProblem(kernels, split.opt.map(profileOf), read, partition, {
    sides: sidesOf(options),
    within: options.within,
    heuristic: options,
    centre,
  });
  const optGroups = factsOfGroups(problem);
  if (options.anchor === 'gamma') {
    return { optGroups, solved: await solveGamma(problem, partition, bounds, options, procedure, stream) };
  }
  const { envelopeAnchors } = await import('@semcrc/anchor');
  const epsilons = bounds.map(({ epsilon }) => allowedOf(epsilon, units));
  const solutions = await envelopeAnchors(problem, epsilons);
  const solved = solutions.map((solution, i) => followEnvelope(solution, epsilons[i], partition, options));
  return { optGroups, solved };
}

/** Anchors of scans whose voxels are not at hand: the envelope's of sorted numbers, gamma's of condensed cells. */
async function solveOnProfiles(
  { kernels, profileOf, profiled }: CalibrationData,
  split: Split,
  partition: Partition,
  bounds: readonly RiskBound[],
  units: number,
  options: ProcedureOptions,
  procedure: 'k-crc' | 'sem-crc',
): Promise<SolvedAnchors> {
  const profiles = split.opt.map(profileOf);
  const sides = sidesOf(options);
  const voxels = profiledVoxels(profiles, partition);
  // Intervals of profiles do not shrink.
  const still = new Float64Array(voxels.length);
  const optGroups = { voxels, below: still, above: still };
  if (options.anchor === 'gamma') {
    const problem = cellProblemOf(kernels, profiles, partition, sides);
    const solved = await solveGamma(problem, partition, bounds, options, procedure, { seed: 0, run: 0 });
    return { optGroups, solved: solved.map((own) => ({ ...own, anchor: condensed(own.anchor) })) };
  }
  const { envelopeAnchorsOfSorted } = await import('@semcrc/anchor');
  const epsilons = bounds.map(({ epsilon }) => allowedOf(epsilon, units));
  const problem = sortedProblemOf(kernels, profiles, partition, sides);
  const { anchors, exactTo } = await envelopeAnchorsOfSorted(problem, epsilons);
  const solved = anchors.map((solution, i) => {
    const followed = followEnvelope(solution, epsilons[i], partition, options);
    // Rounded scores are not those of the voxels: nothing is known of what these would give.
    if (profiled?.round !== null) {
      const { anchor } = followed;
      return {
        ...followed,
        anchor: { ...condensed(anchor), solution: { ...anchor.solution, lowerBound: null, gap: null } },
      };
    }
    const same = solution.state === 'solved' && solution.position <= exactTo;
    return { ...followed, exactTo, anchor: same ? followed.anchor : condensed(followed.anchor) };
  });
  return { optGroups, solved };
}

/** ε' = ((n + 1)ε − 1)/n: the share missed that the CRC condition allows n calibration units on average. */
const allowedOf = (epsilon: number, units: number): number => ((units + 1) * epsilon - 1) / units;

/** An anchor that is not, or need not be, that of the voxels: nothing proves how near it is to the best. */
function condensed(anchor: FitAnchor): FitAnchor {
  const { solution } = anchor;
  if (solution.method === 'envelope')
    return { ...anchor, condensed: true, solution: { ...solution, gap: null } };
  // Cells bound the loss, and so the objective, from below only.
  const perGamma = solution.perGamma.map((one) => ({ ...one, upperBound: Number.POSITIVE_INFINITY, gap: 1 }));
  return { ...anchor, condensed: true, solution: { ...solution, gap: null, perGamma } };
}

/** Anchors at each tolerance, and what the opt voxels of every λ group are. */
interface SolvedAnchors {
  readonly solved: readonly SolvedAnchor[];
  readonly optGroups: GroupFacts;
}

interface SolvedAnchor {
  readonly anchor: FitAnchor;
  /** Where backtracking goes from the anchor. */
  readonly family: LambdaFamily;
  /** Position on the envelope's path up to which it is that of the voxels. */
  readonly exactTo: number;
}

async function solveGamma(
  problem: LengthProblem,
  partition: Partition,
  bounds: readonly RiskBound[],
  options: ProcedureOptions,
  procedure: 'k-crc' | 'sem-crc',
  { seed, run }: { readonly seed: number; readonly run: number },
): Promise<SolvedAnchor[]> {
  const { solveGammaAnchors, subsampleVoxels } = await import('@semcrc/anchor');
  const posed =
    options.anchorVoxels === 'all'
      ? problem
      : subsampleVoxels(problem, {
          rule: procedure === 'k-crc' ? 'pk' : 'psem',
          random: randomStream(seed, SUBSAMPLE_STREAM + run).uniform,
        });
  const epsilons = bounds.map(({ epsilon }) => epsilon);
  const solutions = await solveGammaAnchors(posed, epsilons, { gap: options.gap });
  return solutions.map((solution, i) => {
    if (solution.state === 'infeasible') {
      const epsilon = epsilons[i];
      throw new SemcrcError(
        'infeasible',
        `${procedure}: no γ of ${solution.perGamma.length} reaches ε = ${epsilon} on the opt scans even at λ = 1; ` +
          'choose a larger ε, or check that predictions and ground truth are in the same units',
        { data: { procedure, epsilon } },
      );
    }
    const { lambda, absent } = withAbsent(solution.lambda, partition);
    return {
      anchor: { lambda, absent, condensed: false, solution: { method: 'gamma', ...solution } },
      exactTo: Number.POSITIVE_INFINITY,
      family: lineFamily(lambda),
    };
  });
}

function followEnvelope(
  solution: EnvelopeAnchor,
  epsilon: number,
  partition: Partition,
  { backtrack: route, shrink }: ProcedureOptions,
): SolvedAnchor {
  if (solution.state === 'infeasible') {
    throw new SemcrcError('infeasible', `the envelope anchor cannot reach a share missed of ${epsilon}`, {
      data: { epsilon },
    });
  }
  const floor = shrink ? -1 : 0;
  const { lambda, absent, components } = withAbsent(solution.lambda, partition, floor);
  return {
    anchor: { lambda, absent, condensed: false, solution: { method: 'envelope', epsilon, ...solution } },
    exactTo: Number.POSITIVE_INFINITY,
    family: route === 'path' ? pathFamily(solution.path, components) : lineFamily(lambda, floor),
  };
}

/** Streams of the voxel subsample lie apart from those of the splits. */
const SUBSAMPLE_STREAM = 0x40000000;

/**
 * Groups without opt voxels (NaN in what was solved) take the largest λ of the groups present on the same side; strata
 * that of the same organ's bins, if it has any.
 */
function withAbsent(solved: Float64Array, { keys, organOfGroup }: Partition, floor = 0) {
  const lambda = solved.slice();
  const components: AbsentComponent[] = [];
  const absent: number[] = [];
  for (let index = 0; index < solved.length; index++) {
    if (!Number.isNaN(solved[index])) continue;
    const group = index % keys.length;
    const side = index - group;
    const present = Array.from(keys, (_, other) => side + other).filter(
      (other) => !Number.isNaN(solved[other]),
    );
    const own = present.filter(
      (other) => organOfGroup[group] >= 0 && organOfGroup[other - side] === organOfGroup[group],
    );
    components.push({ absent: index, present: own.length > 0 ? own : present });
    if (side === 0) absent.push(group);
  }
  fillAbsent(lambda, components, floor);
  return { lambda, absent, components };
}
