import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readPlainNifti } from './plain-nifti.ts';

/** One scan as the definitions of the method see it, made with plain loops. */
export interface PlainScan {
  readonly id: string;
  readonly shape: readonly [slices: number, height: number, width: number];
  readonly truth: Float32Array;
  readonly lower: Float32Array;
  readonly upper: Float32Array;
  readonly groups: Uint8Array;
  /** Smallest λ that covers each voxel. */
  readonly scores: Float32Array;
}

/** SuPreM number → group id; every other number of the scheme is body. */
const ORGANS = new Map([1, 2, 3, 4, 6, 7, 8, 9, 11].map((number) => [number, number + 1]));

/** Reads every scan of a manifest with columns scan, ground_truth, lower, upper, segmentation and maybe body; SuPreM labels. */
export function readPlainCohort(manifest: string): Map<string, PlainScan> {
  const [header, ...rows] = readFileSync(manifest, 'utf8').trim().split(/\r?\n/);
  const columns = header!.split(',');
  const scans = rows.map((row) => {
    const cells = row.split(',');
    const file = (column: string) =>
      readPlainNifti(join(dirname(manifest), cells[columns.indexOf(column)]!)).values;
    const id = cells[columns.indexOf('scan')]!;
    const { shape } = readPlainNifti(join(dirname(manifest), cells[columns.indexOf('ground_truth')]!));
    const hounsfield = file('ground_truth');
    const lower = file('lower');
    const upper = file('upper');
    const segmentation = file('segmentation');
    const body = columns.includes('body') ? file('body') : new Float32Array(segmentation.length);
    const truth = new Float32Array(hounsfield.length);
    const groups = new Uint8Array(hounsfield.length);
    const scores = new Float32Array(hounsfield.length);
    for (let j = 0; j < truth.length; j++) {
      truth[j] = Math.min(Math.max((hounsfield[j]! + 175) / 425, 0), 1);
      const ends = [clip(lower[j]!), clip(upper[j]!)].sort((a, b) => a - b);
      lower[j] = ends[0]!;
      upper[j] = ends[1]!;
      const number = segmentation[j]!;
      groups[j] = number === 0 ? (body[j] ? 1 : 0) : (ORGANS.get(number) ?? 1);
      scores[j] = Math.max(Math.fround(lower[j]! - truth[j]!), Math.fround(truth[j]! - upper[j]!));
    }
    return { id, shape, truth, lower, upper, groups, scores };
  });
  return new Map(scans.map((scan) => [scan.id, scan]));
}

function clip(value: number): number {
  return Math.min(Math.max(value, 0), 1);
}

/** λ of a voxel, below and above. */
export type LambdaOf = (scan: PlainScan, voxel: number) => number;

/** Share of a scan's voxels with score > λ; of one group's voxels where `group` is given (NaN if it has none). */
export function missShare(scan: PlainScan, lambda: LambdaOf, group?: number): number {
  let voxels = 0;
  let missed = 0;
  for (let j = 0; j < scan.scores.length; j++) {
    if (group !== undefined && scan.groups[j] !== group) continue;
    voxels++;
    if (scan.scores[j]! > lambda(scan, j)) missed++;
  }
  return missed / voxels;
}

/** Mean over a scan's voxels (of one group where given) of clamp(upper + λ) − clamp(lower − λ). */
export function meanLength(scan: PlainScan, lambda: LambdaOf, group?: number): number {
  let voxels = 0;
  let length = 0;
  for (let j = 0; j < scan.scores.length; j++) {
    if (group !== undefined && scan.groups[j] !== group) continue;
    voxels++;
    length += Math.min(scan.upper[j]! + lambda(scan, j), 1) - Math.max(scan.lower[j]! - lambda(scan, j), 0);
  }
  return length / voxels;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The CRC condition: (ΣL + 1)/(n + 1) ≤ ε + 1e-12. */
export function holds(losses: readonly number[], epsilon: number): boolean {
  return (losses.reduce((sum, loss) => sum + loss, 0) + 1) / (losses.length + 1) <= epsilon + 1e-12;
}

/** The smallest of 0 and the scores with which the CRC condition holds, by going through them. */
export function smallestLambda(
  scans: readonly PlainScan[],
  epsilon: number,
  counts: (scan: PlainScan, voxel: number) => boolean = () => true,
): number {
  const counted = scans.map((scan) => {
    const voxels: number[] = [];
    for (let j = 0; j < scan.scores.length; j++) if (counts(scan, j)) voxels.push(scan.scores[j]);
    return { voxels: voxels.length, missed: Float32Array.from(voxels.filter((score) => score > 0)).sort() };
  });
  const candidates = Float32Array.from(counted.flatMap(({ missed }) => Array.from(missed))).sort();
  const lossesAt = (lambda: number) =>
    counted.map(({ voxels, missed }) => {
      let low = 0;
      let high = missed.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (missed[middle] > lambda) high = middle;
        else low = middle + 1;
      }
      return (missed.length - low) / voxels;
    });
  if (holds(lossesAt(0), epsilon)) return 0;
  let low = 0;
  let high = candidates.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(lossesAt(candidates[middle]!), epsilon)) high = middle;
    else low = middle + 1;
  }
  return candidates[low]!;
}
