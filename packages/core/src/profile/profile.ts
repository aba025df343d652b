import {
  computeScaledScores,
  computeScores,
  countGroups,
  divideSides,
  firstNaN,
  type Kernels,
  raiseSigned,
  SemcrcError,
} from '@semcrc/kernels';
import type { Sample } from '../cohort/sample.ts';
import type { Centre } from '../learned/centre.ts';
import { placeSample } from '../learned/placement.ts';
import { type HeuristicOptions, PAPER_OPTIONS, type ProcedureOptions } from '../options/procedure-options.ts';
import { NO_GROUP, type Partition } from '../partition/partition.ts';
import type { Interval } from './interval.ts';
import { type LengthProfile, profileLengths } from './length-profile.ts';
import type { ResidualCells } from './residual-cells.ts';
import type { SortedNumbers } from './sorted-numbers.ts';
import {
  mergeRegions,
  type ScorePlaces,
  type Sides,
  type SortedScores,
  sortPlaced,
  sortRegions,
  sortSignedRegions,
} from './sorted-scores.ts';

/** Over which voxels a scan's loss is taken: all, or those that are not background (label 0). */
export type Within = ProcedureOptions['within'];

/**
 * All that backtracking needs of a scan: its scores that some λ misses, sorted. A voxel with score ≤ 0 is never missed, so
 * only the positive ones are kept, in one ascending list for every (side, region): list = side · regionCount + region. Where
 * intervals may shrink, covered voxels' scores are kept, too.
 */
export interface Profile extends Omit<SortedScores, 'scores'> {
  /** Ascending within each list. */
  readonly scores: SortedNumbers;
  readonly scan: string;
  readonly patient: string;
  /** [slices, height, width] of the scan. */
  readonly shape: readonly [slices: number, height: number, width: number];
  /** Voxels the loss is a share of (d). */
  readonly dimension: number;
  readonly sides: Sides;
  readonly regionCount: number;
  /** Voxels of each organ slot; their sum is `dimension`. */
  readonly organVoxels: Uint32Array;
  /** What mean lengths with one λ per organ need, where asked for and widths do not vary from voxel to voxel. */
  readonly lengths: LengthProfile | null;
  /** What the gamma anchor needs where voxels are not at hand; null where they are, or nothing is kept for it. */
  readonly cells?: (() => ResidualCells) | null;
}

/** A profile in memory. */
export type BuiltProfile = Profile & { readonly scores: Float32Array };

/** What a profile is built for; the defaults serve `crc`, `sem-crc` and `organ-crc`. */
export interface ProfileOptions {
  readonly sides?: Sides;
  readonly within?: Within;
  readonly heuristic?: HeuristicOptions;
  /** Corrected centre that intervals grow from in place of the heuristic's. */
  readonly centre?: Centre | null;
  /** Keep the scores whatever their organ, too: for λ's that do not go by organ. */
  readonly merged?: boolean;
  /** As `merged`, with the pixel of each score: for λ's that go by position. */
  readonly pixels?: boolean;
  /** Keep what mean lengths need, so that evaluating λ by organ reads no voxels. */
  readonly lengths?: boolean;
}

/**
 * Scores a scan and sorts what some λ misses.
 *
 * @throws SemcrcError `bad-input` naming scan and voxel when an intensity is NaN or a label is none of the partition's.
 */
export function buildProfile(
  kernels: Kernels,
  sample: Sample,
  partition: Partition,
  options: ProfileOptions = {},
): BuiltProfile {
  const { sides = 1, within = 'scan', heuristic = PAPER_OPTIONS } = options;
  const { merged = false, pixels = false, lengths = false } = options;
  const { interval, regions: placed } = placeSample(sample, partition, heuristic, options.centre);
  const { regionCount, regionsPerOrgan } = partition;
  const inside = restrictToBody(placed, sample, regionCount, within);
  const { point } = interval;
  const lists = sides === 2 ? new Uint16Array(inside.length) : inside;
  const mark = kernels.arena.mark();
  const scores = kernels.arena.float32(sample.truth.length);
  try {
    if (point) raiseScores(kernels, sample, interval, point, scores.view);
    else scoreSample(kernels, sample, interval, scores.view);
    refuseUnknownLabels(kernels, sample, partition);
    const counts = countGroups(kernels, inside, regionCount + 1);
    if (lists !== inside) {
      divideSides(kernels, inside, regionCount, sample.truth, point ?? interval.upper, lists as Uint16Array);
    }
    const regions = { of: lists, count: regionCount, sides, whole: counts[regionCount] === 0 };
    const sort = point ? sortSignedRegions : sortRegions;
    const sorted = pixels ? sortPlaced(kernels, scores, sample, regions) : sort(kernels, scores, regions);
    const organVoxels = new Uint32Array(regionCount / regionsPerOrgan);
    for (let region = 0; region < regionCount; region++)
      organVoxels[Math.floor(region / regionsPerOrgan)] += counts[region];
    return {
      scan: sample.id,
      patient: sample.patient,
      shape: sample.shape,
      dimension: organVoxels.reduce((sum, voxels) => sum + voxels, 0),
      sides,
      regionCount,
      organVoxels,
      ...sorted,
      merged: sorted.merged ?? (merged ? mergeRegions(kernels, sorted, regions) : null),
      lengths:
        lengths && !interval.weights && !point
          ? profileLengths(kernels, sample, interval, organVoxels.length)
          : null,
    };
  } finally {
    kernels.arena.release(mark);
  }
}

