import { SemcrcError } from '@semcrc/kernels';
import { storedArrays } from './datatype.ts';
import type { EncodedHeader } from './encode-header.ts';

const ranges: Readonly<Record<string, readonly [number, number]>> = {
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65535],
  int16: [-32768, 32767],
  uint32: [0, 2 ** 32 - 1],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  // The largest f64 below 2⁶³ and 2⁶⁴.
  uint64: [0, 2 ** 64 - 2048],
  int64: [-(2 ** 63), 2 ** 63 - 1024],
};

/** Halves to even, as numpy rounds. */
function rint(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/**
 * Values to stored bytes, little-endian: (v − inter)/slope in f64, rounded to the nearest integer (halves to even) for
 * integer types.
 *
 * @param first index of the first voxel in the volume, for messages.
 * @throws SemcrcError `usage` at the first value that the data type cannot hold, NaN in an integer type included.
 */
export function encodeVoxels(
  { datatype, slope, inter }: EncodedHeader,
  data: Float32Array | Uint16Array | Uint8Array,
  first: number,
): Uint8Array {
  const plain = slope === 1 && inter === 0;
  const count = data.length;
  if (datatype === 'float32' || datatype === 'float64') {
    const out = datatype === 'float32' ? new Float32Array(count) : new Float64Array(count);
    if (plain) out.set(data);
    else for (let j = 0; j < count; j++) out[j] = (data[j] - inter) / slope;
    return new Uint8Array(out.buffer);
  }
  const [lo, hi] = ranges[datatype];
  const wide = datatype === 'uint64' || datatype === 'int64';
  // Wider integers go by f64: their own arrays hold BigInt.
  const out = wide ? new Float64Array(count) : new storedArrays[datatype](count);
  for (let j = 0; j < count; j++) {
    const stored = rint((data[j] - inter) / slope);
    if (!(stored >= lo && stored <= hi)) {
      throw new SemcrcError(
        'usage',
        `voxel ${first + j} is ${data[j]}, which ${datatype} with slope ${slope} and intercept ${inter} cannot hold (${lo * slope + inter} to ${hi * slope + inter})`,
        { data: { index: first + j, value: String(data[j]) } },
      );
    }
    out[j] = stored;
  }
  if (!wide) return new Uint8Array(out.buffer);
  const big = datatype === 'uint64' ? BigUint64Array : BigInt64Array;
  return new Uint8Array(big.from(Array.from(out, BigInt)).buffer);
}
