import { type Kernels, SemcrcError } from '@semcrc/kernels';

/** Truth and interval (lower ≤ upper) of every voxel on the optimization split; windowed intensity in [0, 1], contiguous by segment. */
export interface LengthVoxels {
  readonly truth: Float32Array;
  readonly lower: Float32Array;
  readonly upper: Float32Array;
  /**
   * Widths w > 0 that one unit of λ adds below and above: the interval is lower − λ·lowerWeight … upper +
   * λ·upperWeight. Both or neither are given; without them w = 1. The gamma anchor needs both to be the same.
   */
  readonly lowerWeight?: Float32Array | undefined;
  readonly upperWeight?: Float32Array | undefined;
  /**
   * Where given, lower ≤ point ≤ upper, λ runs from −1 on and the interval is min(point, lower − λ) … max(point, upper + λ):
   * it shrinks to the point at most. Only the envelope anchor takes it; without widths.
   */
  readonly point?: Float32Array | undefined;
}

/**
 * A problem over K = `groupCount` groups: which λ per group costs least length for a given share of missed voxels.
 *
 * Voxels are stored segment after segment, in any order of segments; one segment is one group in one scan, so that
 * scans of unequal size carry their own weight. Arrays may lie on the JS heap or on `kernels.memory`, where they are
 * used in place; each is read once when a function of this package is called.
 */
export interface LengthProblem {
  readonly kernels: Kernels;
  readonly voxels: LengthVoxels;
  /** Segment s owns voxels offsets[s] (inclusive) to offsets[s + 1] (exclusive); length segments + 1. */
  readonly offsets: Uint32Array;
  /** Group of each segment, 0 ≤ group < groupCount; length segments. */
  readonly groupOfSegment: Uint16Array;
  /** Weight of one voxel of each segment: the scan's share in the mean over its number of voxels, 1/(n·d_i). */
  readonly weightOfSegment: Float64Array;
  readonly groupCount: number;
  /** 2: a λ of its own below and above; results then hold 2K values, the K below first. */
  readonly sides: 1 | 2;
  /** E|S_k| of every group, where the voxels given are not all of it; length groupCount. The gamma anchor takes it. */
  readonly shares?: Float64Array;
}

/** One λ to be found: a group, or one side of it. */
export interface Unknown {
  /** Its place in the published λ: the group, or groupCount + group for the side above. */
  readonly index: number;
  /**
   * Cost of one unit of λ while no bound is clamped: E|S_k|, or half of it for one side of two. It is half the mean
   * length that it adds.
   */
  readonly cost: number;
}

function refuse(message: string, data: Record<string, string | number>): SemcrcError {
  return new SemcrcError('bad-input', message, { data });
}

/** Checks the shape of a problem; the values of its voxels are checked where they are read. */
export function checkProblem(problem: LengthProblem): void {
  const { voxels, offsets, groupOfSegment, weightOfSegment, groupCount } = problem;
  const count = voxels.truth.length;
  for (const name of ['lower', 'upper', 'lowerWeight', 'upperWeight', 'point'] as const) {
    const column = voxels[name];
    if (column !== undefined && column.length !== count) {
      throw refuse(
        `voxels.${name} has ${column.length} values, expected ${count}, the length of voxels.truth`,
        {
          expected: count,
          found: column.length,
        },
      );
    }
  }
  if ((voxels.lowerWeight === undefined) !== (voxels.upperWeight === undefined)) {
    throw refuse('voxels.lowerWeight and voxels.upperWeight must both be given, or neither', {});
  }
  const segments = offsets.length - 1;
  if (segments < 0 || groupOfSegment.length !== segments || weightOfSegment.length !== segments) {
    throw refuse(
      `offsets (${offsets.length}) must hold one entry more than groupOfSegment (${groupOfSegment.length}) and ` +
        `weightOfSegment (${weightOfSegment.length})`,
      { offsets: offsets.length, groups: groupOfSegment.length, weights: weightOfSegment.length },
    );
  }
  for (let s = 0; s < segments; s++) {
    if (offsets[s] > offsets[s + 1]) throw refuse(`offsets decrease at segment ${s}`, { segment: s });
    if (groupOfSegment[s] >= groupCount) {
      throw refuse(`segment ${s} has group ${groupOfSegment[s]}, expected a number below ${groupCount}`, {
        segment: s,
      });
    }
    const weight = weightOfSegment[s];
    if (!(weight >= 0 && weight < Infinity)) {
      throw refuse(`segment ${s} has weight ${weight}, expected a finite number from 0`, { segment: s });
    }
  }
  if (offsets[segments] > count || offsets[0] !== 0) {
    throw refuse(
      `offsets must run from 0 to at most the ${count} voxels given, found ${offsets[0]} to ${offsets[segments]}`,
      { expected: count, found: offsets[segments] },
    );
  }
}