/** Where the merged scores of a profile are. Throws `internal` where it was built without. */
export function placesOf({ scan, merged }: Profile): ScorePlaces {
  if (!merged?.places) throw new SemcrcError('internal', `profile of scan ${scan} keeps no pixels`);
  return merged.places;
}

/**
 * Score of every voxel: the smallest λ that covers it, negative inside the interval.
 *
 * @param out as long as the scan, on kernel memory or not
 */
export function scoreSample(kernels: Kernels, sample: Sample, interval: Interval, out: Float32Array): void {
  const { truth } = sample;
  const { lower, upper, weights } = interval;
  if (weights) {
    const columns = { truth, lower, upper, lowerWeight: weights.lower, upperWeight: weights.upper };
    computeScaledScores(kernels, columns, out);
  } else {
    computeScores(kernels, { truth, lower, upper }, out);
  }
  refuseNaN(kernels, sample, interval, out);
}

/**
 * Scores where intervals may shrink, mapped to positive numbers in their order: of a voxel below its point lower − x, above
 * it x − upper; 0 where the truth is the point, which no λ misses.
 */
function raiseScores(
  kernels: Kernels,
  sample: Sample,
  interval: Interval,
  point: Float32Array,
  out: Float32Array,
): void {
  const { truth } = sample;
  const { lower, upper } = interval;
  for (let voxel = 0; voxel < out.length; voxel++) {
    const x = truth[voxel];
    out[voxel] = x < point[voxel] ? lower[voxel] - x : x - upper[voxel];
  }
  refuseNaN(kernels, sample, interval, out);
  raiseSigned(out);
  for (let voxel = 0; voxel < out.length; voxel++) if (truth[voxel] === point[voxel]) out[voxel] = 0;
}

function refuseNaN(kernels: Kernels, sample: Sample, { lower, upper }: Interval, scores: Float32Array): void {
  const { truth } = sample;
  const bad = firstNaN(kernels, scores);
  if (bad >= 0) {
    const at = positionOf(bad, sample.shape);
    throw new SemcrcError(
      'bad-input',
      `scan ${sample.id}: expected numbers, found NaN at voxel (x ${at[0]}, y ${at[1]}, z ${at[2]}): ` +
        `truth ${truth[bad]}, lower ${lower[bad]}, upper ${upper[bad]}`,
      { data: { scan: sample.id, voxel: at, index: bad } },
    );
  }
}

/** A label beyond the partition's would land in a list of another organ, or in none. */
function refuseUnknownLabels(kernels: Kernels, { id, organs, shape }: Sample, partition: Partition): void {
  const { groupOfRegion, regionCount, regionsPerOrgan } = partition;
  const slots = regionCount / regionsPerOrgan;
  const known = (organ: number) => organ < slots && groupOfRegion[organ * regionsPerOrgan] !== NO_GROUP;
  const counts = countGroups(kernels, organs, 256 ** organs.BYTES_PER_ELEMENT);
  if (counts.every((voxels, organ) => voxels === 0 || known(organ))) return;
  const unknown = organs.findIndex((organ) => !known(organ));
  const at = positionOf(unknown, shape);
  const labels = Array.from({ length: slots }, (_, organ) => organ).filter(known);
  throw new SemcrcError(
    'bad-input',
    `scan ${id}: expected the labels ${labels.join(', ')}, found ${organs[unknown]} at voxel ` +
      `(x ${at[0]}, y ${at[1]}, z ${at[2]}); name it in the label scheme, or leave the scan out`,
    { data: { scan: id, voxel: at, found: organs[unknown] } },
  );
}

/** [x, y, z] of a voxel. */
function positionOf(voxel: number, [, height, width]: Sample['shape']): [x: number, y: number, z: number] {
  return [voxel % width, Math.floor(voxel / width) % height, Math.floor(voxel / (width * height))];
}

/** Regions with background sent to the list that does not count, where the loss is taken within the body. */
export function restrictToBody(
  regions: Uint8Array | Uint16Array,
  sample: Sample,
  regionCount: number,
  within: Within,
): Uint8Array | Uint16Array {
  if (within === 'scan') return regions;
  const inside = Uint16Array.from(regions);
  const { organs } = sample;
  for (let voxel = 0; voxel < inside.length; voxel++) {
    if (organs[voxel] === 0) inside[voxel] = regionCount;
  }
  return inside;
}
