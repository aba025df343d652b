import type { Procedure } from '../options/procedure-options.ts';
import type { Within } from '../profile/profile.ts';
import type { RiskBound } from '../search/bound.ts';

/**
 * What a calibration promises, in words: what, over what randomness, under which assumption.
 *
 * @param scans `qualifying` where rules leave scans out or crop them, scan by scan: those kept are exchangeable among themselves,
 * and the promise is about scans that pass.
 */
export function guaranteeInWords(
  procedure: Procedure,
  bound: RiskBound,
  within: Within,
  controlled: readonly string[] = [],
  scans: 'all' | 'qualifying' = 'all',
  centre: 'predicted' | 'corrected' = 'predicted',
  sites: PromisedSites | null = null,
): string {
  const words = plainGuarantee(procedure, bound, within, controlled, scans, centre);
  return sites === null || procedure === 'pooled' ? words : `${words} ${sitesInWords(sites)}`;
}

/** Where calibration units come from, and what is promised of their sites. */
export interface PromisedSites {
  readonly promise: 'pooled' | 'each';
  /** Calibration units of each site. */
  readonly units: Readonly<Record<string, number>>;
}

function sitesInWords({ promise, units }: PromisedSites): string {
  const entries = Object.entries(units);
  const all = entries.reduce((sum, [, own]) => sum + own, 0);
  const nothing = 'Nothing is promised for a scan of another site.';
  if (promise === 'each') {
    return `This holds for a new scan of each of the sites ${entries.map(([site]) => site).join(', ')} by itself. ${nothing}`;
  }
  const shares = entries.map(([site, own]) => `${site} (${Math.round((100 * own) / all)}%)`);
  return entries.length === 1
    ? `The scans are of the site ${shares.map((own) => own.replace(/ \(.*/, ''))}. ${nothing}`
    : `The new scan is drawn from the sites in the proportions of the calibration scans, ${shares.join(', ')}: this is no promise for each site. ${nothing}`;
}

function plainGuarantee(
  procedure: Procedure,
  bound: RiskBound,
  within: Within,
  controlled: readonly string[],
  scans: 'all' | 'qualifying',
  centre: 'predicted' | 'corrected',
): string {
  const voxels = within === 'body' ? 'voxels inside the body' : 'voxels';
  const { epsilon } = bound;
  const assumption =
    bound.delta === null
      ? 'on average over the draw of the calibration scans and of one new scan, if these are exchangeable'
      : `with probability at least ${1 - bound.delta} over the draw of the calibration scans, if scans are independent and identically distributed`;
  const fixed =
    'and the predictor, the segmentation model and (for an anchor) the optimization scans are fixed beforehand; ' +
    `the new scan must be acquired and prepared as the calibration scans were${scans === 'all' ? '' : ', and pass the rules that scans were left out or cropped by'}.`;
  const whose = scans === 'all' ? "a scan's" : "a qualifying scan's";
  const scanRisk = `The expected share of ${whose} ground-truth ${voxels} outside their intervals is at most ${epsilon}`;
  const around =
    centre === 'corrected'
      ? ' Intervals belong to the corrected point, which was fitted on the optimization scans, and need not contain the prediction.'
      : '';
  switch (procedure) {
    case 'crc':
    case 'k-crc':
    case 'sem-crc':
    case 'shortest':
    case 'recentred':
      return `${scanRisk}, ${assumption}, ${fixed} It bounds the average over scans, not every scan, and not each organ.${around}`;
    case 'organ-crc':
    case 'organ-shortest': {
      const organs = controlled.length > 0 ? `each of ${controlled.join(', ')}` : 'each calibrated organ';
      const both =
        controlled.length > 0 ? ` ${scanRisk}, too.` : ' It does not imply the same for the whole scan.';
      return (
        `For ${organs}, the expected share of its ground-truth voxels outside their intervals, in a ${scans === 'all' ? '' : 'qualifying '}scan that contains ` +
        `it, is at most ${epsilon}, ${assumption}, ${fixed}${both} Organs whose λ is infinite have the whole range as interval.`
      );
    }
    case 'pooled':
      return (
        `None. Misses are pooled over the calibration scans before they are compared with ${epsilon}, as in the ` +
        "paper's code; this bounds no expectation over scans and stands here for comparison only."
      );
  }
}
