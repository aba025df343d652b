import { SemcrcError } from '@semcrc/kernels';
import { NIFTI1, NIFTI2 } from 'nifti-reader-js';
import { type Affine, cornerDistance, isInvertible, spacingOf, type Vector3 } from '../grid/affine.ts';
import { datatypeName, datatypeOf, datatypes, type NiftiDatatype } from './datatype.ts';
import { type NiftiExtension, parseExtensions } from './extension.ts';
import { otherFormat } from './other-format.ts';
import { type AffineSource, baseAffine, qformAffine } from './transform.ts';

/** Header fields that semcrc carries from one file to the next and does not interpret. */
export interface NiftiNotes {
  readonly description: string;
  readonly auxiliaryFile: string;
  readonly intent: { readonly code: number; readonly parameters: Vector3; readonly name: string };
  readonly dimInfo: number;
  /** `xyzt_units`: 2 millimetres, plus 8 seconds, … */
  readonly units: number;
  readonly slices: {
    readonly start: number;
    readonly end: number;
    readonly code: number;
    readonly duration: number;
  };
  readonly timeOffset: number;
  /** Display range. */
  readonly calibration: { readonly min: number; readonly max: number };
}

/** What the header of a NIfTI file says. */
export interface NiftiHeader {
  readonly version: 1 | 2;
  readonly littleEndian: boolean;
  readonly datatype: NiftiDatatype;
  /** Sizes as stored, x first; one to seven of them. */
  readonly shape: readonly number[];
  /** `pixdim`, eight numbers as stored. */
  readonly pixdim: readonly number[];
  /** Voxel index (x, y, z) to mm in RAS+: of the sform if it has a code, else of the qform if it has, else the base affine. */
  readonly affine: Affine;
  readonly affineSource: AffineSource;
  /** Millimetres in the unit that the file's affine is stored in: 1000 for metres, 0.001 for microns, else 1. */
  readonly unit: number;
  /** The largest distance in mm between where sform and qform put a corner; null where the file has only one of them. */
  readonly formsDistance: number | null;
  /** The quaternion (b, c, d) and offset as stored. */
  readonly qform: { readonly code: number; readonly quaternion: Vector3; readonly offset: Vector3 };
  /** Three rows of four numbers as stored. */
  readonly sform: { readonly code: number; readonly rows: readonly number[] };
  /** value = slope · stored + inter; 1 and 0 where the header gives none. */
  readonly slope: number;
  readonly inter: number;
  /** Byte of the first voxel in the (inflated) file. */
  readonly dataOffset: number;
  readonly extensions: readonly NiftiExtension[];
  readonly notes: NiftiNotes;
}

/** Bytes of the header proper, by version; an extension flag of 4 bytes follows. */
export const headerBytes: Readonly<Record<1 | 2, number>> = { 1: 348, 2: 540 };

/** No file needs longer extensions than this, in bytes; a header that says so is damaged. */
const longestExtensions = 64 * 2 ** 20;

const magics: Readonly<Record<1 | 2, { at: number; bytes: readonly number[]; pair: readonly number[] }>> = {
  1: { at: 344, bytes: [0x6e, 0x2b, 0x31, 0], pair: [0x6e, 0x69, 0x31, 0] },
  2: {
    at: 4,
    bytes: [0x6e, 0x2b, 0x32, 0, 0x0d, 0x0a, 0x1a, 0x0a],
    pair: [0x6e, 0x69, 0x32, 0, 0x0d, 0x0a, 0x1a, 0x0a],
  },
};

function refuse(name: string, message: string, data: Record<string, string | number> = {}): never {
  throw new SemcrcError('bad-input', `${name}: ${message}`, { data: { file: name, ...data } });
}

