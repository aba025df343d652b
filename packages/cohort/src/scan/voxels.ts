import type { MendedVoxels } from '@semcrc/core';
import type { LabelScheme } from '@semcrc/imaging';
import { BACKGROUND, BODY, type Labelling, UNKNOWN_LABEL } from '@semcrc/imaging';
import { type ErrorData, SemcrcError } from '@semcrc/kernels';

/** Voxel values as a file holds them, x fastest, and what to call them in an error. */
export interface FileVoxels {
  readonly scan: string;
  readonly file: string;
  /** Voxels along x, y and z, in the file's own order. */
  readonly size: readonly [x: number, y: number, z: number];
  readonly values: ArrayLike<number>;
  /** Index in the file of the first value; 0 when left out. */
  readonly first?: number;
}

/** Where a voxel is, for a message and for `data`. */
function place(
  { scan, file, size, first = 0 }: FileVoxels,
  position: number,
): { text: string; data: ErrorData } {
  const index = first + position;
  const x = index % size[0];
  const y = Math.floor(index / size[0]) % size[1];
  const z = Math.floor(index / (size[0] * size[1]));
  return { text: `voxel (${x}, ${y}, ${z}), index ${index}`, data: { scan, file, voxel: [x, y, z], index } };
}

/**
 * Refuses values that are not numbers: nothing can be said about coverage there.
 *
 * @throws SemcrcError `bad-input` naming scan, file and the first such voxel, as (x, y, z) in the file and as flat index.
 */
export function refuseNaN(voxels: FileVoxels): void {
  const { values } = voxels;
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number;
    if (!Number.isNaN(value)) continue;
    const { text, data } = place(voxels, index);
    throw new SemcrcError(
      'bad-input',
      `scan ${voxels.scan}: ${voxels.file} is NaN at ${text}; expected a number in every voxel`,
      { data },
    );
  }
}

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

/**
 * Turns label numbers into groups, in place. No body mask enters here.
 *
 * @throws SemcrcError `bad-input` naming scan, file, voxel, value and the range expected, for a number the scheme does
 *   not have.
 */
export function assignVoxels(voxels: FileVoxels & { values: Uint16Array }, labelling: Labelling): void {
  const { values } = voxels;
  const { groupOf, scheme } = labelling;
  const groups = new Uint16Array(65536).fill(UNKNOWN_LABEL);
  groups.set(groupOf);
  const assign = (from: number, to: number): void => {
    for (let index = from; index < to; index++) {
      const group = groups[values[index] as number] as number;
      if (group === UNKNOWN_LABEL) refuseLabel(voxels, index, scheme);
      values[index] = group;
    }
  };
  // Most voxels have no label, and 0 stays 0: eight at a time are passed over, where they can be seen as four words.
  const blocks = values.byteOffset % 4 === 0 ? values.length >> 3 : 0;
  const words = new Uint32Array(values.buffer, blocks === 0 ? 0 : values.byteOffset, 4 * blocks);
  for (let block = 0; block < blocks; block++) {
    const word = 4 * block;
    const seen =
      (words[word] as number) |
      (words[word + 1] as number) |
      (words[word + 2] as number) |
      (words[word + 3] as number);
    if (seen !== 0) assign(8 * block, 8 * block + 8);
  }
  assign(8 * blocks, values.length);
}

function refuseLabel(voxels: FileVoxels, index: number, scheme: LabelScheme): never {
  const { text, data } = place(voxels, index);
  const value = voxels.values[index] as number;
  const numbers = [...scheme.names.keys()];
  const gaps = numbers.length < Math.max(...numbers) ? ' (not all of them)' : '';
  throw new SemcrcError(
    'bad-input',
    `scan ${voxels.scan}: ${voxels.file} holds the label ${value} at ${text}; expected 0 to ` +
      `${Math.max(...numbers)}${gaps}, the labels of the scheme ${scheme.name}`,
    { data: { ...data, value, scheme: scheme.name } },
  );
}

/** One organ's mask, read piece by piece: its voxels get the organ's label. */
export class OrganMask {
  readonly #file: string;
  readonly #label: number;
  #inside = 0;

  constructor(file: string, label: number) {
    this.#file = file;
    this.#label = label;
  }

  /**
   * Gives the voxels inside the mask the label, whatever they had before. The mask may be the labels' own array.
   *
   * @throws SemcrcError `bad-input` when the mask has more than one number beside 0: it is a volume of several labels then.
   */
  addTo(labels: Uint16Array, mask: Uint16Array): void {
    for (let index = 0; index < mask.length; index++) {
      const value = mask[index] as number;
      if (value === 0) continue;
      if (this.#inside === 0) this.#inside = value;
      else if (value !== this.#inside) {
        throw new SemcrcError(
          'bad-input',
          `${this.#file}: expected the mask of one organ, 0 outside and one number inside, found ${this.#inside} and ${value}; ` +
            'give a volume of several labels as the segmentation itself',
          { data: { file: this.#file, found: [this.#inside, value] } },
        );
      }
      labels[index] = this.#label;
    }
  }
}

/** Merges the body mask into the groups, in place: inside it, what belongs to nothing is body; organs stay organs. */
export function mergeBody(groups: Uint16Array, mask: Uint16Array): void {
  for (let index = 0; index < groups.length; index++) {
    if (groups[index] === BACKGROUND && mask[index] !== 0) groups[index] = BODY;
  }
}

/** Refuses a standard deviation below 0. @throws SemcrcError `bad-input` naming scan, file, voxel and value. */
export function refuseNegative(voxels: FileVoxels): void {
  const { values } = voxels;
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number;
    if (value >= 0) continue;
    const { text, data } = place(voxels, index);
    throw new SemcrcError(
      'bad-input',
      `scan ${voxels.scan}: ${voxels.file} is ${value} at ${text}; expected a standard deviation of 0 or more`,
      { data: { ...data, value } },
    );
  }
}

/** Clips to [0, 1] in place; −0 stays as it is. Returns how many values changed. */
export function clip(values: Float32Array): number {
  let clipped = 0;
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number;
    if (value < 0) values[index] = 0;
    else if (value > 1) values[index] = 1;
    else continue;
    clipped++;
  }
  return clipped;
}

/** Clips lower, upper and point to [0, 1], then swaps crossed bounds, all in place; says how many voxels it mended. */
export function mendIntervals(lower: Float32Array, upper: Float32Array, point?: Float32Array): MendedVoxels {
  const clipped = clip(lower) + clip(upper) + (point ? clip(point) : 0);
  let crossed = 0;
  for (let index = 0; index < lower.length; index++) {
    const low = lower[index] as number;
    const high = upper[index] as number;
    if (low > high) {
      lower[index] = high;
      upper[index] = low;
      crossed++;
    }
  }
  return { clipped, crossed };
}
