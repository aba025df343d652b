import type { LabelScheme } from '@semcrc/imaging';
import {
  compareLabels,
  cornerDistance,
  labelNames,
  planeForSsim,
  reorientToRas,
  ssim,
  type Volume,
  windowIntensity,
} from '@semcrc/imaging';
import { readNifti } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';

/** What `inspect --compare` says of two volumes of one scan. */
export type Comparison =
  | {
      readonly kind: 'segmentations';
      /** Of every label that occurs in either. */
      readonly labels: readonly {
        readonly number: number;
        readonly name: string | null;
        readonly first: number;
        readonly second: number;
        readonly both: number;
        /** Dice coefficient, the F1 score of the voxels. */
        readonly dice: number;
      }[];
      /** Mean Dice over those labels. */
      readonly meanDice: number;
    }
  | {
      readonly kind: 'images';
      /** Width of the data range behind PSNR and SSIM: of the first image's finite voxels. */
      readonly range: number;
      /** Whether every voxel is the same in both, whatever its value. */
      readonly equal: boolean;
      /** dB over voxels that are finite in both; null where it is infinite (none of them differs) or there is no range. */
      readonly psnr: number | null;
      /** Null where it was left out. */
      readonly ssim: number | null;
      /** Over voxels that are finite in both; null where there is none. */
      readonly meanAbsoluteDifference: number | null;
      /** Voxels that are NaN or infinite in either. */
      readonly nonFinite: number;
      /** What was left out or changed, and why. */
      readonly notes: readonly string[];
    };

/**
 * Agreement of two segmentations of one scan, label by label.
 *
 * @throws SemcrcError `bad-input` when the files are not on one grid or hold what is no label
 */
export async function compareSegmentations(
  first: string,
  second: string,
  scheme: LabelScheme | null,
): Promise<Comparison> {
  const [a, b] = await Promise.all([first, second].map((file) => readNifti(file, { as: 'labels' })));
  const [p, q] = [reorientToRas(a.volume), reorientToRas(b.volume)];
  requireOneGrid(first, p, second, q);
  const table = labelNames(a.header.extensions) ?? labelNames(b.header.extensions);
  const labels = compareLabels(p, q).map(({ label, ...agreement }) => ({
    number: label,
    name: scheme?.names.get(label) ?? table?.get(label) ?? null,
    ...agreement,
  }));
  const meanDice = labels.reduce((sum, { dice }) => sum + dice, 0) / labels.length;
  return { kind: 'segmentations', labels, meanDice };
}

/**
 * PSNR and SSIM of two images.
 *
 * @param window HU that become 0 and 1 in both, the data range being 1 then; null: the range of the first image
 * @throws SemcrcError `bad-input` when the files are not on one grid
 */
export async function compareImages(
  first: string,
  second: string,
  window: readonly [number, number] | null,
): Promise<Comparison> {
  const images = await Promise.all([first, second].map((file) => readNifti(file, { nans: 'keep' })));
  const [p, q] = images.map(({ volume }) => reorientToRas(volume));
  requireOneGrid(first, p, second, q);
  const notes: string[] = [];
  const [a, b] = inOneUnit([first, second], [p, q], window, notes);
  const range = window === null ? rangeOf(a) : 1;
  let [sum, squares, finite, equal] = [0, 0, 0, true];
  for (let voxel = 0; voxel < a.data.length; voxel++) {
    const difference = a.data[voxel] - b.data[voxel];
    if (!Object.is(a.data[voxel], b.data[voxel]) && difference !== 0) equal = false;
    if (!Number.isFinite(a.data[voxel]) || !Number.isFinite(b.data[voxel])) continue;
    sum += Math.abs(difference);
    squares += difference * difference;
    finite++;
  }
  const nonFinite = a.data.length - finite;
  const ratio = 10 * Math.log10(range ** 2 / (squares / finite));
  if (range === 0)
    notes.push(`PSNR and SSIM are left out: ${first} holds one value only, so there is no range`);
  return {
    kind: 'images',
    range,
    equal,
    psnr: Number.isFinite(ratio) ? ratio : null,
    ssim: range === 0 ? null : ssimOf(a, b, range, nonFinite, notes),
    meanAbsoluteDifference: finite === 0 ? null : sum / finite,
    nonFinite,
    notes,
  };
}