/** The version and byte order of a NIfTI file by its first four bytes (the size of its header); with 132, others are named. */
export function recogniseNifti(start: Uint8Array, name: string): { version: 1 | 2; littleEndian: boolean } {
  if (start.length >= 4) {
    const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
    for (const littleEndian of [true, false]) {
      const size = view.getInt32(0, littleEndian);
      if (size === 348) return { version: 1, littleEndian };
      if (size === 540) return { version: 2, littleEndian };
    }
  }
  const other = otherFormat(start, name);
  if (other !== null)
    return refuse(name, `is ${other.format}, expected NIfTI (.nii or .nii.gz); ${other.advice}`);
  const found = [...start.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return refuse(
    name,
    `not a NIfTI file: expected a header size of 348 or 540, found bytes ${found || '(none)'}`,
  );
}

/** A header without its extensions, with what is needed to read them. */
export interface HeaderStart {
  readonly header: NiftiHeader;
  readonly hasExtensions: boolean;
}

/**
 * The header of a NIfTI file from its first bytes, extensions not yet read.
 *
 * @param bytes at least the header proper and the four bytes of the extension flag.
 * @param name for messages.
 * @throws SemcrcError `bad-input` when a field cannot be what it must be.
 */
export function parseHeaderStart(bytes: Uint8Array, name: string): HeaderStart {
  const { version, littleEndian } = recogniseNifti(bytes, name);
  const length = headerBytes[version];
  if (bytes.length < length) {
    refuse(name, `truncated: a NIfTI-${version} header has ${length} bytes, found ${bytes.length}`);
  }
  checkMagic(bytes, version, name);
  // nifti-reader-js gets a copy (Node Buffers share their memory) of the header proper only: given the extensions it
  // would follow negative sizes for ever.
  const raw = new Uint8Array(bytes.subarray(0, length)).buffer;
  const fields = version === 1 ? new NIFTI1() : new NIFTI2();
  fields.readHeader(raw);
  const view = new DataView(raw);

  const datatype =
    datatypeOf(fields.datatypeCode) ??
    refuse(
      name,
      `holds ${datatypeName(fields.datatypeCode)} voxels (data type ${fields.datatypeCode}), expected one real number per voxel (${Object.keys(datatypes).join(', ')})`,
      { datatype: fields.datatypeCode },
    );
  const rank = fields.dims[0];
  if (!(rank >= 1 && rank <= 7)) refuse(name, `expected 1 to 7 dimensions, found ${rank}`);
  const shape = fields.dims.slice(1, rank + 1);
  if (!shape.every((size) => Number.isSafeInteger(size) && size >= 1)) {
    refuse(name, `expected dimensions of at least 1, found ${shape.join(' × ')}`);
  }

  const flagged = length + 4;
  const dataOffset = fields.vox_offset === 0 ? flagged : Math.trunc(fields.vox_offset);
  if (!(dataOffset >= flagged && dataOffset <= flagged + longestExtensions)) {
    refuse(
      name,
      `voxels start at byte ${fields.vox_offset}, expected ${flagged} to ${flagged + longestExtensions}`,
    );
  }
  const { slope, inter } = scaling(fields.scl_slope, fields.scl_inter, name);

  const rowsAt = version === 1 ? 280 : 400;
  const rows = Array.from({ length: 12 }, (_, i) =>
    version === 1
      ? view.getFloat32(rowsAt + 4 * i, littleEndian)
      : view.getFloat64(rowsAt + 8 * i, littleEndian),
  );
  const placed = {
    version,
    shape,
    pixdim: fields.pixDims,
    qform: {
      code: fields.qform_code,
      quaternion: [fields.quatern_b, fields.quatern_c, fields.quatern_d] as const,
      offset: [fields.qoffset_x, fields.qoffset_y, fields.qoffset_z] as const,
    },
    sform: { code: fields.sform_code, rows },
  };
  const header: NiftiHeader = {
    ...placed,
    ...bestAffine({ ...placed, units: fields.xyzt_units }, name),
    littleEndian,
    datatype,
    slope,
    inter,
    dataOffset,
    extensions: [],
    notes: notesOf(fields),
  };
  return {
    header,
    hasExtensions: bytes.length >= flagged && bytes[length] !== 0 && dataOffset >= flagged + 16,
  };
}

/** The header with the extensions found in `bytes`, which reach from the extension flag to the first voxel. */
export function withExtensions(header: NiftiHeader, bytes: Uint8Array, name: string): NiftiHeader {
  const start = headerBytes[header.version] + 4;
  return { ...header, extensions: parseExtensions(bytes, header.littleEndian, start, name) };
}

function checkMagic(bytes: Uint8Array, version: 1 | 2, name: string): void {
  const { at, bytes: single, pair } = magics[version];
  if (single.every((byte, i) => bytes[at + i] === byte)) return;
  if (pair.every((byte, i) => bytes[at + i] === byte)) {
    refuse(name, 'is the header of a .hdr/.img pair; convert it to one .nii or .nii.gz file');
  }
  if (version === 1 && bytes.subarray(at, at + 4).every((byte) => byte === 0)) {
    refuse(
      name,
      'is an ANALYZE 7.5 header, which does not say where the scan lies; convert the .hdr/.img pair to one .nii.gz file',
    );
  }
  const found = JSON.stringify(String.fromCharCode(...bytes.subarray(at, at + single.length)));
  refuse(name, `not a NIfTI-${version} file: expected the magic "n+${version}", found ${found}`);
}

/** A slope of 0 or NaN (nibabel: any that is not finite) means that the stored values are the values. */
function scaling(slope: number, inter: number, name: string): { slope: number; inter: number } {
  if (slope === 0 || !Number.isFinite(slope)) return { slope: 1, inter: 0 };
  if (!Number.isFinite(inter))
    refuse(name, `has the slope ${slope} but an intercept that is not finite (${inter})`);
  return { slope, inter };
}

type Placed = Pick<NiftiHeader, 'version' | 'shape' | 'pixdim' | 'qform' | 'sform'> & {
  /** `xyzt_units`. */
  readonly units: number;
};

/** The affine that nibabel's `get_best_affine` gives once its header checks have mended what they mend. */
function bestAffine(
  placed: Placed,
  name: string,
): Pick<NiftiHeader, 'affine' | 'affineSource' | 'unit' | 'formsDistance'> {
  const { shape, pixdim, qform, sform, units } = placed;
  const spacing = [1, 2, 3].map((i) => (pixdim[i] === 0 ? 1 : Math.abs(pixdim[i]))) as unknown as Vector3;
  let affine: Affine | null;
  let affineSource: AffineSource;
  let formsDistance: number | null = null;
  if (isTransformCode(sform.code)) {
    affineSource = 'sform';
    affine = [...sform.rows, 0, 0, 0, 1];
    const other = isTransformCode(qform.code) ? affineOfQform(placed, spacing) : null;
    const [width, height = 1, slices = 1] = shape;
    if (other !== null) formsDistance = cornerDistance(affine, other, [slices, height, width]);
  } else if (isTransformCode(qform.code)) {
    affineSource = 'qform';
    affine = affineOfQform(placed, spacing);
    if (affine === null) refuse(name, `the qform's quaternion ${qform.quaternion.join(', ')} is no rotation`);
  } else {
    affineSource = 'base';
    const present = (i: number) => i < shape.length;
    affine = baseAffine(
      [0, 1, 2].map((i) => (present(i) ? shape[i] : 1)) as unknown as Vector3,
      [0, 1, 2].map((i) => (present(i) ? spacing[i] : 1)) as unknown as Vector3,
    );
  }
  if (!isInvertible(affine)) {
    refuse(name, `the ${affineSource} affine does not span space: ${affine.slice(0, 12).join(' ')}`);
  }
  const unit = unitOf(units, spacingOf(affine));
  return {
    affine: unit === 1 ? affine : affine.map((value, i) => (i < 12 ? value * unit : value)),
    affineSource,
    unit,
    formsDistance: formsDistance === null ? null : formsDistance * unit,
  };
}

function affineOfQform({ version, pixdim, qform }: Placed, spacing: Vector3): Affine | null {
  const qfac = pixdim[0] === -1 ? -1 : 1;
  const tolerance = 3 * (version === 1 ? 2 ** -23 : 2 ** -52);
  return qformAffine(qform.quaternion, qform.offset, spacing, qfac, tolerance);
}

/**
 * Millimetres in a header's unit of space. Many programs write a unit and mean millimetres: metres and microns are believed
 * where they make voxels of 1 µm to 1 m, which millimetres would not be.
 */
function unitOf(units: number, spacing: Vector3): number {
  const unit = { 1: 1000, 3: 0.001 }[units & 7] ?? 1;
  const sides = spacing.map((side) => side * unit);
  const odd = unit === 1000 ? Math.max(...spacing) > 0.05 : Math.min(...spacing) < 20;
  return unit === 1 || odd || sides.some((side) => side < 1e-3 || side > 1e3) ? 1 : unit;
}

/** Codes the standard knows; any other counts as 0, "not given". */
function isTransformCode(code: number): boolean {
  return code >= 1 && code <= 5;
}

function notesOf(fields: NIFTI1 | NIFTI2): NiftiNotes {
  return {
    description: fields.description,
    auxiliaryFile: fields.aux_file,
    intent: {
      code: fields.intent_code,
      parameters: [fields.intent_p1, fields.intent_p2, fields.intent_p3],
      name: fields.intent_name,
    },
    dimInfo: fields.dim_info,
    units: fields.xyzt_units,
    slices: {
      start: fields.slice_start,
      end: fields.slice_end,
      code: fields.slice_code,
      duration: fields.slice_duration,
    },
    timeOffset: fields.toffset,
    calibration: { min: fields.cal_min, max: fields.cal_max },
  };
}
