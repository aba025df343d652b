import {
  checkLabelTable,
  cornerDistance,
  type LabelVolume,
  labelNames,
  reorientToRas,
  resampleImage,
  resampleLabels,
  spacingGrid,
  UNKNOWN_LABEL,
  type Vector3,
  type Volume,
} from '@semcrc/imaging';
import { readNifti, resolveLabelling } from '@semcrc/imaging/node';
import { loadResampler, SemcrcError } from '@semcrc/kernels';
import { bodyMask } from '@semcrc/predict';
import { mergeBody } from './phantom.ts';
import type { Template } from './warp.ts';
import { windowed } from './windowed.ts';

/** Files of one labelled CT. */
export interface TemplateFiles {
  /** CT in HU. */
  readonly truth: string;
  /** Label volume on the same grid. */
  readonly segmentation: string;
}

/** How far corners of the two files' grids may lie apart, mm. */
const affineTolerance = 0.03;

/**
 * Reads a labelled CT to make warps of: turned to RAS, resampled where a spacing is asked for, the nine organs by their
 * label ids, the rest of the body as its windowed CT shows it.
 *
 * @param labels label scheme, or the path of a label map.
 * @throws SemcrcError `usage` for an unknown scheme; `bad-input` naming the file when one cannot be read, the two lie on
 *   different grids, the CT is not in HU, a label is not of the scheme, or none of the nine organs is there.
 */
export async function readTemplate(
  { truth, segmentation }: TemplateFiles,
  labels: string | undefined,
  spacing: Vector3 | null,
): Promise<Template> {
  const labelling = await resolveLabelling(labels);
  const image = await readNifti(truth);
  const organs = await readNifti(segmentation, { as: 'labels' });
  const table = labelNames(organs.header.extensions);
  if (table) checkLabelTable(table, labelling.scheme, segmentation);
  checkHounsfield(image.volume, truth);
  let ct: Volume = reorientToRas(image.volume);
  let numbers: LabelVolume = reorientToRas(organs.volume);
  const size = ({ shape: [z, y, x] }: Volume | LabelVolume): string => `${x} × ${y} × ${z}`;
  if (ct.shape.join() !== numbers.shape.join()) {
    throw new SemcrcError(
      'bad-input',
      `${segmentation}: expected labels for every voxel of ${truth}, ${size(ct)} (x × y × z), found ${size(numbers)}`,
      { data: { file: segmentation, expected: size(ct), found: size(numbers) } },
    );
  }
  const distance = cornerDistance(ct.affine, numbers.affine, ct.shape);
  if (distance > affineTolerance) {
    throw new SemcrcError(
      'bad-input',
      `${segmentation}: expected the place of ${truth}, found corners up to ${distance.toPrecision(3)} mm apart`,
      { data: { file: segmentation, distance } },
    );
  }
  if (spacing !== null) {
    const grid = spacingGrid(ct, spacing);
    const resampler = await loadResampler();
    ct = resampleImage(resampler, ct, grid);
    numbers = resampleLabels(resampler, numbers, grid);
  }
  const body = bodyMask(windowed(ct).data, ct.shape);
  const anatomy = Uint8Array.from(numbers.data, (number) => {
    const label = labelling.labelOf[number] ?? UNKNOWN_LABEL;
    if (label === UNKNOWN_LABEL) {
      throw new SemcrcError(
        'bad-input',
        `${segmentation}: found label ${number}, which the label scheme ${labelling.scheme.name} does not have; ` +
          'choose the scheme the file follows with `labels`',
        { data: { file: segmentation, label: number, options: ['labels'] } },
      );
    }
    // Organs beyond the nine are body.
    return label > 1 ? label : 0;
  });
  if (!anatomy.some((label) => label > 0)) {
    throw new SemcrcError(
      'bad-input',
      `${segmentation}: expected some of the nine organs of the label scheme ${labelling.scheme.name}, found none`,
      { data: { file: segmentation } },
    );
  }
  return { truth: ct, anatomy: mergeBody(anatomy, body) };
}

/** Windowed intensities lie within these; a CT in HU does not. */
const intensities = [-1, 2] as const;

/** @throws SemcrcError `bad-input` for a voxel that is no number, or a CT in windowed units or with its intercept lost. */
function checkHounsfield({ data }: Volume, file: string): void {
  const refuse = (problem: string): never => {
    throw new SemcrcError('bad-input', `${file}: expected a CT in HU, ${problem}`, { data: { file } });
  };
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const value of data) {
    if (!Number.isFinite(value)) refuse(`found a voxel that is ${value}`);
    if (value < least) least = value;
    if (value > most) most = value;
  }
  if (least >= intensities[0] && most <= intensities[1]) {
    refuse(`found values from ${least} to ${most}, as of the window; give the CT itself`);
  }
  if (least >= 0 && most > 1000) {
    refuse(`found none below 0, as of HU + 1024; subtract 1024`);
  }
}
