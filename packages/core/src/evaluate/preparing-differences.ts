import { SemcrcError } from '@semcrc/kernels';
import { knowsWholeSlices, type Preparing, UNCUT } from '../options/preparing.ts';
import type { Calibration } from '../records/calibration.ts';

/** One way in which scans were made otherwise than those of a calibration. */
export interface PreparingDifference {
  /**
   * `refuse`: λ means something else for such scans. `extrapolation`: the same voxels in another choice; λ can be used, but
   * nothing is promised about voxels that calibration never saw.
   */
  readonly kind: 'refuse' | 'extrapolation';
  /** Options that make the difference. */
  readonly options: readonly string[];
  /** What the calibration's scans had and what these have; names of options stand in backticks. */
  readonly problem: string;
}

/**
 * How scans at hand differ from those of a calibration in what its λ depends on. What either side does not know (null) is no
 * difference; neither is what this calibration makes no use of, such as a body mask where one λ covers every voxel.
 */
export function preparingDifferences(
  calibration: Calibration,
  found: Preparing,
): readonly PreparingDifference[] {
  return [...refusedDifferences(calibration, found), ...sliceDifferences(calibration, found)];
}

/**
 * Holds scans against those of a calibration.
 *
 * @param name of the scans, for messages
 * @returns what the promise was calibrated on, where other voxels are an extrapolation; null where nothing differs.
 * @throws SemcrcError `usage` naming every option that must be as it was when calibrating.
 */
export function checkSamePreparing(
  calibration: Calibration,
  { name, preparing }: { readonly name: string; readonly preparing: Preparing },
): string | null {
  const differences = preparingDifferences(calibration, preparing);
  const refused = differences.filter(({ kind }) => kind === 'refuse');
  if (refused.length > 0) {
    throw new SemcrcError('usage', `${name}: ${refused.map(({ problem }) => problem).join('; ')}`, {
      data: {
        options: [...new Set(refused.flatMap(({ options }) => options))],
        inputs: refused.flatMap(({ options }) => options.filter((name) => INPUTS.has(name))),
      },
    });
  }
  return differences.length === 0 ? null : differences.map(({ problem }) => problem).join(' ');
}

/** Options that name a file of a scan: columns, where scans are listed. */
const INPUTS = new Set(['body', 'point', 'std', 'samples']);

/** What of its scans a calibration looks at beside the interval. */
function usedBy({ partition, heuristic, within, shrink, centre }: Calibration) {
  const features = partition.kind === 'strata' ? partition.features.map(({ name }) => name) : [];
  const around = heuristic === 'mse' || heuristic === 'multiplicative' || heuristic === 'std';
  return {
    labels: (partition.kind !== 'uniform' && partition.kind !== 'position') || within === 'body',
    // Intervals shrink to the point, and what is learned from slices is learned from it.
    point:
      around ||
      shrink ||
      centre !== undefined ||
      partition.kind === 'learned' ||
      features.some((name) => name !== 'width'),
    /** What is learned is a function of whole slices. */
    slices: centre !== undefined || partition.kind === 'learned',
    std: heuristic === 'std',
    draws: heuristic === 'samples',
  };
}

