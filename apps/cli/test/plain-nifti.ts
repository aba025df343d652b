import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** A volume in closest canonical orientation (RAS), x fastest. Nothing here is shared with semcrc: this is the witness. */
export interface PlainVolume {
  readonly shape: readonly [slices: number, height: number, width: number];
  readonly values: Float32Array;
}

/** Reads a little-endian, single-file NIfTI-1 volume of u8, i16 or f32, with an sform. */
export function readPlainNifti(path: string): PlainVolume {
  const raw = readFileSync(path);
  const bytes = path.endsWith('.gz') ? gunzipSync(raw) : raw;
  if (bytes.readInt32LE(0) !== 348) throw new Error(`${path} is not little-endian NIfTI-1`);
  const size = [1, 2, 3].map((axis) => bytes.readInt16LE(40 + 2 * axis));
  const datatype = bytes.readInt16LE(70);
  const slope = bytes.readFloatLE(112);
  const inter = bytes.readFloatLE(116);
  const scaled = Number.isFinite(slope) && slope !== 0;
  const offset = bytes.readFloatLE(108);
  const affine = [280, 296, 312].map((row) => [0, 1, 2].map((column) => bytes.readFloatLE(row + 4 * column)));
  const element = (index: number): number => {
    if (datatype === 2) return bytes.readUInt8(offset + index);
    if (datatype === 4) return bytes.readInt16LE(offset + 2 * index);
    if (datatype === 16) return bytes.readFloatLE(offset + 4 * index);
    throw new Error(`${path}: data type ${datatype} is not for this reader`);
  };

  // Which file axis runs along each world axis, and whether against it; an axis-aligned sform is enough here.
  const axisOf = affine.map((row) => {
    const strengths = row.map(Math.abs);
    return strengths.indexOf(Math.max(...strengths));
  });
  const backwards = axisOf.map((axis, world) => affine[world]![axis]! < 0);
  const strides = [1, size[0]!, size[0]! * size[1]!];
  const [width, height, slices] = axisOf.map((axis) => size[axis]!) as [number, number, number];
  const step = axisOf.map((axis, world) => (backwards[world] ? -strides[axis]! : strides[axis]!));
  const origin = axisOf.reduce(
    (sum, axis, world) => sum + (backwards[world] ? (size[axis]! - 1) * strides[axis]! : 0),
    0,
  );
  const values = new Float32Array(width * height * slices);
  let next = 0;
  for (let z = 0; z < slices; z++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const value = element(origin + x * step[0]! + y * step[1]! + z * step[2]!);
        values[next++] = scaled ? value * slope + inter : value;
      }
    }
  }
  return { shape: [slices, height, width], values };
}
