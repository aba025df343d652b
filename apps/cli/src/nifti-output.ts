import { gzipSync } from 'node:zlib';
import { writeOutputFile } from './output-file.ts';

/** NIfTI-1 data type code and bits per voxel. */
const DATA_TYPES = { Uint8Array: [2, 8], Uint16Array: [512, 16], Float32Array: [16, 32] } as const;

const HEADER_BYTES = 352;

/**
 * Writes voxels as a gzipped NIfTI-1 file with an identity affine in RAS order.
 *
 * @param sizes x first; two for a plane, three for a volume
 */
export function writeNiftiFile(
  path: string,
  voxels: Uint8Array | Uint16Array | Float32Array,
  sizes: readonly number[],
): void {
  const [code, bits] = DATA_TYPES[voxels.constructor.name as keyof typeof DATA_TYPES];
  const header = new DataView(new ArrayBuffer(HEADER_BYTES));
  header.setInt32(0, 348, true);
  header.setInt16(40, sizes.length, true);
  for (let axis = 0; axis < 7; axis++) header.setInt16(42 + 2 * axis, sizes[axis] ?? 1, true);
  header.setInt16(70, code, true);
  header.setInt16(72, bits, true);
  for (let axis = 0; axis < 8; axis++) header.setFloat32(76 + 4 * axis, 1, true);
  header.setFloat32(108, HEADER_BYTES, true);
  header.setFloat32(112, 1, true);
  header.setUint8(123, 2);
  header.setInt16(254, 2, true);
  for (let row = 0; row < 3; row++) header.setFloat32(280 + 20 * row, 1, true);
  for (const [at, letter] of [...'n+1'].entries()) header.setUint8(344 + at, letter.charCodeAt(0));
  const bytes = new Uint8Array(voxels.buffer, voxels.byteOffset, voxels.byteLength);
  writeOutputFile(path, gzipSync(Buffer.concat([new Uint8Array(header.buffer), bytes])));
}
