import type { ReadSample, Sample } from '../cohort/sample.ts';
import type { ProcedureOptions } from '../options/procedure-options.ts';
import { isActive, pointOf, SLICE_FEATURES, SliceFeatures } from './slice-features.ts';

/** Voxels of an organ that strata and centres are learned from, at most: more are thinned evenly. */
export const MOST_ROWS = 2 ** 17;

/** What is learned from of one organ: the features and the truth of its active voxels on the opt scans. */
export interface OrganRows {
  /** By slice feature. */
  readonly columns: readonly Float32Array[];
  readonly truth: Float32Array;
}

/** Keeps the features of scans of one size from scan to scan. */
export class FeatureReader {
  #features: SliceFeatures | undefined;
  #size = '';

  /** Calls `visit` with the features of each slice of a scan and the slice's first voxel. */
  forEachSlice(
    sample: Sample,
    visit: (planes: readonly Float32Array[], start: number, point: Float32Array) => void,
  ): void {
    const [slices, height, width] = sample.shape;
    const size = `${height}x${width}`;
    if (!this.#features || this.#size !== size) this.#features = new SliceFeatures(height, width);
    this.#size = size;
    const point = pointOf(sample);
    for (let z = 0; z < slices; z++) {
      const start = z * height * width;
      this.#features.compute(sample, point, start);
      visit(this.#features.planes, start, point);
    }
  }
}

/**
 * The active voxels of the opt scans by organ, in the order of scans and voxels; of more than `MOST_ROWS` those at even
 * ranks. Scans are read twice, one at a time.
 */
export async function gatherRows(
  scans: readonly string[],
  read: ReadSample,
  within: ProcedureOptions['within'],
): Promise<Map<number, OrganRows>> {
  const counts = new Map<number, number>();
  for (const scan of scans) countActive(await read(scan), within, counts);
  const organs = [...counts.keys()].sort((a, b) => a - b);
  const rows = new Map(
    organs.map((organ) => {
      const kept = Math.min(counts.get(organ)!, MOST_ROWS);
      const columns = SLICE_FEATURES.map(() => new Float32Array(kept));
      return [organ, { columns, truth: new Float32Array(kept) }];
    }),
  );
  const seen = new Map(organs.map((organ) => [organ, 0]));
  const reader = new FeatureReader();
  for (const scan of scans) {
    const sample = await read(scan);
    const { lower, upper, truth, organs: labels, shape } = sample;
    const plane = shape[1] * shape[2];
    reader.forEachSlice(sample, (planes, start, point) => {
      for (let i = 0; i < plane; i++) {
        const voxel = start + i;
        const organ = labels[voxel];
        if (!isActive(lower[voxel], upper[voxel], point[voxel])) continue;
        if (organ === 0 && within === 'body') continue;
        const own = rows.get(organ)!;
        const rank = seen.get(organ)!;
        seen.set(organ, rank + 1);
        const row = placeOf(rank, counts.get(organ)!, own.truth.length);
        if (row < 0) continue;
        own.truth[row] = truth[voxel];
        for (let f = 0; f < planes.length; f++) own.columns[f][row] = planes[f][i];
      }
    });
  }
  return rows;
}

/** Place of a rank among the `kept` of `total` that are kept, at even ranks; −1 for the others. */
function placeOf(rank: number, total: number, kept: number): number {
  const place = Math.floor((rank * kept) / total);
  return Math.floor(((rank + 1) * kept) / total) > place ? place : -1;
}

function countActive(sample: Sample, within: ProcedureOptions['within'], counts: Map<number, number>): void {
  const { lower, upper, organs } = sample;
  const point = pointOf(sample);
  const own = new Uint32Array(2 ** 16);
  for (let voxel = 0; voxel < organs.length; voxel++) {
    if (isActive(lower[voxel], upper[voxel], point[voxel])) own[organs[voxel]]++;
  }
  if (within === 'body') own[0] = 0;
  own.forEach((active, organ) => {
    if (active > 0) counts.set(organ, (counts.get(organ) ?? 0) + active);
  });
}
