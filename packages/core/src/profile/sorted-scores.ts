import { type Block, gather, type Kernels, lowerSigned, profileScores, radixSort } from '@semcrc/kernels';
import type { Sample } from '../cohort/sample.ts';

/** 1: one λ widens both ends of an interval. 2: one λ below and one above. */
export type Sides = 1 | 2;

/** The positive scores of a scan whatever their organ: what λ's that do not go by organ are searched in. */
export interface MergedScores {
  /** Side s is scores[offsets[s]] up to, excluding, scores[offsets[s + 1]]; sides + 1 entries. */
  readonly offsets: Uint32Array;
  /** Ascending on each side. */
  readonly scores: Float32Array;
  /** Where each score is, where asked for. */
  readonly places: ScorePlaces | null;
}

/** Where scores are, one entry for each. */
export interface ScorePlaces {
  /** Pixel y · width + x: what K-CRC's position maps divide. */
  readonly pixels: Uint16Array | Uint32Array;
  /** Label. */
  readonly organs: Uint8Array | Uint16Array;
}

/** The list of every voxel: side · count + region, sides · count for voxels that do not count. */
export interface RegionsOfVoxels {
  readonly of: Uint8Array | Uint16Array;
  readonly count: number;
  readonly sides: Sides;
  /** Whether every voxel counts. */
  readonly whole: boolean;
}

/**
 * The scores of a scan that some λ misses, sorted: a voxel with score ≤ 0 is never missed, unless intervals may shrink; then
 * only one whose truth is its point never is.
 */
export interface SortedScores {
  /** List l is scores[offsets[l]] up to, excluding, scores[offsets[l + 1]]; one entry more than (side, region) lists. */
  readonly offsets: Uint32Array;
  /** Ascending within each list. */
  readonly scores: Float32Array;
  /** The same scores whatever their region, where asked for. */
  readonly merged: MergedScores | null;
}

/** Sorts the scores of each list. */
export function sortRegions(
  kernels: Kernels,
  scores: Block<Float32Array>,
  regions: RegionsOfVoxels,
): SortedScores {
  const lists = regions.sides * regions.count;
  const profiled = profileScores(kernels, scores.view, regions.of, lists + 1, { positions: false });
  const offsets = profiled.offsets.slice(0, lists + 1);
  return { offsets, scores: leading(profiled.scores, offsets[lists]), merged: null };
}

/** As `sortRegions` for scores of either sign, raised by `raiseSigned`; 0 for voxels that no λ misses. */
export function sortSignedRegions(
  kernels: Kernels,
  raised: Block<Float32Array>,
  regions: RegionsOfVoxels,
): SortedScores {
  const sorted = sortRegions(kernels, raised, regions);
  lowerSigned(sorted.scores);
  return sorted;
}

/** The first of some scores: those of the voxels that count. */
function leading(scores: Float32Array, count: number): Float32Array {
  return count === scores.length ? scores : scores.slice(0, count);
}

/** The lists of each side sorted into one. */
export function mergeRegions(
  kernels: Kernels,
  { offsets, scores }: SortedScores,
  regions: RegionsOfVoxels,
): MergedScores {
  const merged = scores.slice();
  const borders = Uint32Array.from({ length: regions.sides + 1 }, (_, side) => offsets[side * regions.count]);
  for (let side = 0; side < regions.sides; side++)
    radixSort(kernels, merged.subarray(borders[side], borders[side + 1]));
  return { offsets: borders, scores: merged, places: null };
}

/** Sorts the scores of each side with their places, then divides them by region, which leaves them sorted. */
export function sortPlaced(
  kernels: Kernels,
  scores: Block<Float32Array>,
  { organs, shape }: Sample,
  regions: RegionsOfVoxels,
): SortedScores {
  const { sides, count } = regions;
  const sideOf = sidesOfVoxels(kernels, regions);
  const placed = profileScores(kernels, scores.view, sideOf.view, sides + 1, { positions: true });
  const borders = placed.offsets.slice(0, sides + 1);
  const kept = borders[sides];
  const positions = placed.positions!;
  const plane = shape[1] * shape[2];
  const pixels = plane <= 0x10000 ? new Uint16Array(kept) : new Uint32Array(kept);
  const organsKept = organs.BYTES_PER_ELEMENT === 1 ? new Uint8Array(kept) : new Uint16Array(kept);
  fillPixels(pixels, positions, plane);
  fillFrom(organsKept, positions, organs);
  let lists = organsKept;
  if (regions.of !== organs) {
    lists = regions.of.BYTES_PER_ELEMENT === 1 ? new Uint8Array(kept) : new Uint16Array(kept);
    fillFrom(lists, positions, regions.of);
  }
  const merged = leading(placed.scores, kept);
  const divided = kernels.arena.float32(kept);
  const offsets = gather(kernels, lists, sides * count + 1, [merged], [divided.view]);
  return {
    offsets: offsets.slice(0, sides * count + 1),
    scores: divided.view.slice(),
    merged: { offsets: borders, scores: merged, places: { pixels, organs: organsKept } },
  };
}

/** The pixel of each position. */
function fillPixels(pixels: Uint16Array | Uint32Array, positions: Uint32Array, plane: number): void {
  for (let i = 0; i < pixels.length; i++) pixels[i] = positions[i] % plane;
}

/** What voxels hold at each position. */
function fillFrom(
  out: Uint8Array | Uint16Array,
  positions: Uint32Array,
  voxels: Uint8Array | Uint16Array,
): void {
  for (let i = 0; i < out.length; i++) out[i] = voxels[positions[i]];
}

/** The side of every voxel, and one past the last for voxels that do not count. */
function sidesOfVoxels(kernels: Kernels, { of, count, sides, whole }: RegionsOfVoxels): Block<Uint8Array> {
  const block = kernels.arena.uint8(of.length);
  const { view } = block;
  if (sides === 1 && whole) {
    view.fill(0);
    return block;
  }
  for (let voxel = 0; voxel < view.length; voxel++) {
    view[voxel] = of[voxel] < count ? 0 : of[voxel] < sides * count ? 1 : sides;
  }
  return block;
}
