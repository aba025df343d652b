import type { Cohort } from '../cohort/source.ts';
import type { Calibration } from '../records/calibration.ts';

/**
 * Ids of those scans of a cohort that a calibration was made on (opt or cal), in cohort order. A scan is known by the
 * fingerprint of its ground truth, whatever its id; by its id where fingerprints are not known and the cohort is the
 * calibration's own (the same digest, or all of its scans).
 */
export function calibrationScansIn(
  { split, fingerprints, source }: Calibration,
  { ids, digest, fingerprints: found }: Pick<Cohort, 'ids' | 'digest' | 'fingerprints'>,
): string[] {
  if (fingerprints && found) {
    const used = new Set(Object.values(fingerprints));
    return ids.filter((_, at) => used.has(found[at]));
  }
  const used = new Set([...split.opt, ...split.cal]);
  const here = new Set(ids);
  const own = digest === source.digest || [...used].every((id) => here.has(id));
  return own ? ids.filter((id) => used.has(id)) : [];
}
