import { type Interval, type Placement, Widening } from '@semcrc/core';
import { countMarked, sumWidths } from '@semcrc/kernels';
import type { ScanVoxels } from '../scan/scan-in-memory.ts';
import type { ScanDesign } from './scan-design.ts';

/** Maps of calibrated intervals, in windowed intensity; `missed` is 1 where the truth is outside. */
export interface IntervalMaps {
  readonly lower: Float32Array;
  readonly upper: Float32Array;
  readonly width: Float32Array;
  readonly lambdaBelow: Float32Array;
  readonly lambdaAbove: Float32Array;
  readonly missed: Uint8Array;
}

/** What one λ does on a scan: sums by label id, and the maps that were asked for. */
export interface ScanAtLambda {
  readonly maps: Partial<IntervalMaps>;
  readonly voxels: Float64Array;
  /** Σ of widths. */
  readonly widths: Float64Array;
  /** Voxels whose truth is outside; null where it is not known. */
  readonly missed: Float64Array | null;
}

/** Voxels placed at a time: learned features of their slices lie in memory together. */
const PIECE = 2 ** 20;

/** Voxels widened at a time. */
const BLOCK = 2 ** 17;

/** Some slices of the scan in the groups of the calibration. */
interface Piece {
  readonly first: number;
  readonly placement: Placement;
}

/** A scan in memory under a calibration, ready to be seen at one λ after another. */
export class ScanIntervals {
  readonly #scan: ScanVoxels;
  readonly #design: ScanDesign;
  readonly #pieces: readonly Piece[];
  /** Voxels by label id. */
  readonly #voxels: Float64Array;

  /** @throws SemcrcError as `ScanDesign` and `Placement` do */
  constructor(scan: ScanVoxels, design: ScanDesign) {
    this.#scan = scan;
    this.#design = design;
    const [slices, height, width] = scan.grid.shape;
    const area = height * width;
    const step = Math.max(1, Math.floor(PIECE / area));
    const pieces: Piece[] = [];
    for (let slice = 0; slice < slices; slice += step) {
      const end = Math.min(slice + step, slices);
      pieces.push({ first: slice * area, placement: design.place(pieceOf(scan, slice, end)) });
    }
    this.#pieces = pieces;
    const { organs } = scan;
    let most = 0;
    for (let voxel = 0; voxel < organs.length; voxel++) most = Math.max(most, organs[voxel] as number);
    this.#voxels = new Float64Array(most + 1);
    for (let voxel = 0; voxel < organs.length; voxel++) this.#voxels[organs[voxel] as number]! += 1;
  }

  /** @param lambda of the calibration's groups, in the order of its own */
  at(lambda: Float32Array, want: readonly (keyof IntervalMaps)[]): ScanAtLambda {
    const { organs, truth } = this.#scan;
    const { kernels, calibrated } = this.#design;
    const widening = new Widening(kernels, { ...calibrated, lambda });
    const widths = new Float64Array(this.#voxels.length);
    const missed = truth ? new Float64Array(this.#voxels.length) : null;
    const maps = this.#emptyMaps(want);
    const { arena } = kernels;
    const mark = arena.mark();
    try {
      const [low, high, marked] = [arena.float32(BLOCK), arena.float32(BLOCK), arena.uint8(BLOCK)];
      for (const { first, placement } of this.#pieces) {
        const { length } = placement.regions;
        for (let start = 0; start < length; start += BLOCK) {
          const end = Math.min(start + BLOCK, length);
          const [from, to] = [first + start, first + end];
          const own = organs.subarray(from, to);
          const regions = placement.regions.subarray(start, end);
          const interval = partOf(placement.interval, start, end);
          const lower = low.view.subarray(0, own.length);
          const upper = high.view.subarray(0, own.length);
          widening.widen(interval, regions, { lower, upper });
          this.#design.openUnknown({ lower, upper }, own);
          maps.lower?.set(lower, from);
          maps.upper?.set(upper, from);
          // Where nobody wants them, widths and λ go where the bounds are no longer needed.
          sumWidths(kernels, { lower, upper }, own, widths, maps.width?.subarray(from, to) ?? lower);
          if (truth && missed) {
            const marks = marked.view.subarray(0, own.length);
            widening.markMissed(interval, regions, truth.subarray(from, to), marks);
            this.#coverUnknown(marks, own);
            const counts = countMarked(kernels, marks, own, missed.length);
            for (const [label, count] of counts.entries()) missed[label]! += count;
            maps.missed?.set(marks, from);
          }
          const { lambdaBelow, lambdaAbove } = maps;
          if (lambdaBelow || lambdaAbove) {
            const levels = {
              lambdaBelow: lambdaBelow?.subarray(from, to) ?? lower,
              lambdaAbove: lambdaAbove?.subarray(from, to) ?? upper,
            };
            widening.writeLambda(regions, levels);
            this.#design.openUnknown(levels, own);
          }
        }
      }
    } finally {
      arena.release(mark);
    }
    return { maps, voxels: this.#voxels.slice(), widths, missed };
  }

  #emptyMaps(want: readonly (keyof IntervalMaps)[]): Partial<IntervalMaps> {
    const { length } = this.#scan.organs;
    const there = want.filter((name) => name !== 'missed' || this.#scan.truth !== undefined);
    return Object.fromEntries(
      there.map((name) => [name, name === 'missed' ? new Uint8Array(length) : new Float32Array(length)]),
    );
  }

  /** The whole range holds any voxel of a label that the calibration does not have. */
  #coverUnknown(marks: Uint8Array, organs: Uint16Array): void {
    const { unknown } = this.#design;
    if (unknown.size === 0) return;
    for (let j = 0; j < organs.length; j++) if (unknown.has(organs[j] as number)) marks[j] = 0;
  }
}

function partOf({ lower, upper, point, weights }: Interval, start: number, end: number): Interval {
  return {
    lower: lower.subarray(start, end),
    upper: upper.subarray(start, end),
    ...(point ? { point: point.subarray(start, end) } : {}),
    ...(weights
      ? { weights: { lower: weights.lower.subarray(start, end), upper: weights.upper.subarray(start, end) } }
      : {}),
  };
}

/** Some slices of a scan as a sample; views of its arrays. */
function pieceOf(scan: ScanVoxels, first: number, end: number): Parameters<ScanDesign['place']>[0] {
  const [, height, width] = scan.grid.shape;
  const [from, to] = [first * height * width, end * height * width];
  const { lower, upper, point, std, samples, organs, mended } = scan;
  const part = lower.subarray(from, to);
  return {
    id: 'to look at',
    patient: 'to look at',
    shape: [end - first, height, width],
    truth: part,
    lower: part,
    upper: upper.subarray(from, to),
    ...(point ? { point: point.subarray(from, to) } : {}),
    ...(std ? { std: std.subarray(from, to) } : {}),
    ...(samples ? { samples: samples.map((draw) => draw.subarray(from, to)) } : {}),
    organs: organs.subarray(from, to),
    mended,
  };
}
