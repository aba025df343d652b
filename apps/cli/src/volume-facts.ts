import {
  axisCodes,
  checkLabelTable,
  isOblique,
  type LabelScheme,
  labelNames,
  type NiftiHeader,
  obliquity,
  spacingOf,
} from '@semcrc/imaging';
import { readNifti, readNiftiHeader } from '@semcrc/imaging/node';

/** What `inspect` says of one label of a segmentation. */
export interface LabelFact {
  readonly number: number;
  /** By the scheme asked for, else by the file's own table; null where neither has the number. */
  readonly name: string | null;
  readonly voxels: number;
}

/** What `inspect` says of a NIfTI file. */
export interface VolumeFacts {
  readonly file: string;
  readonly format: string;
  readonly datatype: string;
  /** Sizes as stored, x first. */
  readonly shape: readonly number[];
  /** Millimetres between voxel centres along x, y, z. */
  readonly spacing: readonly number[];
  /** Where the voxel axes run to, such as RAS. */
  readonly orientation: string;
  /** Largest angle between a voxel axis and its closest world axis in degrees; 0 where it says nothing. */
  readonly obliqueDegrees: number;
  /** Voxel index to mm in RAS+, row by row. */
  readonly affine: readonly number[];
  readonly affineSource: string;
  readonly slope: number;
  readonly inter: number;
  readonly description: string;
  readonly extensions: readonly { readonly code: number; readonly bytes: number }[];
  /** Null for a file of several volumes, whose voxels are not read. */
  readonly intensity: { readonly min: number; readonly max: number; readonly mean: number } | null;
  /** Null unless the file is a segmentation. */
  readonly labels: readonly LabelFact[] | null;
}

/** More distinct values than this are intensities, not labels, unless a scheme is asked for. */
const MOST_LABELS = 256;

/**
 * Describes a NIfTI file.
 *
 * @param scheme read as labels, named by this scheme
 * @throws SemcrcError `bad-input` as reading does; where the file's own label names contradict the scheme
 */
export async function volumeFacts(file: string, scheme: LabelScheme | null): Promise<VolumeFacts> {
  const header = await readNiftiHeader(file);
  const spatial = header.shape.slice(0, 3).reduce((product, size) => product * size, 1);
  const volumes = header.shape.reduce((product, size) => product * size, 1) / spatial;
  const data = volumes === 1 ? await readVoxels(file, scheme) : null;
  return {
    file,
    ...headerFacts(header),
    intensity: data === null ? null : range(data),
    labels: data === null ? null : labelFacts(file, header, data, scheme),
  };
}

async function readVoxels(file: string, scheme: LabelScheme | null): Promise<Float32Array | Uint16Array> {
  // As labels, what is no label number is refused rather than counted.
  const { volume } = scheme === null ? await readNifti(file) : await readNifti(file, { as: 'labels' });
  return volume.data;
}

function headerFacts(header: NiftiHeader) {
  const { affine } = header;
  return {
    format: `NIfTI-${header.version}, ${header.littleEndian ? 'little' : 'big'}-endian`,
    datatype: header.datatype,
    shape: header.shape,
    spacing: spacingOf(affine),
    orientation: axisCodes(affine),
    obliqueDegrees: isOblique(affine) ? (obliquity(affine) * 180) / Math.PI : 0,
    affine,
    affineSource: header.affineSource,
    slope: header.slope,
    inter: header.inter,
    description: header.notes.description,
    extensions: header.extensions.map(({ code, content }) => ({ code, bytes: content.length })),
  };
}

function range(data: ArrayLike<number>): { min: number; max: number; mean: number } {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let sum = 0;
  for (let i = 0; i < data.length; i++) {
    min = Math.min(min, data[i]);
    max = Math.max(max, data[i]);
    sum += data[i];
  }
  return { min, max, mean: sum / data.length };
}

function labelFacts(
  file: string,
  header: NiftiHeader,
  data: ArrayLike<number>,
  scheme: LabelScheme | null,
): LabelFact[] | null {
  const table = labelNames(header.extensions);
  if (scheme !== null && table !== null) checkLabelTable(table, scheme, file);
  if (scheme === null && table === null && header.datatype.startsWith('float')) return null;
  const counts = new Map<number, number>();
  for (let i = 0; i < data.length; i++) {
    const value = data[i];
    if (!Number.isInteger(value) || value < 0) return null;
    counts.set(value, (counts.get(value) ?? 0) + 1);
    if (scheme === null && counts.size > MOST_LABELS) return null;
  }
  return [...counts]
    .sort(([a], [b]) => a - b)
    .map(([number, voxels]) => ({
      number,
      name: number === 0 ? 'background' : (scheme?.names.get(number) ?? table?.get(number) ?? null),
      voxels,
    }));
}
