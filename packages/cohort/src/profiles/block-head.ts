import { aligned, alignedBytes } from './bytes.ts';
import { PAGE } from './number-pages.ts';

/** How many of what a block holds; in the order of its prelude. */
export interface BlockCounts {
  /** Organ slots: the largest label id + 1. */
  readonly slots: number;
  readonly scores: number;
  /** Distances of edges below and above that are kept one by one. */
  readonly below: number;
  readonly above: number;
  /** Bins of the distances beyond those. */
  readonly belowBins: number;
  readonly aboveBins: number;
  readonly cells: number;
}

/** The arrays of a head, in the order they stand: the widest numbers first, so that each begins where it may. */
export interface HeadArrays {
  readonly width: Float64Array;
  readonly belowSums: Float64Array;
  readonly aboveSums: Float64Array;
  readonly belowBinAmounts: Float64Array;
  readonly belowBinSums: Float64Array;
  readonly aboveBinAmounts: Float64Array;
  readonly aboveBinSums: Float64Array;
  readonly organVoxels: Uint32Array;
  readonly scoreOffsets: Uint32Array;
  readonly belowBeyond: Uint32Array;
  readonly belowOffsets: Uint32Array;
  readonly aboveBeyond: Uint32Array;
  readonly aboveOffsets: Uint32Array;
  readonly belowBinOffsets: Uint32Array;
  readonly aboveBinOffsets: Uint32Array;
  readonly cellOffsets: Uint32Array;
  readonly scoreChecksums: Uint32Array;
  readonly belowChecksums: Uint32Array;
  readonly aboveChecksums: Uint32Array;
  readonly scoreFirsts: Float32Array;
  readonly belowFirsts: Float32Array;
  readonly aboveFirsts: Float32Array;
}

type Numbers = Float64Array | Uint32Array | Float32Array;
interface NumbersOf {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, offset: number, length: number): Numbers;
}

/** Numbers of a block's prelude, each u32: the counts, then the checksum of its cells. */
const PRELUDE = 8;
export const PRELUDE_BYTES = 4 * PRELUDE;

/** Pages that some numbers take. */
export const pagesOf = (numbers: number): number => Math.ceil(numbers / PAGE);

/** Name, type and length of every array of a head, in the order they stand. */
function layoutOf(counts: BlockCounts): readonly (readonly [keyof HeadArrays, NumbersOf, number])[] {
  const { slots, scores, below, above, belowBins, aboveBins, cells } = counts;
  return [
    ['width', Float64Array, slots],
    ['belowSums', Float64Array, pagesOf(below)],
    ['aboveSums', Float64Array, pagesOf(above)],
    ['belowBinAmounts', Float64Array, belowBins],
    ['belowBinSums', Float64Array, belowBins],
    ['aboveBinAmounts', Float64Array, aboveBins],
    ['aboveBinSums', Float64Array, aboveBins],
    ['organVoxels', Uint32Array, slots],
    ['scoreOffsets', Uint32Array, 2 * slots + 1],
    ['belowBeyond', Uint32Array, slots],
    ['belowOffsets', Uint32Array, slots + 1],
    ['aboveBeyond', Uint32Array, slots],
    ['aboveOffsets', Uint32Array, slots + 1],
    ['belowBinOffsets', Uint32Array, slots + 1],
    ['aboveBinOffsets', Uint32Array, slots + 1],
    ['cellOffsets', Uint32Array, cells === 0 ? 0 : 2 * slots + 1],
    ['scoreChecksums', Uint32Array, pagesOf(scores)],
    ['belowChecksums', Uint32Array, pagesOf(below)],
    ['aboveChecksums', Uint32Array, pagesOf(above)],
    ['scoreFirsts', Float32Array, pagesOf(scores)],
    ['belowFirsts', Float32Array, pagesOf(below)],
    ['aboveFirsts', Float32Array, pagesOf(above)],
  ];
}

/** Length of a head in bytes. */
export function headBytesOf(counts: BlockCounts): number {
  const bytes = layoutOf(counts).map(([, type, length]) => type.BYTES_PER_ELEMENT * length);
  return aligned(bytes.reduce((sum, own) => sum + own, PRELUDE_BYTES));
}

/** Length in bytes of what follows the head: cells, scores, distances below and above. */
export const dataBytesOf = ({ cells, scores, below, above }: BlockCounts): number =>
  aligned(4 * (3 * cells + scores + below + above));

/** Writes a head to the start of a block. */
export function writeHead(
  block: Uint8Array,
  counts: BlockCounts,
  cellChecksum: number,
  arrays: HeadArrays,
): void {
  const { slots, scores, below, above, belowBins, aboveBins, cells } = counts;
  const prelude = Uint32Array.of(slots, scores, below, above, belowBins, aboveBins, cells, cellChecksum);
  packNumbers(block, 0, [prelude, ...layoutOf(counts).map(([name]) => arrays[name])]);
}

/** The counts that a block begins with, and the checksum of its cells. */
export function readPrelude(head: Uint8Array): { counts: BlockCounts; cellChecksum: number } {
  const { buffer, byteOffset } = alignedBytes(head);
  const [slots, scores, below, above, belowBins, aboveBins, cells, cellChecksum] = new Uint32Array(
    buffer,
    byteOffset,
    PRELUDE,
  ) as unknown as [number, number, number, number, number, number, number, number];
  return { counts: { slots, scores, below, above, belowBins, aboveBins, cells }, cellChecksum };
}

/** The arrays of a head that is as long as its counts want it. */
export function readHead(head: Uint8Array, counts: BlockCounts): HeadArrays {
  const { buffer, byteOffset } = alignedBytes(head);
  let at = byteOffset + PRELUDE_BYTES;
  const arrays = layoutOf(counts).map(([name, type, length]) => {
    const array = new type(buffer, at, length);
    at += array.byteLength;
    return [name, array];
  });
  return Object.fromEntries(arrays);
}

/** Writes arrays one after the other. */
export function packNumbers(bytes: Uint8Array, offset: number, arrays: readonly Numbers[]): void {
  let at = offset;
  for (const { buffer, byteOffset, byteLength } of arrays) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += byteLength;
  }
}
