import type { LengthProblem } from '@semcrc/anchor';
import { SemcrcError } from '@semcrc/kernels';
import { backtrack, lineFamily } from './backtrack.ts';
import type { RiskBound } from './bound.ts';
import { type CalibrationData, type Fit, type FitAnchor, infeasibleError, secondsSince } from './fit.ts';
import { gatherLengthProblem } from './length-problem.ts';
import { LossTable } from './loss-table.ts';
import { makePartition, type Partition } from './partition.ts';
import { positionMap } from './position-map.ts';
import type { ProcedureOptions } from './procedure.ts';
import { divideByPosition, type Profile } from './profile.ts';
import { randomStream } from './random.ts';
import type { Split } from './split.ts';

/** The anchored procedures solved once per split: what stays the same for every tolerance. */
export interface AnchoredGroups {
  readonly partition: Partition;
  /** Profiles over the partition of any scan of the cohort. */
  readonly profileOf: (id: string) => Profile;
}

/** K-CRC's groups are made from the opt scans' losses; sem-CRC's are the organs. */
export function groupsOf(
  data: CalibrationData,
  split: Split,
  procedure: 'k-crc' | 'sem-crc',
): AnchoredGroups {
  if (procedure === 'sem-crc') {
    return { partition: makePartition({ kind: 'organ' }, data.labels), profileOf: data.profileOf };
  }
  const spec = positionMap(split.opt.map(data.profileOf));
  const partition = makePartition(spec, data.labels);
  return { partition, profileOf: (id) => divideByPosition(data.profileOf(id), partition, spec) };
}

/**
 * K-CRC and sem-CRC (eq. 6, 9): the anchor λ̃ minimizes length on the opt scans (PK, Psem), then the line λ̃ + ω·1 is
 * followed on the cal scans to the first λ that meets the condition.
 *
 * @param tolerances solved one after another on the same gathered voxels; fits come in their order
 * @param seed of the paper's voxel subsample, where options ask for it
 * @throws SemcrcError `infeasible` when n is too small for a tolerance, or no γ can reach it on the opt scans.
 */
export async function fitAnchored(
  data: CalibrationData,
  split: Split,
  bounds: readonly RiskBound[],
  options: ProcedureOptions,
  procedure: 'k-crc' | 'sem-crc',
  groups: AnchoredGroups,
  seed: { readonly seed: number; readonly run: number },
): Promise<Fit[]> {
  const { kernels } = data;
  const sides = options.sides === 'two' ? 2 : 1;
  const { partition } = groups;
  const started = performance.now();
  const mark = kernels.arena.mark();
  const anchors: { anchor: FitAnchor; seconds: number }[] = [];
  try {
    const problem = await gatherLengthProblem(kernels, split.opt.map(data.profileOf), data.read, partition, {
      sides,
      within: options.within,
      heuristic: options,
    });
    const gathering = secondsSince(started) / bounds.length;
    for (const { epsilon } of bounds) {
      const start = performance.now();
      const anchor = await solveAnchor(problem, epsilon, options, procedure, seed);
      anchors.push({ anchor, seconds: secondsSince(start) + gathering });
    }
  } finally {
    kernels.arena.release(mark);
  }
  const start = performance.now();
  const profiles = split.cal.map(groups.profileOf);
  const dividing = secondsSince(start) / bounds.length;
  return bounds.map((bound, i) => {
    const begun = performance.now();
    const { anchor, seconds } = anchors[i];
    const found = backtrack(new LossTable(profiles, partition, { sides }), lineFamily(anchor.lambda), bound);
    if (found.state === 'infeasible') throw infeasibleError(procedure, bound, found.units, found.leastUnits);
    return {
      procedure,
      partition,
      sides,
      lambda: found.lambda,
      units: found.units,
      anchor,
      omega: found.t,
      organs: {},
      seconds: { anchor: seconds, backtrack: secondsSince(begun) + dividing },
    };
  });
}

async function solveAnchor(
  problem: LengthProblem,
  epsilon: number,
  options: ProcedureOptions,
  procedure: 'k-crc' | 'sem-crc',
  { seed, run }: { readonly seed: number; readonly run: number },
): Promise<FitAnchor> {
  const { solveGammaAnchor, subsampleVoxels } = await import('@semcrc/anchor');
  const posed =
    options.anchorVoxels === 'all'
      ? problem
      : subsampleVoxels(problem, {
          rule: procedure === 'k-crc' ? 'pk' : 'psem',
          random: randomStream(seed, SUBSAMPLE_STREAM + run).uniform,
        });
  const solution = await solveGammaAnchor(posed, { epsilon, gap: options.gap });
  if (solution.state === 'infeasible') {
    throw new SemcrcError(
      'infeasible',
      `${procedure}: no γ of ${solution.perGamma.length} reaches ε = ${epsilon} on the opt scans even at λ = 1; ` +
        'choose a larger ε, or check that predictions and ground truth are in the same units',
      { data: { procedure, epsilon } },
    );
  }
  return { ...fillAbsent(solution.lambda, problem.groupCount), solution };
}

/** Streams of the voxel subsample lie apart from those of the splits. */
const SUBSAMPLE_STREAM = 0x40000000;

/** Gives groups without opt voxels (NaN) the largest λ̃ of the groups present on the same side. */
function fillAbsent(solved: Float64Array, groupCount: number): { lambda: Float64Array; absent: number[] } {
  const lambda = solved.slice();
  const absent = new Set<number>();
  for (let start = 0; start < lambda.length; start += groupCount) {
    const side = lambda.subarray(start, start + groupCount);
    const largest = Math.max(0, ...side.filter((value) => !Number.isNaN(value)));
    side.forEach((value, group) => {
      if (!Number.isNaN(value)) return;
      side[group] = largest;
      absent.add(group);
    });
  }
  return { lambda, absent: [...absent] };
}
