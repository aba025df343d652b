// Whether intensities can have the units that the options say they have.
import { SemcrcError } from '@semcrc/kernels';
import type { FileVoxels } from './voxels.ts';

/** The median, the mean of the two middle values where the count is even. Sorts a copy: for messages only. */
function median(parts: readonly Float32Array[]): number {
  const sorted = new Float32Array(valueCount(parts));
  let at = 0;
  for (const values of parts) {
    sorted.set(values, at);
    at += values.length;
  }
  sorted.sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** A sample of a volume's values, evenly spread: enough for shares and medians. */
function spreadValues(values: Float32Array): Float32Array {
  // A prime, so that no step falls into the rhythm of rows and slices.
  const most = 65521;
  if (values.length <= most) return values.slice();
  const step = values.length / most;
  return Float32Array.from({ length: most }, (_, index) => values[Math.floor(index * step)] as number);
}

function share(values: Float32Array, least: number, most: number): number {
  let count = 0;
  for (const value of values) if (value >= least && value <= most) count++;
  return count / values.length;
}

/** How many values are not finite. */
function countInfinite(values: Float32Array): number {
  let count = 0;
  for (let start = 0; start < values.length; start += 4096) {
    const end = Math.min(start + 4096, values.length);
    // The sum of finite f32 is finite in f64: one test stands for a block.
    let sum = 0;
    for (let index = start; index < end; index++) sum += values[index] as number;
    if (Number.isFinite(sum)) continue;
    for (let index = start; index < end; index++) if (!Number.isFinite(values[index])) count++;
  }
  return count;
}

/** HU that scanners add so that air is no negative number. */
const HU_OFFSET = 1024;

/**
 * Refuses a ground truth that cannot be what it is said to be, judged on the whole scan: any infinite value; said to be in HU
 * but within [−1, 2] nearly everywhere (windowed already, or attenuation); said to be in HU but without air, and with soft
 * tissue where HU + 1024 have it (the intercept was lost); said to be windowed but not.
 *
 * @throws SemcrcError `bad-input` naming scan and file, what was found, and the option that reads it.
 */
export function checkTruth(
  { scan, file }: Pick<FileVoxels, 'scan' | 'file'>,
  values: Float32Array,
  units: 'hu' | 'window',
  [lo, hi]: readonly [number, number],
): void {
  const refuse = (problem: string, options: readonly string[]): never => {
    throw new SemcrcError('bad-input', `scan ${scan}: ${file} ${problem}`, { data: { scan, file, options } });
  };
  const infinite = countInfinite(values);
  if (infinite > 0)
    refuse(`holds ${infinite} voxels that are infinite; expected a finite number in every voxel`, []);
  const sample = spreadValues(values);
  const windowed = share(sample, PLAUSIBLE[0], PLAUSIBLE[1]);
  const percent = (part: number) => `${(100 * part).toFixed(part < 0.995 ? 0 : 1)}%`;
  if (units === 'window') {
    if (windowed >= 0.5) return;
    refuse(
      `lies within [-1, 2] at ${percent(windowed)} of its voxels only; expected a ground truth in [0, 1]; ` +
        'if it is in HU, say so with `truthUnits` hu',
      ['truthUnits'],
    );
  }
  if (windowed >= 0.99) {
    refuse(
      `lies within [-1, 2] at ${percent(windowed)} of its voxels; expected a ground truth in HU; ` +
        'if it is in [0, 1] already, say so with `truthUnits` window',
      ['truthUnits'],
    );
  }
  const above = share(sample, hi, Number.POSITIVE_INFINITY);
  const tissue = share(sample, lo + HU_OFFSET, hi + HU_OFFSET);
  const air = share(sample, Number.NEGATIVE_INFINITY, -500);
  if (hi < HU_OFFSET && above > 0.1 && tissue > above / 2 && air < 1e-3) {
    refuse(
      `has no air (HU near -1000) and ${percent(tissue)} of its voxels within ${lo + HU_OFFSET} to ${hi + HU_OFFSET}, where HU + ${HU_OFFSET} ` +
        `have soft tissue; expected HU: subtract ${HU_OFFSET} (the intercept was lost), or give that range as the \`window\``,
      ['window'],
    );
  }
}

/** Predictions in the window's units have their median well inside these. */
const PLAUSIBLE = [-1, 2] as const;

/**
 * Refuses predictions that cannot be windowed intensities: their median lies outside [−1, 2]. Most likely they are in HU.
 *
 * @param voxels `parts` are the values read, in whatever pieces they lie.
 * @throws SemcrcError `bad-input` naming scan, file and median, with the option that would read HU.
 */
export function refuseForeignUnits({
  scan,
  file,
  parts,
}: Pick<FileVoxels, 'scan' | 'file'> & { parts: readonly Float32Array[] }): void {
  // The median can only lie outside when at least half the values do.
  if (mostlyPlausible(parts)) return;
  const found = median(parts);
  if (found >= PLAUSIBLE[0] && found <= PLAUSIBLE[1]) return;
  throw new SemcrcError(
    'bad-input',
    `scan ${scan}: the median of ${file} is ${found}, expected one in [-1, 2]: predictions are windowed ` +
      'intensities in [0, 1]; if these are in HU, say so with `predictionUnits` hu',
    { data: { scan, file, median: found, options: ['predictionUnits'] } },
  );
}

function valueCount(parts: readonly Float32Array[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}

/** Whether more than half the values are plausible; looks hardly further than it must. */
function mostlyPlausible(parts: readonly Float32Array[]): boolean {
  const [least, most] = PLAUSIBLE;
  const enough = valueCount(parts) >> 1;
  let plausible = 0;
  for (const values of parts) {
    for (let start = 0; start < values.length && plausible <= enough; start += 4096) {
      const end = Math.min(start + 4096, values.length);
      for (let index = start; index < end; index++) {
        const value = values[index] as number;
        if (value >= least && value <= most) plausible++;
      }
    }
  }
  return plausible > enough;
}

/** How many values could be no windowed intensity, even of a poor predictor. */
export function countForeign(values: Float32Array): number {
  const [least, most] = PLAUSIBLE;
  let foreign = 0;
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number;
    if (value < least || value > most) foreign++;
  }
  return foreign;
}
