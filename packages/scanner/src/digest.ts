import { createHash } from 'node:crypto';
import type { Volume } from '@semcrc/imaging';

/** SHA-256 of plain data. */
export function digestOf(facts: unknown): string {
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex');
}

/** SHA-256 of a volume: its shape, its affine and the bits of its voxels. */
export function volumeDigest({ data, shape, affine }: Volume): string {
  return createHash('sha256')
    .update(JSON.stringify([shape, affine]))
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest('hex');
}