/** The segments of each group, ascending. */
export function segmentsOfGroups({
  groupOfSegment,
  groupCount,
}: LengthProblem): readonly (readonly number[])[] {
  const segments = Array.from({ length: groupCount }, () => [] as number[]);
  groupOfSegment.forEach((group, s) => {
    segments[group].push(s);
  });
  return segments;
}

/** E|S_k| of every group: its expected share of a scan's voxels. */
export function groupShares({
  offsets,
  groupOfSegment,
  weightOfSegment,
  groupCount,
  shares: given,
}: LengthProblem): Float64Array {
  if (given !== undefined) return given;
  const shares = new Float64Array(groupCount);
  groupOfSegment.forEach((group, s) => {
    shares[group] += (offsets[s + 1] - offsets[s]) * weightOfSegment[s];
  });
  return shares;
}

/** E Σ_{j ∈ S_k} w_j of every group: what one unit of λ costs where intervals have widths, E|S_k| where they have none. */
export function groupWidths(problem: LengthProblem): Float64Array {
  const { voxels, offsets, groupOfSegment, weightOfSegment, groupCount } = problem;
  const { lowerWeight, upperWeight } = voxels;
  if (lowerWeight === undefined || upperWeight === undefined) return groupShares(problem);
  const widths = new Float64Array(groupCount);
  groupOfSegment.forEach((group, s) => {
    let sum = 0;
    for (let j = offsets[s]; j < offsets[s + 1]; j++) {
      const width = lowerWeight[j];
      if (!(width > 0 && width < Infinity)) {
        throw refuse(`voxel ${j} has width ${width} per unit of λ, expected a positive finite number`, {
          voxel: j,
        });
      }
      if (width !== upperWeight[j]) {
        throw new SemcrcError(
          'usage',
          `the gamma anchor needs equal widths per unit of λ below and above, found ${width} and ${upperWeight[j]} ` +
            `at voxel ${j}; use the envelope anchor`,
          { data: { voxel: j } },
        );
      }
      sum += width;
    }
    widths[group] += sum * weightOfSegment[s];
  });
  return widths;
}

/** The λ's to be found, in the order of the published λ, at these costs per group; groups without voxels are left out. */
export function listUnknowns(
  problem: Pick<LengthProblem, 'groupCount' | 'sides'>,
  costs: Float64Array,
): Unknown[] {
  const unknowns: Unknown[] = [];
  for (let side = 0; side < problem.sides; side++) {
    for (let k = 0; k < problem.groupCount; k++) {
      if (costs[k] > 0) {
        unknowns.push({ index: side * problem.groupCount + k, cost: costs[k] / problem.sides });
      }
    }
  }
  return unknowns;
}

/** Spreads values of the unknowns over the published λ; NaN where a group has no voxels. */
export function spread(
  problem: LengthProblem,
  unknowns: readonly Unknown[],
  values: Float64Array,
): Float64Array {
  const lambda = new Float64Array(problem.groupCount * problem.sides).fill(Number.NaN);
  unknowns.forEach((unknown, u) => {
    lambda[unknown.index] = values[u];
  });
  return lambda;
}

/** Throws if the caller asked to stop. */
export function checkSignal(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw new SemcrcError('interrupted', 'the anchor was stopped before it was solved', {
      cause: signal.reason,
    });
  }
}

/** Lets pending events (an abort among them) in, then throws if the caller asked to stop. */
export async function breathe(signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return;
  await new Promise((resolve) => setTimeout(resolve, 0));
  checkSignal(signal);
}
