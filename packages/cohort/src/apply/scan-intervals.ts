import { type CalibratedInterval, type Interval, type Placement, Widening } from '@semcrc/core';
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

/** Voxels widened at a time: all that belongs to them stays in the second-level cache. */
const BLOCK = 2 ** 13;

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
  /** Of one block. */
  readonly #bounds: CalibratedInterval = {
    lower: new Float32Array(BLOCK),
    upper: new Float32Array(BLOCK),
    lambdaBelow: new Float32Array(BLOCK),
    lambdaAbove: new Float32Array(BLOCK),
  };
  readonly #width = new Float32Array(BLOCK);
  readonly #marks = new Uint8Array(BLOCK);

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
    const { unknown, calibrated } = this.#design;
    const widening = new Widening({ ...calibrated, lambda });
    const widths = new Float64Array(this.#voxels.length);
    const missed = new Float64Array(this.#voxels.length);
    const maps = this.#emptyMaps(want);
    const { lower, upper } = this.#bounds;
    const [width, marks] = [this.#width, this.#marks];
    for (const { first, placement } of this.#pieces) {
      const { length } = placement.regions;
      for (let start = 0; start < length; start += BLOCK) {
        const end = Math.min(start + BLOCK, length);
        const interval = partOf(placement.interval, start, end);
        const regions = placement.regions.subarray(start, end);
        const at = first + start;
        const own = organs.subarray(at, first + end);
        widening.widen(interval, regions, this.#bounds);
        this.#design.openUnknown(this.#bounds, own);
        if (truth) {
          widening.markMissed(interval, regions, truth.subarray(at, first + end), marks);
          if (unknown.size > 0)
            for (let j = 0; j < own.length; j++) if (unknown.has(own[j] as number)) marks[j] = 0;
        }
        // As a volume of widths holds it.
        for (let j = 0; j < own.length; j++) width[j] = (upper[j] as number) - (lower[j] as number);
        addByLabel(widths, own, width);
        if (truth) addByLabel(missed, own, marks);
        this.#keep(maps, at, own.length);
      }
    }
    return { maps, voxels: this.#voxels.slice(), widths, missed: truth ? missed : null };
  }

  #emptyMaps(want: readonly (keyof IntervalMaps)[]): Partial<IntervalMaps> {
    const { length } = this.#scan.organs;
    const there = want.filter((name) => name !== 'missed' || this.#scan.truth !== undefined);
    return Object.fromEntries(
      there.map((name) => [name, name === 'missed' ? new Uint8Array(length) : new Float32Array(length)]),
    );
  }

  /** Copies a block's maps to their place. */
  #keep(maps: Partial<IntervalMaps>, at: number, count: number): void {
    for (const name of ['lower', 'upper', 'lambdaBelow', 'lambdaAbove'] as const) {
      maps[name]?.set(this.#bounds[name].subarray(0, count), at);
    }
    maps.width?.set(this.#width.subarray(0, count), at);
    maps.missed?.set(this.#marks.subarray(0, count), at);
  }
}

/**
 * Adds values to the sums of their labels, in order. Neighbours mostly share a label: its sum stays out of memory until another
 * comes, or every addition would wait for the store before it.
 */
function addByLabel(sums: Float64Array, labels: Uint16Array, values: Float32Array | Uint8Array): void {
  let label = labels[0] as number;
  let sum = sums[label] as number;
  for (let j = 0; j < labels.length; j++) {
    const next = labels[j] as number;
    if (next !== label) {
      sums[label] = sum;
      label = next;
      sum = sums[label] as number;
    }
    sum += values[j] as number;
  }
  sums[label] = sum;
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
