import { checkColumn, checkColumns, checkGroups, checkLevels, checkNonNegative } from './arguments.ts';
import type { Groups, GrowingIntervals, Intervals, RegionLambda } from './columns.ts';
import { SemcrcError } from './error.ts';
import { reachOf } from './float-neighbours.ts';
import { type Instance, instanceOf, type Kernels } from './instance.ts';
import { CHUNK, Operand } from './staging.ts';

/**
 * Widens intervals by the λ of each voxel's region, rounded outward: whatever a score test in f32 covers at λ lies inside.
 *
 * Coverage is decided in f32 (score ≤ λ), so a bound computed in one rounding could exclude a covered voxel. The lower
 * bound is therefore lower − (λ + nextUp(λ))/2 in f64, rounded down to f32 and clipped to [0, 1]; the upper bound mirrored: the
 * half-way point to the next λ is the farthest a difference that rounds to λ can reach. A weighted score is rounded
 * twice, so its reach is taken twice: of the quotient, then of the difference. NaN stays NaN.
 *
 * @param intervals windowed intensities, bounds not crossed.
 * @param regions one per voxel.
 * @param lambda negative only without weights, and useful only with a point; +Infinity opens the interval.
 * @param out as long as the intervals; maybe the intervals' own bounds.
 * @throws SemcrcError `bad-input` on wrong types or lengths, a NaN λ, or a negative one with weights.
 */
export function widenIntervals(
  k: Kernels,
  intervals: GrowingIntervals,
  regions: Groups,
  lambda: RegionLambda,
  out: Intervals,
): void {
  const n = checkGrowing(intervals, regions, lambda);
  checkColumns('Float32Array', { lower: intervals.lower, 'out.lower': out.lower, 'out.upper': out.upper });
  const instance = instanceOf(k);
  instance.scoped(() => {
    const columns = new GrowingOperands(instance, intervals, regions);
    const low = new Operand(instance, out.lower);
    const high = new Operand(instance, out.upper);
    const reaches = instance.takeCopy(Float64Array.from(interleaved(lambda), reachOf));
    const last = lambda.below.length - 1;
    const widen = columns.wide ? instance.raw.widen16 : instance.raw.widen8;
    for (let start = 0; start < n; start += CHUNK) {
      const count = Math.min(CHUNK, n - start);
      widen(...columns.load(start, count), reaches, last, low.target(start), high.target(start));
      low.store(start, count);
      high.store(start, count);
    }
  });
}

/**
 * Marks the voxels whose score is above the λ of their region: out = 1 where lower − truth, over its weight, is above λ below, or
 * truth − upper above λ above, each step rounded to f32, else 0. Where there is a point, a voxel is missed on the side of it that
 * it lies on, and never on it. NaN is missed.
 *
 * @param intervals as for {@link widenIntervals}, with the truth of the same voxels.
 * @param out as long as the intervals.
 * @throws SemcrcError `bad-input` on wrong types or lengths, a NaN λ, or a negative one with weights.
 */
export function markMissed(
  k: Kernels,
  intervals: GrowingIntervals & { readonly truth: Float32Array },
  regions: Groups,
  lambda: RegionLambda,
  out: Uint8Array,
): void {
  const n = checkGrowing(intervals, regions, lambda);
  checkColumn('Float32Array', 'truth', intervals.truth, n);
  checkColumn('Uint8Array', 'out', out, n);
  const instance = instanceOf(k);
  instance.scoped(() => {
    const columns = new GrowingOperands(instance, intervals, regions);
    const truth = new Operand(instance, intervals.truth);
    const marks = new Operand(instance, out);
    const levels = instance.takeCopy(interleaved(lambda));
    const last = lambda.below.length - 1;
    const mark = columns.wide ? instance.raw.mark16 : instance.raw.mark8;
    for (let start = 0; start < n; start += CHUNK) {
      const count = Math.min(CHUNK, n - start);
      mark(truth.load(start, count), ...columns.load(start, count), levels, last, marks.target(start));
      marks.store(start, count);
    }
  });
}

/** Checks types, lengths and λ; returns the number of voxels. */
function checkGrowing(
  { lower, upper, lowerWeight, upperWeight, point }: GrowingIntervals,
  regions: Groups,
  { below, above }: RegionLambda,
): number {
  const weighted = lowerWeight !== undefined || upperWeight !== undefined;
  const n = checkColumns('Float32Array', {
    ...{ lower, upper },
    ...(weighted ? { lowerWeight, upperWeight } : {}),
    ...(point ? { point } : {}),
  });
  checkGroups(regions, 1, n);
  if (below.length === 0) {
    throw new SemcrcError('bad-input', 'lambda is empty, expected a λ for at least one region', {
      data: { argument: 'lambda' },
    });
  }
  checkLevels('Float32Array', 'lambda.below', below, below.length);
  checkLevels('Float32Array', 'lambda.above', above, below.length);
  if (weighted) {
    checkNonNegative('lambda.below', below);
    checkNonNegative('lambda.above', above);
  }
  return n;
}

/** λ below and above of one region after the other. */
function interleaved({ below, above }: RegionLambda): Float32Array {
  return Float32Array.from({ length: 2 * below.length }, (_, at) => (at & 1 ? above : below)[at >> 1]);
}

/** The columns of growing intervals as the kernels of this file take them. */
class GrowingOperands {
  readonly wide: boolean;
  readonly #columns: readonly (Operand<Float32Array> | null)[];
  readonly #regions: Operand<Uint8Array | Uint16Array>;

  constructor(
    instance: Instance,
    { lower, upper, lowerWeight, upperWeight, point }: GrowingIntervals,
    regions: Groups,
  ) {
    this.wide = regions.BYTES_PER_ELEMENT === 2;
    this.#columns = [lower, upper, lowerWeight, upperWeight, point].map((column) =>
      column ? new Operand(instance, column) : null,
    );
    this.#regions = new Operand<Uint8Array | Uint16Array>(instance, regions);
  }

  load(
    start: number,
    count: number,
  ): [
    lower: number,
    upper: number,
    lowerWeight: number,
    upperWeight: number,
    point: number,
    regions: number,
    n: number,
  ] {
    const [lower, upper, lowerWeight, upperWeight, point] = this.#columns.map(
      (column) => column?.load(start, count) ?? 0,
    );
    return [lower, upper, lowerWeight, upperWeight, point, this.#regions.load(start, count), count];
  }
}
