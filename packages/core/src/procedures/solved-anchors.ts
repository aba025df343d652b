import type { EnvelopeAnchor, LengthProblem } from '@semcrc/anchor';
import { SemcrcError } from '@semcrc/kernels';
import { randomStream } from '../cohort/random.ts';
import type { Split } from '../cohort/split.ts';
import type { ProcedureOptions } from '../options/procedure-options.ts';
import type { Partition } from '../partition/partition.ts';
import type { RiskBound } from '../search/bound.ts';
import {
  type AbsentComponent,
  fillAbsent,
  type LambdaFamily,
  lineFamily,
  pathFamily,
} from '../search/lambda-family.ts';
import { type AnchoredGroups, sidesOf } from './anchored-groups.ts';
import type { CalibrationData, FitAnchor } from './fit.ts';
import { factsOfGroups, type GroupFacts, gatherLengthProblem } from './length-problem.ts';
import { cellProblemOf, profiledVoxels, sortedProblemOf } from './profiled-problem.ts';

/** Anchors at each tolerance, and what the opt voxels of every λ group are. */
export interface SolvedAnchors {
  readonly solved: readonly SolvedAnchor[];
  readonly optGroups: GroupFacts;
}

export interface SolvedAnchor {
  readonly anchor: FitAnchor;
  /** Where backtracking goes from the anchor. */
  readonly family: LambdaFamily;
  /** Position on the envelope's path up to which it is that of the voxels. */
  readonly exactTo: number;
}

/** Anchors of scans whose voxels are read: the envelope's or gamma's, of all opt voxels or the paper's subsample. */
export async function solveOnVoxels(
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
export async function solveOnProfiles(
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
export function condensed(anchor: FitAnchor): FitAnchor {
  const { solution } = anchor;
  if (solution.method === 'envelope')
    return { ...anchor, condensed: true, solution: { ...solution, gap: null } };
  // Cells bound the loss, and so the objective, from below only.
  const perGamma = solution.perGamma.map((one) => ({ ...one, upperBound: Number.POSITIVE_INFINITY, gap: 1 }));
  return { ...anchor, condensed: true, solution: { ...solution, gap: null, perGamma } };
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
