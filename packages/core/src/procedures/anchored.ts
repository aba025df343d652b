import type { LengthProblem } from '@semcrc/anchor';
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
import { backtrack, lambdaWithMore } from '../search/backtrack.ts';
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
  const anchors: { anchor: FitAnchor; family: LambdaFamily; seconds: number }[] = [];
  let optGroups: GroupFacts;
  try {
    const problem = await gatherLengthProblem(kernels, split.opt.map(data.profileOf), data.read, partition, {
      sides,
      within: options.within,
      heuristic: options,
      centre: groups.centre,
    });
    optGroups = factsOfGroups(problem);
    const solved =
      options.anchor === 'gamma'
        ? await solveGamma(problem, partition, bounds, options, procedure, stream)
        : await solveEnvelope(problem, partition, bounds, units, options);
    const seconds = secondsSince(started) / bounds.length;
    anchors.push(...solved.map((anchor) => ({ ...anchor, seconds })));
  } finally {
    kernels.arena.release(mark);
  }
  const start = performance.now();
  try {
    const profiles = await groups.profilesOf(split.cal);
    const table = new LossTable(profiles, groups.counted, { sides });
    const profiling = secondsSince(start) / bounds.length;
    return bounds.map((bound, i) => {
      const begun = performance.now();
      const { anchor, family, seconds } = anchors[i];
      const found = backtrack(table, family, bound);
      if (found.state === 'infeasible')
        throw infeasibleError(procedure, bound, found.units, found.leastUnits);
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
        anchor,
        optGroups,
        omega: onPath ? Math.max(0, found.t - solution.path.length) : found.t,
        pathPosition: onPath ? Math.min(found.t, solution.path.length) : null,
        organs: {},
        losses: { scan: found.losses, organs: {} },
        more: stream.more?.includes(bound.epsilon) ? lambdaWithMore(table, family, bound) : [],
        seconds: { anchor: seconds, backtrack: secondsSince(begun) + profiling },
      };
    });
  } finally {
    kernels.arena.release(mark);
  }
}

interface SolvedAnchor {
  readonly anchor: FitAnchor;
  /** Where backtracking goes from the anchor. */
  readonly family: LambdaFamily;
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
      anchor: { lambda, absent, solution: { method: 'gamma', ...solution } },
      family: lineFamily(lambda),
    };
  });
}

async function solveEnvelope(
  problem: LengthProblem,
  partition: Partition,
  bounds: readonly RiskBound[],
  units: number,
  { backtrack: route, shrink }: ProcedureOptions,
): Promise<SolvedAnchor[]> {
  const { envelopeAnchors } = await import('@semcrc/anchor');
  const epsilons = bounds.map(({ epsilon }) => ((units + 1) * epsilon - 1) / units);
  const solutions = await envelopeAnchors(problem, epsilons);
  return solutions.map((solution, i) => {
    const epsilon = epsilons[i];
    if (solution.state === 'infeasible') {
      throw new SemcrcError('infeasible', `the envelope anchor cannot reach a share missed of ${epsilon}`, {
        data: { epsilon },
      });
    }
    const floor = shrink ? -1 : 0;
    const { lambda, absent, components } = withAbsent(solution.lambda, partition, floor);
    return {
      anchor: { lambda, absent, solution: { method: 'envelope', epsilon, ...solution } },
      family: route === 'path' ? pathFamily(solution.path, components) : lineFamily(lambda, floor),
    };
  });
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
