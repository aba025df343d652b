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

/**
 * Turns a scheme's numbers into label ids, in place. No body mask enters here.
 *
 * @throws SemcrcError `bad-input` naming scan, file, voxel, value and the range expected, for a number the scheme does
 *   not have.
 */
export function assignVoxels(voxels: FileVoxels & { values: Uint16Array }, labelling: Labelling): void {
  const { values } = voxels;
  const { labelOf, scheme } = labelling;
  const labels = new Uint16Array(65536).fill(UNKNOWN_LABEL);
  labels.set(labelOf);
  const assign = (from: number, to: number): void => {
    for (let index = from; index < to; index++) {
      const label = labels[values[index] as number] as number;
      if (label === UNKNOWN_LABEL) refuseLabel(voxels, index, scheme);
      values[index] = label;
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

/** Merges the body mask into the organs, in place: inside it, what belongs to nothing is body; organs stay organs. */
export function mergeBody(organs: Uint16Array, mask: Uint16Array): void {
  for (let index = 0; index < organs.length; index++) {
    if (organs[index] === BACKGROUND && mask[index] !== 0) organs[index] = BODY;
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
