import {
  flaggedAbove,
  type Losses,
  promisesOrgans,
  standardErrorsAbove,
  standardErrorsOfTest,
} from '@semcrc/core';
import { counted, listed, percent, plainPercent } from '../words.ts';

/** What a calibration promised. */
export interface PromiseMade {
  readonly procedure: string;
  readonly epsilon: number;
  /** `crc` promises the expected risk; any other the risk of this calibration, with probability 1 − δ. */
  readonly bound: string;
  readonly delta: number | null;
  readonly within: string;
}

/** What was seen: the losses calibration had at λ̂, null where not recorded, and those of held-out patients. */
export interface Seen {
  readonly cal: Losses | null;
  readonly test: Losses;
}

/** What was measured on held-out scans. */
export interface Measurement {
  /** Null where nothing was held out. */
  readonly scan: Seen | null;
  /** Organs that were calibrated, by name. */
  readonly organs: readonly (Seen & { readonly name: string })[];
  /** Splits that the means are taken over. */
  readonly splits: number;
}

/**
 * Whether a promise was kept, as far as held-out scans can tell: `kept` measured at or below ε; `chance` above it, by no
 * more than chance explains; `broken` above by more; `untested` nothing held out, or too little recorded to judge a risk
 * above ε; `none` nothing was promised.
 */
export type Judgement = 'kept' | 'chance' | 'broken' | 'untested' | 'none';

/** A promise against what was measured. */
export interface Verdict {
  readonly procedure: string;
  readonly judgement: Judgement;
  /** Standard errors by which the risk lies above ε, of the worst organ where each was promised; null if unknown. */
  readonly z: number | null;
  /** The z above which the risk is flagged. */
  readonly flaggedAbove: number;
  /** Organs, by name, whose own promise was broken. */
  readonly brokenOrgans: readonly string[];
  /** A sentence each: what was promised, what was measured, whether it holds. */
  readonly promised: string;
  readonly measured: string;
  readonly conclusion: string;
}

/** What usually stands behind a promise that was not kept. */
export const LIKELY_CAUSES = [
  'the held-out scans were acquired or prepared differently from those calibrated on',
  'scans of one patient, or copies of one scan, stand on both sides of the split and are counted as independent',
  'the predictor or the segmentation model was trained on some of the calibration scans',
] as const;

/** Holds what was measured against what was promised. */
export function judge(promise: PromiseMade, measurement: Measurement): Verdict {
  const { procedure, epsilon } = promise;
  const { scan, organs } = measurement;
  const sentences = { procedure, promised: promised(promise), measured: measured(promise, measurement) };
  const nothing = { ...sentences, z: null, flaggedAbove: flaggedAbove(1), brokenOrgans: [] };
  if (procedure === 'pooled') {
    return { ...nothing, judgement: 'none', conclusion: 'There is no promise to hold.' };
  }
  const seen = promisesOrgans(procedure) ? organs : scan === null ? [] : [{ ...scan, name: 'the scan' }];
  if (scan === null || seen.length === 0) {
    return {
      ...nothing,
      judgement: 'untested',
      conclusion: 'Whether the promise holds was not measured here.',
    };
  }
  const judged = seen.map((one) => ({ ...one, z: zOf(promise, one) }));
  const limit = flaggedAbove(judged.filter(({ z }) => z !== null).length);
  const above = judged.filter(({ test }) => test.mean > epsilon);
  const broken = above.filter(({ z }) => z !== null && z > limit);
  const unknown = above.filter(({ z }) => z === null);
  const largest = judged.reduce<number | null>(
    (most, { z }) => (z === null ? most : Math.max(most ?? Number.NEGATIVE_INFINITY, z)),
    null,
  );
  const judgement =
    broken.length > 0 ? 'broken' : unknown.length > 0 ? 'untested' : above.length > 0 ? 'chance' : 'kept';
  const names = (some: readonly { readonly name: string }[]) =>
    promisesOrgans(procedure) ? ` for ${listed(some.map(({ name }) => name))}` : '';
  return {
    ...sentences,
    judgement,
    z: largest,
    flaggedAbove: limit,
    brokenOrgans: promisesOrgans(procedure) ? broken.map(({ name }) => name) : [],
    conclusion: {
      kept: 'The promise holds.',
      chance:
        `That is above ${plainPercent(epsilon)}${names(above)}, but by no more than chance explains ` +
        `(z = ${largest?.toFixed(1)}, flagged above ${limit.toFixed(2)}). ${onChance(promise, measurement)}`,
      broken:
        `That is above ${plainPercent(epsilon)}${names(broken)} by more than chance explains ` +
        `(z = ${largest?.toFixed(1)}, flagged above ${limit.toFixed(2)}): the promise does not hold for these scans.`,
      untested:
        `That is above ${plainPercent(epsilon)}${names(unknown)}; whether by more than chance cannot be told, ` +
        'because the losses of single patients were not recorded.',
    }[judgement],
  };
}

function zOf({ epsilon, bound }: PromiseMade, { cal, test }: Seen): number | null {
  if (bound !== 'crc') return standardErrorsOfTest(epsilon, test);
  return cal === null ? null : standardErrorsAbove(epsilon, cal, test);
}

function onChance({ bound }: PromiseMade, { splits }: Measurement): string {
  if (bound !== 'crc') return 'More test scans would tell.';
  return splits > 1
    ? 'The promise is about the mean over many calibrations.'
    : 'The promise is about the mean over many calibrations: up to 45% of honest ones measure above it.';
}

function promised({ procedure, epsilon, bound, delta, within }: PromiseMade): string {
  if (procedure === 'pooled') return 'Nothing is promised: pooled losses stand here for comparison only.';
  const voxels = within === 'body' ? 'voxels inside the body' : 'voxels';
  const whose = promisesOrgans(procedure)
    ? `each organ’s ${voxels}, where a scan contains it,`
    : `a scan’s ${voxels}`;
  const share = `at most ${plainPercent(epsilon)} of ${whose} lie outside their intervals`;
  return bound === 'crc'
    ? `Promised: on average over scans, ${share}.`
    : `Promised with ${plainPercent(1 - (delta ?? 0))} confidence: for this calibration, on average over scans, ${share}.`;
}

function measured(promise: PromiseMade, { scan, organs, splits }: Measurement): string {
  if (scan === null) return 'Nothing was held out, so nothing was measured.';
  const patients = counted(scan.test.n, 'patient');
  const where = splits > 1 ? `held-out scans (${splits} splits, ${patients} each)` : `${patients} held out`;
  if (!promisesOrgans(promise.procedure) || organs.length === 0) {
    return `Measured on ${where}: ${percent(scan.test.mean)}.`;
  }
  const sorted = [...organs].sort((a, b) => a.test.mean - b.test.mean);
  const [least, most] = [sorted[0], sorted[sorted.length - 1]];
  return (
    `Measured on ${where}: from ${percent(least.test.mean)} (${least.name}) to ` +
    `${percent(most.test.mean)} (${most.name}).`
  );
}
