import type { Labels, Sample } from '@semcrc/core';
import type { StoredPreparing } from '../store/format.ts';

/** A cohort that can be read scan by scan: a manifest, a prepared cohort, the authors' directory tree or a phantom. */
export interface Source {
  /** What a user would call it: the manifest's path, say. */
  readonly name: string;
  /** Scan ids in cohort order, unique, at least one. */
  readonly ids: readonly string[];
  /** Patient of each scan, parallel to `ids`; the scan's own id where no patient is named. */
  readonly patients: readonly string[];
  /** Every group a voxel may belong to, by group id. */
  readonly labels: Labels;
  /** SHA-256 (hex) over what defines the cohort's content; equal digests mean equal samples. Each source says what it covers. */
  readonly digest: string;
  /** How many draws of the prediction every scan has; left out where there are none. */
  readonly draws?: number;
  /** How a prepared cohort's scans came out of files, as far as it tells. */
  readonly preparing?: StoredPreparing;
  /**
   * Which chunks were found to match their checksums, a byte each, in memory that threads share: another opening of the
   * same cohort that is given it verifies none of them again. Offered by prepared cohorts.
   */
  readonly verified?: Uint8Array;
  /** Reads one scan. Rejects with `usage` for an unknown id and with `bad-input` naming scan and file for bad voxels. */
  read(id: string): Promise<Sample>;
  /**
   * As `read`, into memory that the next `borrow` takes over: the sample is valid until then, and nothing is allocated.
   * Its volumes are getters: each is read when it is first looked at, and throws then what `read` rejects with. Offered by
   * sources whose reading costs little more than a copy, which gain nothing by being cached.
   */
  borrow?(id: string): Promise<Sample>;
  /** Releases file handles and memory; the source is not read after that. */
  close?(): Promise<void>;
}

/** Bytes a decoded sample holds. */
function bytesOf(sample: Sample): number {
  const { truth, lower, upper, point, std, samples = [], groups } = sample;
  return [truth, lower, upper, point, std, ...samples, groups].reduce(
    (sum, voxels) => sum + (voxels?.byteLength ?? 0),
    0,
  );
}

/**
 * The same source, keeping decoded samples in memory up to a budget and dropping the least recently read first.
 * Readers of one id at the same time share one read. Samples are shared: callers must not write into them.
 *
 * @param bytes budget in bytes for the kept samples; a sample larger than the budget is handed out but not kept.
 */
export function cached(source: Source, bytes: number): Source {
  const kept = new Map<string, Sample>();
  const pending = new Map<string, Promise<Sample>>();
  let held = 0;

  async function fetchSample(id: string): Promise<Sample> {
    const sample = await source.read(id);
    const size = bytesOf(sample);
    if (size > bytes) return sample;
    held += size;
    kept.set(id, sample);
    for (const [oldest, old] of kept) {
      if (held <= bytes) break;
      kept.delete(oldest);
      held -= bytesOf(old);
    }
    return sample;
  }

  return {
    name: source.name,
    ids: source.ids,
    patients: source.patients,
    labels: source.labels,
    digest: source.digest,
    ...(source.draws === undefined ? {} : { draws: source.draws }),
    ...(source.preparing === undefined ? {} : { preparing: source.preparing }),
    ...(source.verified === undefined ? {} : { verified: source.verified }),
    read(id) {
      const hit = kept.get(id);
      if (hit) {
        kept.delete(id);
        kept.set(id, hit);
        return Promise.resolve(hit);
      }
      let reading = pending.get(id);
      if (!reading) {
        reading = fetchSample(id).finally(() => pending.delete(id));
        pending.set(id, reading);
      }
      return reading;
    },
    async close() {
      kept.clear();
      held = 0;
      await source.close?.();
    },
  };
}
