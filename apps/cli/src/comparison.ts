import type { LabelScheme } from '@semcrc/imaging';
import {
  compareLabels,
  cornerDistance,
  labelNames,
  psnr,
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
      /** Width of the data range behind PSNR and SSIM. */
      readonly range: number;
      /** dB; null for equal images, whose ratio is infinite. */
      readonly psnr: number | null;
      readonly ssim: number;
      readonly meanAbsoluteDifference: number;
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
  const images = await Promise.all([first, second].map((file) => readNifti(file)));
  const [a, b] = images.map(({ volume }) => windowed(reorientToRas(volume), window));
  requireOneGrid(first, a, second, b);
  const range = window === null ? rangeOf(a) : 1;
  if (range === 0)
    throw new SemcrcError('bad-input', `${first} holds one value only: there is no range to compare in`);
  let sum = 0;
  for (let voxel = 0; voxel < a.data.length; voxel++) sum += Math.abs(a.data[voxel] - b.data[voxel]);
  const ratio = psnr(a, b, range);
  return {
    kind: 'images',
    range,
    psnr: Number.isFinite(ratio) ? ratio : null,
    ssim: ssim(a, b, range),
    meanAbsoluteDifference: sum / a.data.length,
  };
}

function windowed(volume: Volume, window: readonly [number, number] | null): Volume {
  return window === null ? volume : windowIntensity(volume, window);
}

function rangeOf({ data }: Volume): number {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of data) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return max - min;
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
