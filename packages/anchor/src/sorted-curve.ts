import { type Kernels, profileScores, radixSort } from '@semcrc/kernels';
import { ClampedCost } from './clamped-cost.ts';
import { GrowingMinorant, type Minorant } from './minorant.ts';

/** Ascending f32 numbers that need not lie in memory. */
export interface SortedRun {
  readonly length: number;
  /** How many of them are at most a limit. */
  countUpTo(limit: number): number;
  /** Those from one index up to another. */
  read(from: number, to: number): Float32Array;
}

/** Distances of the bounds of some voxels on one side to the edge of the range. */
export interface SortedEdges {
  /** Distances above 0 and below `reach`. */
  readonly near: SortedRun;
  readonly reach: number;
  /** Voxels with a distance above 0, those beyond the reach among them. */
  readonly moving: number;
  /**
   * Numbers of voxels (they need not be whole) beyond the reach, each with a distance, such that Σ min(λ, distance) over them
   * is never above that over the voxels'.
   */
  readonly tail: readonly { readonly distance: number; readonly voxels: number }[];
}

/** The voxels of one group in one scan as sorted numbers: all that the envelope anchor needs of them. */
export interface SortedSegment {
  readonly group: number;
  /** Of one voxel. */
  readonly weight: number;
  readonly voxels: number;
  /** Positive scores of the voxels whose truth lies below their interval, and above it. */
  readonly scores: readonly [below: SortedRun, above: SortedRun];
  readonly edges: readonly [below: SortedEdges, above: SortedEdges];
}

/** A length problem over sorted numbers in place of voxels; see `LengthProblem`. Intervals grow by one unit per λ. */
export interface SortedProblem {
  readonly kernels: Kernels;
  readonly segments: readonly SortedSegment[];
  readonly groupCount: number;
  readonly sides: 1 | 2;
}

/** How many numbers are sorted at a time: 16 MiB of them. */
const CHUNK = 2 ** 22;

/** A stretch of numbers that are merged, and the amount of each. */
interface WeighedRun {
  readonly run: SortedRun;
  /** Those from the first on, up to this index. */
  readonly length: number;
  readonly amount: number;
}

/** Numbers of several runs in ascending order, some at a time; ties in the order of the runs. */
class MergedRuns {
  readonly #kernels: Kernels;
  readonly #runs: readonly WeighedRun[];
  /** By chunk, where it begins in each run; one entry more than chunks. */
  readonly #borders: readonly Uint32Array[];
  /** What all numbers share; undefined where amounts differ. */
  readonly shared: number | undefined;
  readonly length: number;

  constructor(kernels: Kernels, runs: readonly WeighedRun[], shared: number | undefined, chunk: number) {
    this.#kernels = kernels;
    this.#runs = runs;
    this.shared = shared;
    this.length = runs.reduce((sum, { length }) => sum + length, 0);
    this.#borders = [
      new Uint32Array(runs.length),
      ...cutsOf(runs, this.length, chunk).map((cut) =>
        Uint32Array.from(runs, ({ run, length }) => Math.min(length, run.countUpTo(cut))),
      ),
      Uint32Array.from(runs, ({ length }) => length),
    ];
  }

  get chunks(): number {
    return this.#borders.length - 1;
  }

  /** The numbers of a chunk, ascending, each with its amount where these differ. */
  chunk(at: number): { readonly values: Float32Array; readonly amounts: Float64Array | undefined } {
    const from = this.#borders[at];
    const to = this.#borders[at + 1];
    const count = to.reduce((sum, end, r) => sum + end - from[r], 0);
    const values = new Float32Array(count);
    const amounts = this.shared === undefined ? new Float64Array(count) : undefined;
    let filled = 0;
    for (const [r, { run, amount }] of this.#runs.entries()) {
      if (from[r] === to[r]) continue;
      values.set(run.read(from[r], to[r]), filled);
      amounts?.fill(amount, filled, filled + to[r] - from[r]);
      filled += to[r] - from[r];
    }
    if (amounts === undefined) {
      radixSort(this.#kernels, values);
      return { values, amounts };
    }
    const { scores, positions } = profileScores(this.#kernels, values, new Uint8Array(count), 1, {
      positions: true,
    });
    return { values: scores, amounts: Float64Array.from(positions ?? [], (position) => amounts[position]) };
  }
}

/** Values that cut merged runs into pieces of about `chunk` numbers, ascending. */
function cutsOf(runs: readonly WeighedRun[], length: number, chunk: number): number[] {
  if (length <= chunk) return [];
  // One number in every `step` of a run is known, so that a piece is too large by at most a step of each run.
  const step = Math.max(1, Math.floor(chunk / (8 * runs.length)));
  const known: number[] = [];
  for (const { run, length: own } of runs) {
    for (let at = step - 1; at < own; at += step) known.push(run.read(at, at + 1)[0]);
  }
  const sorted = Float32Array.from(known).sort();
  const every = Math.max(1, Math.floor(chunk / step));
  const cuts: number[] = [];
  for (let at = every; at < sorted.length; at += every) {
    if (sorted[at] !== cuts.at(-1)) cuts.push(sorted[at]);
  }
  return cuts;
}

