import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

/** What a test file holds. Everything else is as plain as NIfTI-1 allows: one .nii file, little endian. */
export interface PlainFile {
  /** Voxels along x, y, z. */
  readonly size: readonly [number, number, number];
  /** Volumes along a fourth axis, one behind the other in `values`; none by default. */
  readonly volumes?: number;
  readonly type: 'uint8' | 'int16' | 'uint16' | 'float32';
  readonly values: ArrayLike<number>;
  /** Three rows of the affine; 1.5 mm voxels at the origin by default. */
  readonly affine?: readonly (readonly number[])[];
  /** Text of one extension. */
  readonly extension?: string;
  readonly slope?: number;
}

const TYPES = {
  uint8: { code: 2, array: Uint8Array },
  int16: { code: 4, array: Int16Array },
  uint16: { code: 512, array: Uint16Array },
  float32: { code: 16, array: Float32Array },
} as const;

const PLAIN_AFFINE = [
  [1.5, 0, 0, 0],
  [0, 1.5, 0, 0],
  [0, 0, 1.5, 0],
];

/** The bytes of a NIfTI-1 file, written from the format's description and by no code under test. */
export function niftiBytes({ size, volumes, type, values, affine, extension, slope = 1 }: PlainFile): Buffer {
  const { code, array } = TYPES[type];
  const content = extension === undefined ? 0 : Math.ceil((extension.length + 8) / 16) * 16;
  const header = Buffer.alloc(352 + content);
  header.writeInt32LE(348, 0);
  for (const [index, length] of [volumes ? 4 : 3, ...size, volumes ?? 1, 1, 1, 1].entries())
    header.writeInt16LE(length, 40 + 2 * index);
  header.writeInt16LE(code, 70);
  header.writeInt16LE(8 * array.BYTES_PER_ELEMENT, 72);
  for (const [index, distance] of [1, 1.5, 1.5, 1.5].entries()) header.writeFloatLE(distance, 76 + 4 * index);
  header.writeFloatLE(header.length, 108);
  header.writeFloatLE(slope, 112);
  header.writeInt16LE(1, 254);
  const rows = (affine ?? PLAIN_AFFINE).flat();
  for (const [index, entry] of rows.entries()) header.writeFloatLE(entry, 280 + 4 * index);
  header.write('n+1\0', 344, 'latin1');
  if (extension !== undefined) {
    header[348] = 1;
    header.writeInt32LE(content, 352);
    header.write(extension, 360, 'latin1');
  }
  const voxels = array.from(values as number[]);
  return Buffer.concat([header, Buffer.from(voxels.buffer)]);
}

/** Writes a NIfTI-1 file; compressed when the path ends in .gz. */
export function writeNifti(path: string, file: PlainFile): void {
  const bytes = niftiBytes(file);
  writeFileSync(path, path.endsWith('.gz') ? gzipSync(bytes) : bytes);
}
