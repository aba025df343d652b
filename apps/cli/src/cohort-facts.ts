import {
  type CohortLook,
  type Labels,
  lookOf,
  type SampleFacts,
  type Source,
  sampleFacts,
} from '@semcrc/core';
import { SemcrcError } from '@semcrc/kernels';

/** One scan of a cohort, as calibrating sees it. */
export interface ScanFacts {
  readonly scan: string;
  readonly patient: string;
  /** [slices, height, width]. */
  readonly shape: readonly [number, number, number];
  /** Windowed intensities of the truth. */
  readonly truth: { readonly min: number; readonly max: number; readonly mean: number };
  /** Mean width of the heuristic interval, and the share of voxels outside it. */
  readonly width: number;
  readonly outside: number;
  /** Voxels mended on reading. */
  readonly clipped: number;
  readonly crossed: number;
  /** Voxels by label id. */
  readonly voxels: Readonly<Record<string, number>>;
}

/** What `inspect` says of a cohort. */
export interface CohortFacts {
  readonly name: string;
  readonly digest: string;
  readonly patients: number;
  readonly labels: Labels;
  readonly scans: readonly ScanFacts[];
  /** Background and organs' intensities over all scans. */
  readonly look: CohortLook;
}

/** Reads every scan of a cohort, one at a time. */
export async function cohortFacts(
  cohort: Source,
  options: { readonly signal: AbortSignal; readonly onScan: (done: number) => void },
): Promise<CohortFacts> {
  const scans: ScanFacts[] = [];
  const looks: SampleFacts[] = [];
  for (const id of cohort.ids) {
    if (options.signal.aborted) throw new SemcrcError('interrupted', 'interrupted');
    const sample = await cohort.read(id);
    scans.push(scanFacts(sample));
    looks.push(sampleFacts(sample));
    options.onScan(scans.length);
  }
  const { name, digest, labels } = cohort;
  return { name, digest, patients: new Set(cohort.patients).size, labels, scans, look: lookOf(looks) };
}

function scanFacts(sample: Awaited<ReturnType<Source['read']>>): ScanFacts {
  const { id, patient, shape, truth, lower, upper, organs, mended } = sample;
  const counts = new Map<number, number>();
  let [min, max, sum, width, outside] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0, 0];
  for (let voxel = 0; voxel < truth.length; voxel++) {
    const value = truth[voxel];
    if (value < min) min = value;
    if (value > max) max = value;
    sum += value;
    width += upper[voxel] - lower[voxel];
    if (value < lower[voxel] || value > upper[voxel]) outside++;
    counts.set(organs[voxel], (counts.get(organs[voxel]) ?? 0) + 1);
  }
  const d = truth.length;
  return {
    scan: id,
    patient,
    shape,
    truth: { min, max, mean: sum / d },
    width: width / d,
    outside: outside / d,
    ...mended,
    voxels: Object.fromEntries([...counts].sort(([a], [b]) => a - b)),
  };
}
