import type { Labels } from './labels.ts';
import type { Sample } from './sample.ts';

/** What a scan looks like, from a sample of its voxels. */
export interface SampleFacts {
  /** Share of voxels that are background. */
  readonly background: number;
  /** Median windowed truth by label id, of labels the scan has. */
  readonly medians: Readonly<Record<string, number>>;
}

/** Distance between the voxels that are looked at: a prime, so that rows are met at different places. */
const STRIDE = 7;
const LEVELS = 64;

/** Looks at a scan's truth by label. */
export function sampleFacts({ truth, organs }: Sample): SampleFacts {
  const histograms = new Map<number, Uint32Array>();
  let looked = 0;
  let organ = -1;
  let own: Uint32Array = new Uint32Array(LEVELS + 1);
  for (let voxel = 0; voxel < truth.length; voxel += STRIDE) {
    // Organs come in runs.
    if (organs[voxel] !== organ) {
      organ = organs[voxel];
      own = histograms.get(organ) ?? new Uint32Array(LEVELS + 1);
      histograms.set(organ, own);
    }
    own[Math.round(truth[voxel] * LEVELS)]++;
    looked++;
  }
  const medians: Record<string, number> = {};
  let background = 0;
  for (const [organ, histogram] of histograms) {
    const count = histogram.reduce((sum, own) => sum + own, 0);
    if (organ === 0) background = count / looked;
    let below = 0;
    const level = histogram.findIndex((own) => {
      below += own;
      return 2 * below >= count;
    });
    medians[organ] = level / LEVELS;
  }
  return { background, medians };
}

/** What the scans of a cohort look like together. */
export interface CohortLook {
  /** Mean share of voxels that are background. */
  readonly background: number;
  /** By label id, the median over the scans that have it of each scan's median windowed truth. */
  readonly medians: Readonly<Record<string, number>>;
}

/** The facts of some scans, at least one, together; to the bit the same in whatever order workers finish them. */
export function lookOf(scans: readonly SampleFacts[]): CohortLook {
  const byLabel = new Map<string, number[]>();
  for (const { medians } of scans) {
    for (const [id, median] of Object.entries(medians)) byLabel.set(id, [...(byLabel.get(id) ?? []), median]);
  }
  const medians = [...byLabel].map(([id, values]) => [id, values.sort((a, b) => a - b)[values.length >> 1]]);
  const ascending = scans.map(({ background }) => background).sort((a, b) => a - b);
  return {
    background: ascending.reduce((sum, share) => sum + share, 0) / scans.length,
    medians: Object.fromEntries(medians),
  };
}

/** Above this share of background, a promise about all voxels says little of those that matter. */
export const MUCH_BACKGROUND = 0.7;

/** What is odd about some scans, a sentence each; names of options stand in backticks. */
export function doubtsOfCohort(
  { background, medians }: CohortLook,
  labels: Labels,
  window: readonly [number, number] | null,
): readonly string[] {
  const doubts: string[] = [];
  if (background > MUCH_BACKGROUND) {
    doubts.push(
      `${Math.round(100 * background)}% of the voxels are background (air, padding), which is easily covered: organs may lie ` +
        'outside far more than ε of the time; count the loss `within` body, or prepare slices of another `size`',
    );
  }
  const ends = window ?? [0, 1];
  const unit = window === null ? '' : ' HU';
  // Background and body may be anything; lungs asked for by name are air.
  const organs = Object.entries(medians).filter(([id]) => Number(id) > 1 && Number(id) < 64);
  for (const [name, test, end] of [
    [`at ${ends[0]}${unit} or below`, (median: number) => median <= 0.02, 0],
    [`at ${ends[1]}${unit} or above`, (median: number) => median >= 0.98, 1],
  ] as const) {
    const odd = organs.filter(([, median]) => test(median)).map(([id]) => labels[id]);
    if (odd.length === 0) continue;
    doubts.push(
      `most voxels of ${odd.join(', ')} lie ${name}, as ${end === 0 ? 'air' : 'bone or metal'} does: ` +
        'the `labels` may be of another scheme, or segmentations of other scans',
    );
  }
  return doubts;
}
