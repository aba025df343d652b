import type { Preparing } from '../options/preparing.ts';
import type { ProfiledAs } from '../options/profiled.ts';
import type { Profile } from '../profile/profile.ts';
import type { Labels } from './labels.ts';
import type { MendedVoxels, Sample } from './sample.ts';

/** A scan of the files that a cohort does not hold, and why. */
export interface LeftOut {
  readonly scan: string;
  readonly reason: string;
}

/** What there is to know of a cohort beside its voxels; plain data that threads can be sent. */
export interface Cohort {
  /** What a user would call it: the manifest's path, say. */
  readonly name: string;
  /** Scan ids in cohort order, unique, at least one. */
  readonly ids: readonly string[];
  /** Patient of each scan, parallel to `ids`; the scan's own id where no patient is named. */
  readonly patients: readonly string[];
  /** Every organ a voxel may belong to, by label id. */
  readonly labels: Labels;
  /** SHA-256 (hex) over what defines the cohort's content; equal digests mean equal samples. Each source says what it covers. */
  readonly digest: string;
  /** Draws of the prediction that every scan has; 0 where there are none. */
  readonly draws: number;
  /** Scans that do not qualify; empty where all do, and where nobody can tell. */
  readonly leftOut: readonly LeftOut[];
  /** Fingerprint of each scan's ground truth, parallel to `ids`: the same for the same file under another id or in another cohort. */
  readonly fingerprints?: readonly string[];
  /** How the scans were made, as far as the source tells. */
  readonly preparing?: Preparing;
  /** Site of each scan, parallel to `ids`, where the source names sites. */
  readonly sites?: readonly string[];
  /** Present where scans are known by their profiles alone: `read` then rejects. */
  readonly profiled?: ProfiledAs;
  /**
   * Which chunks were found to match their checksums, a byte each, in memory that threads share: another opening of the
   * same cohort that is given it verifies none of them again. Offered by prepared cohorts.
   */
  readonly verified?: Uint8Array;
}

/** A cohort that can be read scan by scan: a manifest, a prepared cohort, the authors' directory tree or a phantom. */
export interface Source extends Cohort {
  /** Reads one scan. Rejects with `usage` for an unknown id and with `bad-input` naming scan and file for bad voxels. */
  read(id: string): Promise<Sample>;
  /**
   * The profile that stands in for a scan's voxels, over the organs, with two sides, lengths and cells; its numbers may be read
   * from disk where they are looked at. Offered by sources with `profiled`.
   */
  profile?(id: string): Promise<Profile>;
  /** What reading mended in a scan that is known by its profile. */
  mended?(id: string): MendedVoxels;
  /** What the predictor saw of a scan, on its sample's grid, windowed intensity; null where the cohort does not have it. */
  measurement?(id: string): Promise<Float32Array | null>;
  /**
   * As `read`, but volumes are read only when they are looked at, into memory that the next view takes over: the sample is
   * valid until then, and nothing is allocated. Its volumes are getters that throw what `read` rejects with. Offered by
   * sources whose reading costs little more than a copy, which gain nothing by being cached.
   */
  view?(id: string): Promise<Sample>;
  /** Releases file handles and memory; the source is not read after that. */
  close?(): Promise<void>;
}

/** What a source knows of its cohort, without the means to read it. */
export function cohortOf(source: Source): Cohort {
  const { name, ids, patients, labels, digest, draws, leftOut } = source;
  const { fingerprints, preparing, sites, profiled, verified } = source;
  return {
    ...{ name, ids, patients, labels, digest, draws, leftOut },
    ...(fingerprints === undefined ? {} : { fingerprints }),
    ...(preparing === undefined ? {} : { preparing }),
    ...(sites === undefined ? {} : { sites }),
    ...(profiled === undefined ? {} : { profiled }),
    ...(verified === undefined ? {} : { verified }),
  };
}

/** Bytes a decoded sample holds. */
function bytesOf(sample: Sample): number {
  const { truth, lower, upper, point, std, samples = [], organs, surroundings } = sample;
  const around: readonly Uint8Array[] | readonly Float32Array[] = surroundings
    ? Object.values(surroundings)
    : [];
  return [truth, lower, upper, point, std, ...samples, organs, ...around].reduce(
    (sum, voxels) => sum + (voxels?.byteLength ?? 0),
    0,
  );
}

/**
 * The same source, keeping decoded samples in memory up to a budget and dropping the least recently read first.
 * Readers of one id at the same time share one read. Samples are shared: callers must not write into them.
 *
 * @param bytes budget in bytes for the kept samples; a larger sample is returned but not kept.
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
    ...cohortOf(source),
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
