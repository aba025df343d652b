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
  /** What of its header is odd and was settled, a sentence each. */
  readonly notes: readonly string[];
  readonly description: string;
  readonly extensions: readonly { readonly code: number; readonly bytes: number }[];
  /** Null for a file of several volumes, whose voxels are not read. */
  readonly intensity: Intensity | null;
  /** Null unless the file is a segmentation. */
  readonly labels: readonly LabelFact[] | null;
}

/** Intensities of a volume; of its finite voxels, null where there are none. */
export interface Intensity {
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  /** Value below which 1, 50 and 99% of the finite voxels lie, from a sample of at most a million. */
  readonly percentiles: Readonly<Record<'1' | '50' | '99', number>> | null;
  /** Voxels that are NaN, and that are infinite. */
  readonly nan: number;
  readonly infinite: number;
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
    intensity: data === null ? null : intensityOf(data),
    labels: data === null ? null : labelFacts(file, header, data, scheme),
  };
}

async function readVoxels(file: string, scheme: LabelScheme | null): Promise<Float32Array | Uint16Array> {
  // As labels, what is no label number is refused rather than counted.
  const { volume } =
    scheme === null ? await readNifti(file, { nans: 'keep' }) : await readNifti(file, { as: 'labels' });
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
    notes: headerNotes(header),
    description: header.notes.description,
    extensions: header.extensions.map(({ code, content }) => ({ code, bytes: content.length })),
  };
}

function headerNotes({ formsDistance, unit, affine }: NiftiHeader): string[] {
  const notes: string[] = [];
  if (formsDistance !== null && formsDistance > 0.01 * Math.min(...spacingOf(affine)))
    notes.push(`sform and qform put a corner ${formsDistance.toPrecision(3)} mm apart; the sform is used`);
  if (unit !== 1)
    notes.push(`the affine is in ${unit === 1000 ? 'metres' : 'microns'}, and was turned to mm`);
  return notes;
}

/** Most voxels that percentiles are taken of. */
const MOST_SORTED = 2 ** 20;

function intensityOf(data: Float32Array | Uint16Array): Intensity {
  let [min, max, sum, finite, nan] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0, 0];
  for (let i = 0; i < data.length; i++) {
    const value = data[i];
    if (Number.isFinite(value)) {
      if (value < min) min = value;
      if (value > max) max = value;
      sum += value;
      finite++;
    } else if (Number.isNaN(value)) nan++;
  }
  const infinite = data.length - finite - nan;
  if (finite === 0) return { min: null, max: null, mean: null, percentiles: null, nan, infinite };
  const step = Math.max(1, Math.ceil(data.length / MOST_SORTED));
  const sample = Float32Array.from({ length: Math.ceil(data.length / step) }, (_, i) => data[i * step]);
  const sorted = sample.filter(Number.isFinite).sort();
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? min;
  const percentiles = { 1: at(0.01), 50: at(0.5), 99: at(0.99) };
  return { min, max, mean: sum / finite, percentiles, nan, infinite };
}

/** Fewer distinct values than this are labels wherever they lie. */
const FEW_VALUES = 4;

/**
 * Whether numbers look like labels: voxels of an organ lie side by side, those of an image hardly ever have their neighbour's
 * value. Judged along x, where either of two neighbours is not 0.
 */
function liesInRegions(data: ArrayLike<number>, width: number): boolean {
  let [pairs, equal] = [0, 0];
  for (let i = 1; i < data.length; i++) {
    if (i % width === 0 || (data[i] === 0 && data[i - 1] === 0)) continue;
    pairs++;
    if (data[i] === data[i - 1]) equal++;
  }
  return pairs === 0 || equal >= pairs / 2;
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
  const judged = scheme === null && table === null && counts.size >= FEW_VALUES;
  if (judged && !liesInRegions(data, header.shape[0])) return null;
  return [...counts]
    .sort(([a], [b]) => a - b)
    .map(([number, voxels]) => ({
      number,
      name: number === 0 ? 'background' : (scheme?.names.get(number) ?? table?.get(number) ?? null),
      voxels,
    }));
}
