import { SemcrcError } from '@semcrc/kernels';
import { type LabelVolume, makeVolume, type Volume, voxelAt, voxelCount } from '../grid/volume.ts';
import { datatypes } from './datatype.ts';
import { decodeImage, decodeLabels, firstNaNVoxel } from './decode-voxels.ts';
import { headerBytes, type NiftiHeader, parseHeaderStart, recogniseNifti, withExtensions } from './header.ts';
import { seriesShape, voxelBytes, whichVolume } from './shape.ts';

/** A NIfTI file: what its header says, and its one volume, or the one asked for, in the file's own voxel order. */
export interface NiftiImage<V extends Volume | LabelVolume = Volume> {
  readonly header: NiftiHeader;
  readonly volume: V;
  /** Label values that slope and intercept left next to an integer, by less than 1e-3, and that were rounded to it. */
  readonly rounded: number;
}

/** What the voxels of a file are read as: intensities (f32) or label numbers (u16). */
export type VoxelKind = 'image' | 'labels';

/** The array that voxels of a kind are read into. */
export function voxelArray(kind: VoxelKind, length: number): Float32Array | Uint16Array {
  try {
    return kind === 'image' ? new Float32Array(length) : new Uint16Array(length);
  } catch (cause) {
    throw new SemcrcError('bad-input', `${length} voxels are more than fit into memory`, { cause });
  }
}

/** Decodes whole voxels into `out`; `first` is the index in the file of the first. NaN is refused, unless images may hold it. Returns how many labels were rounded. */
export function decodeVoxels(
  header: NiftiHeader,
  bytes: Uint8Array,
  out: Float32Array | Uint16Array,
  first: number,
  name: string,
  nans: 'refuse' | 'keep' = 'refuse',
): number {
  if (out instanceof Uint16Array) return decodeLabels(header, bytes, out, first, name);
  decodeImage(header, bytes, out);
  const nan = nans === 'refuse' && header.datatype.startsWith('float') ? firstNaNVoxel(out) : -1;
  if (nan >= 0) {
    const index = first + nan;
    const { shape, volumes } = seriesShape(header, name);
    const volume = Math.floor(index / voxelCount(shape));
    const [x, y, z] = voxelAt(shape, index % voxelCount(shape));
    const place = `(${x}, ${y}, ${z})${volumes === 1 ? '' : ` of volume ${volume}`}`;
    throw new SemcrcError(
      'bad-input',
      `${name}: voxel ${index} ${place} is NaN, expected a number in every voxel`,
      { data: { file: name, index } },
    );
  }
  return 0;
}

/** The header of an inflated file that lies in memory, extensions included. @throws SemcrcError `bad-input`. */
export function parseNiftiHeader(bytes: Uint8Array, name: string): NiftiHeader {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    throw new SemcrcError(
      'bad-input',
      `${name}: is gzip-compressed; expected the inflated bytes of a NIfTI file`,
    );
  }
  const { version } = recogniseNifti(bytes, name);
  const start = headerBytes[version] + 4;
  const { header, hasExtensions } = parseHeaderStart(bytes.subarray(0, start), name);
  const available = bytes.subarray(start, header.dataOffset);
  return hasExtensions ? withExtensions(header, available, name) : header;
}

/**
 * The volume of a NIfTI file that lies in memory, inflated already. For files on disk see `readNifti` in
 * `@semcrc/imaging/node`.
 *
 * @param name for messages.
 * @param options.as `image` (default): f32 with slope and intercept applied. `labels`: u16, integers only.
 * @param options.volume its number along the fourth axis, from 0. When left out, the file must hold one volume only.
 * @throws SemcrcError `bad-input` when the header is damaged, the voxels are not all there, the file holds several
 *   volumes and none is chosen, a voxel is NaN or, for labels, not an integer; `usage` for a volume that is not there.
 */
export function parseNifti(
  bytes: Uint8Array,
  name: string,
  options?: { as?: 'image'; volume?: number },
): NiftiImage;
export function parseNifti(
  bytes: Uint8Array,
  name: string,
  options: { as: 'labels'; volume?: number },
): NiftiImage<LabelVolume>;
export function parseNifti(
  bytes: Uint8Array,
  name: string,
  { as = 'image', volume }: { as?: VoxelKind; volume?: number } = {},
): NiftiImage<Volume | LabelVolume> {
  const header = parseNiftiHeader(bytes, name);
  const { shape, index } = whichVolume(header, volume, name);
  const expected = voxelBytes(header);
  if (bytes.length - header.dataOffset < expected) {
    throw missingVoxels(header, Math.max(0, bytes.length - header.dataOffset), name);
  }
  const out = voxelArray(as, voxelCount(shape));
  const size = out.length * datatypes[header.datatype].bytes;
  const start = header.dataOffset + index * size;
  const rounded = decodeVoxels(header, bytes.subarray(start, start + size), out, index * out.length, name);
  return { header, volume: makeVolume(out, shape, header.affine) as Volume | LabelVolume, rounded };
}

/** The error for a file that ends before its header says. */
export function missingVoxels(
  header: NiftiHeader,
  found: number,
  name: string,
  cause?: unknown,
): SemcrcError {
  const expected = voxelBytes(header);
  return new SemcrcError(
    'bad-input',
    `${name}: truncated or damaged: ${header.shape.join(' × ')} voxels of ${header.datatype} take ${expected} bytes, found ${found}`,
    { data: { file: name, expected, found }, cause },
  );
}