function refusedDifferences(calibration: Calibration, found: Preparing): PreparingDifference[] {
  const made = calibration.source.preparing;
  const uses = usedBy(calibration);
  const differences: PreparingDifference[] = [];
  const refuse = (problem: string, ...options: string[]): void => {
    differences.push({ kind: 'refuse', options, problem });
  };
  const inputs = [
    ['body', uses.labels, 'a body mask', 'without one the body counts as background, with one it does not'],
    ['point', uses.point, 'a point prediction', 'λ follows from it'],
    ['std', uses.std, 'a standard deviation of the prediction', 'λ is counted in it'],
  ] as const;
  for (const [input, used, what, why] of inputs) {
    if (!used || !differ(made[input], found[input])) continue;
    refuse(
      made[input]
        ? `the calibration's scans had ${what}, these have none: ${why}; give \`${input}\``
        : `the calibration's scans had no ${what.replace(/^a /, '')}, these have one: ${why}; leave out \`${input}\``,
      input,
    );
  }
  if (uses.draws && differ(made.draws, found.draws)) {
    refuse(
      `the calibration's scans had ${made.draws} draws of the prediction, these have ${found.draws}: its λ is for quantiles of ` +
        `that many; give as many \`samples\``,
      'samples',
    );
  }
  if (made.window && found.window && String(made.window) !== String(found.window)) {
    refuse(
      `the calibration's scans were windowed to ${made.window.join('..')} HU, these to ${found.window.join('..')}; ` +
        `give \`window\` ${made.window.join(',')}`,
      'window',
    );
  }
  if (uses.slices && !knowsWholeSlices(found)) {
    refuse(
      'the calibration tells voxels apart by what their whole slices show, which these scans do not keep: they were ' +
        'resampled, or cropped by an earlier version; prepare them without `spacing`',
      'spacing',
    );
  }
  if (made.labels === null || found.labels === null) return differences;
  if (made.predictionUnits !== found.predictionUnits) {
    refuse(
      `the calibration's predictions were in ${unitOf(made.predictionUnits)}, these in ${unitOf(found.predictionUnits)}; ` +
        `give \`predictionUnits\` ${made.predictionUnits}`,
      'predictionUnits',
    );
  }
  if (!uses.labels) return differences;
  if (!sameScheme(made, found)) {
    const theirs = made.labelNames === null ? made.labels : `the label map ${made.labels}`;
    refuse(
      `the calibration's segmentations were numbered by ${theirs}, these by ${found.labels}` +
        `${made.labelNames === null ? '' : ', which names them otherwise'}; give \`labels\` ${made.labels}`,
      'labels',
    );
  }
  const missing = made.extraLabels.filter((name) => !found.extraLabels.includes(name));
  if (missing.length > 0) {
    refuse(
      `the calibration has a λ of its own for ${missing.join(', ')}, which counts as body here; ` +
        `give \`extraLabels\` ${made.extraLabels.join(',')}`,
      'extraLabels',
    );
  }
  return differences;
}

function sliceDifferences(calibration: Calibration, found: Preparing): PreparingDifference[] {
  const made = calibration.source.preparing;
  // The phantom and stores of other programs do not tell how their scans were cut.
  if (made.labels === null || found.labels === null) return [];
  const names = ['prepare', ...(Object.keys(UNCUT) as (keyof typeof UNCUT)[])] as const;
  const options = names.filter((name) => JSON.stringify(made[name]) !== JSON.stringify(found[name]));
  if (options.length === 0) return [];
  if (calibration.partition.kind === 'position' && made.crop === 'truth' && found.crop !== 'truth') {
    const problem =
      "the calibration's groups are positions in scans that were cropped to their ground truth, which new scans do not " +
      'have; prepare the calibration scans with `crop` point, or calibrate another procedure';
    return [{ kind: 'refuse', options: ['crop'], problem }];
  }
  return [{ kind: 'extrapolation', options, problem: extrapolationOf(cutInWords(made), cutInWords(found)) }];
}

/**
 * What the promise was calibrated on, and that it is an extrapolation for other voxels.
 *
 * @param made which voxels of its scans a calibration saw, as a noun @param found those of the scans at hand
 */
export function extrapolationOf(made: string, found: string): string {
  return (
    `The promise was calibrated on ${made}; these are ${found}. ` +
    'For voxels that such scans do not have it is an extrapolation.'
  );
}

/** Which voxels of a scan were taken. */
function cutInWords(preparing: Preparing): string {
  if (preparing.prepare === 'none') return 'whole scans at their own spacing';
  const { spacing, slices, size, windowSlices, margin, leastLabelled, crop } = preparing;
  const at = spacing === null ? 'at their own spacing' : `at ${spacing.join(' × ')} mm`;
  return (
    `${slices} ${slices === 1 ? 'slice' : 'slices'} of ${size.join(' × ')} a scan ${at} ` +
    `(of the ${windowSlices} slices with the most labels, ${margin} from the ends, ${leastLabelled} labelled voxels to count, ` +
    `cropped to the ${crop})`
  );
}

const unitOf = (units: Preparing['predictionUnits']): string => (units === 'hu' ? 'HU' : '0..1');

function differ<T>(made: T | null, found: T | null): boolean {
  return made !== null && found !== null && made !== found;
}

function sameScheme(made: Preparing, found: Preparing): boolean {
  if (made.labelNames === null && found.labelNames === null) return made.labels === found.labels;
  return entries(made.labelNames) === entries(found.labelNames);
}

const entries = (names: Preparing['labelNames']): string =>
  JSON.stringify(Object.entries(names ?? {}).sort(([a], [b]) => Number(a) - Number(b)));
