import { SemcrcError } from '@semcrc/kernels';
import type { Affine, Shape } from '../grid/affine.ts';
import { spacingOf } from '../grid/affine.ts';
import { datatypes, type NiftiDatatype } from './datatype.ts';
import type { NiftiExtension } from './extension.ts';
import { headerBytes, type NiftiHeader, type NiftiNotes } from './header.ts';

/** How a volume is written. */
export interface NiftiFormat {
  /** How voxels are stored; f32 for images and u8 or u16 (as needed) for labels when left out. */
  readonly datatype?: NiftiDatatype;
  /** value = slope · stored + inter; 1 and 0 when left out. */
  readonly slope?: number;
  readonly inter?: number;
  /**
   * The file whose header is carried on: version, units, description, intent, extensions, and on the same grid qform and
   * sform as they stand there. The display range is not kept, the values being others.
   */
  readonly template?: NiftiHeader;
  /** Up to 79 bytes; the template's when left out. */
  readonly description?: string;
}

/** Everything a header needs to say, worked out. */
export interface EncodedHeader {
  readonly datatype: NiftiDatatype;
  readonly slope: number;
  readonly inter: number;
  /** The file up to its first voxel. */
  readonly bytes: Uint8Array;
}

const noNotes: NiftiNotes = {
  description: '',
  auxiliaryFile: '',
  intent: { code: 0, parameters: [0, 0, 0], name: '' },
  dimInfo: 0,
  units: 2,
  slices: { start: 0, end: 0, code: 0, duration: 0 },
  timeOffset: 0,
  calibration: { min: 0, max: 0 },
};

/** Where the volume stands, in header fields. */
type Placement = Pick<NiftiHeader, 'shape' | 'pixdim' | 'qform' | 'sform'>;

/**
 * The template's own placement when the grid is the template's, to the bit. Otherwise, as nibabel does for a new affine,
 * an sform with code 2 ("aligned") and no qform.
 */
function placementOf(shape: Shape, affine: Affine, template: NiftiHeader | undefined): Placement {
  const [slices, height, width] = shape;
  if (template !== undefined) {
    const [x, y = 1, z = 1, ...rest] = template.shape;
    const sameShape = x === width && y === height && z === slices && rest.every((n) => n === 1);
    const sameAffine = template.affine.every((v, i) => v === affine[i]);
    if (sameShape && sameAffine) return template;
  }
  return {
    shape: [width, height, slices],
    pixdim: [1, ...spacingOf(affine), 1, 1, 1, 1],
    qform: { code: 0, quaternion: [0, 0, 0], offset: [affine[3], affine[7], affine[11]] },
    sform: { code: 2, rows: affine.slice(0, 12) },
  };
}

/** A cursor that writes header fields one behind the other, in the width the version has for them. */
class FieldWriter {
  readonly #view: DataView;
  readonly #wide: boolean;

  constructor(view: DataView, version: 1 | 2) {
    this.#view = view;
    this.#wide = version === 2;
  }

  byte(at: number, value: number): void {
    this.#view.setUint8(at, value);
  }

  short(at: number, value: number): void {
    this.#view.setInt16(at, value, true);
  }