type Side = 0 | 1;

/** Reads the step curve of misses over clamped cost of one group (and side) after the other, a stretch of it at a time. */
export class SortedCurveReader {
  readonly #problem: SortedProblem;
  readonly #chunk: number;

  /** @param chunk how many numbers are held at a time, about */
  constructor(problem: SortedProblem, chunk = CHUNK) {
    this.#problem = problem;
    this.#chunk = chunk;
  }

  /** The lower convex minorant of the step curve at a place in the published λ. */
  minorant(index: number): Minorant {
    const { kernels, segments: all, groupCount, sides: count } = this.#problem;
    const segments = all.filter(({ group }) => group === index % groupCount);
    const sides: readonly Side[] = count === 1 ? [0, 1] : index < groupCount ? [0] : [1];
    const [first] = segments;
    const equal = segments.every(({ weight }) => weight === first.weight) ? first.weight : undefined;
    const runs = segments.flatMap(({ scores, weight }) =>
      sides.map((side) => ({ run: scores[side], length: scores[side].length, amount: weight })),
    );
    const scores = new MergedRuns(kernels, runs, equal, this.#chunk);
    const top = runs.reduce(
      (most, { run, length }) => (length === 0 ? most : Math.max(most, run.read(length - 1, length)[0])),
      0,
    );
    const minorant = new GrowingMinorant();
    const costs = scores.length === 0 ? [] : sides.map((side) => this.#cost(segments, side, top, equal));
    const missAfter = missesAfterChunks(scores);
    minorant.add(0, 0, missAfter.before);
    let passed = 0;
    for (let at = 0; at < scores.chunks; at++) {
      const { values, amounts } = scores.chunk(at);
      const miss = new Float64Array(values.length);
      for (let i = values.length - 1, after = missAfter.chunks[at]; i >= 0; i--) {
        miss[i] = after;
        if (amounts) after += amounts[i];
      }
      for (let i = 0; i < values.length; i++) {
        passed++;
        const left = scores.shared === undefined ? miss[i] : (scores.length - passed) * scores.shared;
        let cost = 0;
        for (const one of costs) cost += one.at(values[i]);
        minorant.add(values[i], cost / 2, left);
      }
    }
    return minorant.finish();
  }

  /** The cost of one side's bounds, for λ up to `top`. */
  #cost(segments: readonly SortedSegment[], side: Side, top: number, equal: number | undefined): ClampedCost {
    const { kernels } = this.#problem;
    const edges = segments.map((segment) => segment.edges[side]);
    const known = edges.every(({ reach }) => top < reach);
    // A bound that meets the edge exactly at the last λ counts above and not below, and only where all weigh the same: as where voxels are read.
    const within = (run: SortedRun) =>
      side === 0 || equal === undefined ? run.countUpTo(before(top)) : run.countUpTo(top);
    const runs = edges.map(({ near }, s) => ({
      run: near,
      length: within(near),
      amount: segments[s].weight,
    }));
    const total =
      equal === undefined
        ? segments.reduce((sum, { weight }, s) => added(sum, weight, edges[s].moving), 0)
        : edges.reduce((sum, { moving }) => sum + moving, 0) * equal;
    const merged = new MergedRuns(kernels, runs, equal, this.#chunk);
    let next = 0;
    const pieces = () => (next < merged.chunks ? merged.chunk(next++) : undefined);
    if (known) return new ClampedCost(pieces, equal, total);
    const tail = edges
      .flatMap((own, s) =>
        own.tail.map(({ distance, voxels }) => ({ distance, amount: voxels * segments[s].weight })),
      )
      .sort((a, b) => a.distance - b.distance);
    let told = false;
    const withTail = () => {
      const piece = pieces();
      if (piece) return piece;
      if (told || tail.length === 0) return undefined;
      told = true;
      return {
        values: Float32Array.from(tail, ({ distance }) => distance),
        amounts: Float64Array.from(tail, ({ amount }) => amount),
      };
    };
    return new ClampedCost(withTail, equal, total);
  }
}

/** A sum to which an amount is added `times` times, one by one, with the rounding that adding it for each voxel has. */
function added(sum: number, amount: number, times: number): number {
  let total = sum;
  for (let i = 0; i < times; i++) total += amount;
  return total;
}

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The f32 before one above 0. */
function before(value: number): number {
  float[0] = value;
  bits[0] -= 1;
  return float[0];
}

/** What is missed beyond each chunk, and before the first, summed from the end so that nothing is missed there. */
function missesAfterChunks(runs: MergedRuns): { readonly before: number; readonly chunks: Float64Array } {
  const chunks = new Float64Array(runs.chunks);
  if (runs.shared !== undefined) return { before: runs.length * runs.shared, chunks };
  let miss = 0;
  for (let at = runs.chunks - 1; at >= 0; at--) {
    chunks[at] = miss;
    const { amounts } = runs.chunk(at);
    for (let i = (amounts?.length ?? 0) - 1; i >= 0; i--) miss += amounts![i];
  }
  return { before: miss, chunks };
}