/** SSIM in the first plane that is large enough for it; else a note why not. */
function ssimOf(a: Volume, b: Volume, range: number, nonFinite: number, notes: string[]): number | null {
  const [depth, height, width] = a.shape;
  const plane = planeForSsim(a);
  if (nonFinite > 0) notes.push(`SSIM is left out: ${counted(nonFinite)} NaN or infinite`);
  else if (plane === null)
    notes.push(
      `SSIM is left out: it needs slices of at least 11 × 11, found ${width} × ${height} × ${depth} voxels (x × y × z)`,
    );
  else {
    if (plane !== 'axial')
      notes.push(
        `SSIM is that of ${plane} slices: axial ones of ${height} × ${width} are smaller than 11 × 11`,
      );
    return ssim(a, b, range, plane);
  }
  return null;
}

/** A number of voxels as the subject of a sentence. */
export const counted = (voxels: number): string => (voxels === 1 ? '1 voxel is' : `${voxels} voxels are`);

/** Whether an image can be in 0..1 already: nearly all of it lies within [−1, 2], and not all in one value. */
function looksWindowed({ data }: Volume): boolean {
  let within = 0;
  for (const value of data) if (value >= -1 && value <= 2) within++;
  return within >= 0.99 * data.length && rangeOf({ data }) > 0;
}

/**
 * Both images windowed, or both as they are. One that is in 0..1 already is not windowed again.
 *
 * @throws SemcrcError `usage` without a window where one image is in 0..1 and the other far beyond
 */
function inOneUnit(
  files: readonly [string, string],
  images: readonly [Volume, Volume],
  window: readonly [number, number] | null,
  notes: string[],
): readonly [Volume, Volume] {
  const windowed = images.map(looksWindowed);
  const other = images[windowed[0] ? 1 : 0];
  if (window === null) {
    if (windowed[0] === windowed[1] || rangeOf(other) < 50) return images;
    const [small, large] = windowed[0] ? files : [files[1], files[0]];
    throw new SemcrcError(
      'usage',
      `${small} lies in 0..1 and ${large} does not: they are in different units; give the \`window\` in HU that became 0..1`,
      { data: { options: ['window'], file: small } },
    );
  }
  const bring = (image: Volume, at: number): Volume => {
    if (!windowed[at] || windowed[0] === windowed[1]) return windowIntensity(image, window);
    notes.push(`${files[at]} lies in 0..1 already and is not windowed again`);
    return { ...image, data: image.data.map((value) => Math.min(Math.max(value, 0), 1)) };
  };
  return [bring(images[0], 0), bring(images[1], 1)];
}

/** Largest less smallest finite value; 0 where there is none. */
function rangeOf({ data }: Pick<Volume, 'data'>): number {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of data) {
    if (!Number.isFinite(value)) continue;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return max >= min ? max - min : 0;
}

/** Files of one scan may put a corner this far apart, in mm. */
const TOLERANCE = 1e-3;

function requireOneGrid(
  first: string,
  a: Pick<Volume, 'shape' | 'affine'>,
  second: string,
  b: Pick<Volume, 'shape' | 'affine'>,
): void {
  if (a.shape.some((size, axis) => size !== b.shape[axis])) {
    throw new SemcrcError(
      'bad-input',
      `${second} has ${b.shape.join(' × ')} voxels (slices × height × width), ${first} has ${a.shape.join(' × ')}: ` +
        'only volumes on one grid can be compared',
      { data: { file: second, expected: [...a.shape], found: [...b.shape] } },
    );
  }
  const distance = cornerDistance(a.affine, b.affine, a.shape);
  if (distance > TOLERANCE) {
    throw new SemcrcError(
      'bad-input',
      `${second} lies ${distance.toPrecision(3)} mm from ${first} at a corner, expected at most ${TOLERANCE} mm: ` +
        'only volumes on one grid can be compared',
      { data: { file: second, distance } },
    );
  }
}