  /** f32 in version 1, f64 in version 2. */
  reals(at: number, ...values: readonly number[]): void {
    values.forEach((value, i) => {
      if (this.#wide) this.#view.setFloat64(at + 8 * i, value, true);
      else this.#view.setFloat32(at + 4 * i, value, true);
    });
  }

  /** i16 in version 1, i64 in version 2. */
  sizes(at: number, ...values: readonly number[]): void {
    values.forEach((value, i) => {
      if (this.#wide) this.#view.setBigInt64(at + 8 * i, BigInt(value), true);
      else this.#view.setInt16(at + 2 * i, value, true);
    });
  }

  /** i16 in version 1, i32 in version 2. */
  code(at: number, value: number): void {
    if (this.#wide) this.#view.setInt32(at, value, true);
    else this.#view.setInt16(at, value, true);
  }

  int(at: number, value: number): void {
    this.#view.setInt32(at, value, true);
  }

  /** Characters up to 255, one byte each (nifti-reader-js reads them so), cut to leave room for a final zero. */
  text(at: number, length: number, value: string): void {
    for (let i = 0; i < Math.min(value.length, length - 1); i++)
      this.byte(at + i, value.charCodeAt(i) & 0xff);
  }
}

/** Fields of a header whose place differs between the versions, by name. */
const places = {
  1: {
    datatype: 70,
    bitpix: 72,
    dim: 40,
    intent: 56,
    intentCode: 68,
    intentName: 328,
    pixdim: 76,
    offset: 108,
  },
  2: {
    datatype: 12,
    bitpix: 14,
    dim: 16,
    intent: 80,
    intentCode: 504,
    intentName: 508,
    pixdim: 104,
    offset: 168,
  },
} as const;

const otherPlaces = {
  1: { slope: 112, duration: 132, timeOffset: 136, sliceStart: 74, sliceEnd: 120, description: 148 },
  2: { slope: 176, duration: 208, timeOffset: 216, sliceStart: 224, sliceEnd: 232, description: 240 },
} as const;

const formPlaces = {
  1: { auxiliary: 228, qformCode: 252, sformCode: 254, quaternion: 256, rows: 280, dimInfo: 39 },
  2: { auxiliary: 320, qformCode: 344, sformCode: 348, quaternion: 352, rows: 400, dimInfo: 524 },
} as const;

/**
 * The file up to its first voxel, little-endian: NIfTI-1, or NIfTI-2 when the template is or a size exceeds 32767.
 *
 * @throws SemcrcError `usage` when the slope is 0 or not finite.
 */
export function encodeHeader(
  shape: Shape,
  affine: Affine,
  datatype: NiftiDatatype,
  { template, slope = 1, inter = 0, description }: NiftiFormat,
): EncodedHeader {
  const placement = placementOf(shape, affine, template);
  const version = template?.version === 2 || placement.shape.some((n) => n > 32767) ? 2 : 1;
  // What the header cannot hold in full is what readers will compute with.
  const [storedSlope, storedInter] =
    version === 1 ? [Math.fround(slope), Math.fround(inter)] : [slope, inter];
  if (storedSlope === 0 || !Number.isFinite(storedSlope) || !Number.isFinite(storedInter)) {
    throw new SemcrcError('usage', `cannot store voxels with slope ${slope} and intercept ${inter}`);
  }
  const notes = template?.notes ?? noNotes;
  // A placement that is worked out here is in mm, whatever the template's is in.
  const other = placement !== template && [1, 3].includes(notes.units & 7);
  const units = other ? (notes.units & ~7) | 2 : notes.units;
  const extensions = (template?.extensions ?? []).map(padExtension);
  const length = headerBytes[version];
  const dataOffset = extensions.reduce((sum, { content }) => sum + 8 + content.length, length + 4);
  const bytes = new Uint8Array(dataOffset);
  const view = new DataView(bytes.buffer);
  const field = new FieldWriter(view, version);
  const at = { ...places[version], ...otherPlaces[version], ...formPlaces[version] };

  field.int(0, length);
  if (version === 1) bytes.set([0x6e, 0x2b, 0x31, 0], 344);
  else bytes.set([0x6e, 0x2b, 0x32, 0, 0x0d, 0x0a, 0x1a, 0x0a], 4);
  field.short(at.datatype, datatypes[datatype].code);
  field.short(at.bitpix, datatypes[datatype].bytes * 8);
  const sizes = placement.shape;
  field.sizes(at.dim, sizes.length, ...sizes, ...new Array<number>(7 - sizes.length).fill(1));
  field.reals(at.pixdim, ...placement.pixdim);
  field.reals(at.offset, dataOffset);
  if (version === 2) view.setBigInt64(at.offset, BigInt(dataOffset), true);
  field.reals(at.slope, storedSlope, storedInter);
  field.code(at.qformCode, placement.qform.code);
  field.code(at.sformCode, placement.sform.code);
  field.reals(at.quaternion, ...placement.qform.quaternion, ...placement.qform.offset);
  field.reals(at.rows, ...placement.sform.rows);

  field.byte(at.dimInfo, notes.dimInfo);
  field.reals(at.intent, ...notes.intent.parameters);
  field.code(at.intentCode, notes.intent.code);
  field.text(at.intentName, 16, notes.intent.name);
  field.reals(at.duration, notes.slices.duration);
  field.reals(at.timeOffset, notes.timeOffset);
  field.sizes(at.sliceStart, notes.slices.start);
  field.sizes(at.sliceEnd, notes.slices.end);
  field.text(at.description, 80, description ?? notes.description);
  field.text(at.auxiliary, 24, notes.auxiliaryFile);
  if (version === 1) {
    field.byte(122, notes.slices.code);
    field.byte(123, units);
  } else {
    field.int(496, notes.slices.code);
    field.int(500, units);
  }

  if (extensions.length > 0) bytes[length] = 1;
  let next = length + 4;
  for (const { code, content } of extensions) {
    field.int(next, 8 + content.length);
    field.int(next + 4, code);
    bytes.set(content, next + 8);
    next += 8 + content.length;
  }
  return { datatype, slope: storedSlope, inter: storedInter, bytes };
}

/** Extensions take a multiple of 16 bytes, size and code included. */
function padExtension({ code, content }: NiftiExtension): NiftiExtension {
  const padded = new Uint8Array(Math.ceil((8 + content.length) / 16) * 16 - 8);
  padded.set(content);
  return { code, content: padded };
}
