import type { EdgeTail, KeptProfile, ResidualCells } from '@semcrc/core';
import { type BlockCounts, dataBytesOf, headBytesOf, packNumbers, pagesOf, writeHead } from './block-head.ts';
import { crc32 } from './crc32.ts';
import { PAGE } from './number-pages.ts';

/** The numbers of a scan: head (counts and what is known of every page), then cells, then the pages. */
export interface ProfileBlock {
  readonly bytes: Uint8Array;
  readonly headBytes: number;
}

const NO_CELLS: ResidualCells = {
  offsets: new Uint32Array(0),
  voxels: new Uint32Array(0),
  residual: new Float32Array(0),
  width: new Float32Array(0),
};

/** A profile as the bytes of a block; see docs/sites.md for their layout. */
export function encodeBlock(
  profile: KeptProfile,
  { crc = crc32 }: { readonly crc?: (bytes: Uint8Array) => number } = {},
): ProfileBlock {
  const { organVoxels, offsets, scores, lengths } = profile;
  const { width, below, above } = lengths;
  const slots = organVoxels.length;
  const belowValues = below.values as Float32Array;
  const aboveValues = above.values as Float32Array;
  const belowTail = below.tail ?? noTail(slots);
  const aboveTail = above.tail ?? noTail(slots);
  const found = profile.cells?.();
  const cells = found && found.voxels.length > 0 ? found : NO_CELLS;
  const counts: BlockCounts = {
    slots,
    scores: scores.length,
    below: belowValues.length,
    above: aboveValues.length,
    belowBins: belowTail.amounts.length,
    aboveBins: aboveTail.amounts.length,
    cells: cells.voxels.length,
  };
  const headBytes = headBytesOf(counts);
  const bytes = new Uint8Array(headBytes + dataBytesOf(counts));
  packNumbers(bytes, headBytes, [
    ...[cells.voxels, cells.residual, cells.width],
    ...[scores, belowValues, aboveValues],
  ]);
  const cellChecksum = crc(bytes.subarray(headBytes, headBytes + 12 * counts.cells));
  writeHead(bytes, counts, cellChecksum, {
    width,
    belowSums: sumsBefore(belowValues),
    aboveSums: sumsBefore(aboveValues),
    belowBinAmounts: belowTail.amounts,
    belowBinSums: belowTail.sums,
    aboveBinAmounts: aboveTail.amounts,
    aboveBinSums: aboveTail.sums,
    organVoxels,
    scoreOffsets: offsets,
    belowBeyond: below.beyond,
    belowOffsets: below.offsets,
    aboveBeyond: above.beyond,
    aboveOffsets: above.offsets,
    belowBinOffsets: belowTail.offsets,
    aboveBinOffsets: aboveTail.offsets,
    cellOffsets: cells.offsets,
    scoreChecksums: checksumsOf(scores, crc),
    belowChecksums: checksumsOf(belowValues, crc),
    aboveChecksums: checksumsOf(aboveValues, crc),
    scoreFirsts: firstsOf(scores),
    belowFirsts: firstsOf(belowValues),
    aboveFirsts: firstsOf(aboveValues),
  });
  return { bytes, headBytes };
}

const noTail = (slots: number): EdgeTail => ({
  offsets: new Uint32Array(slots + 1),
  amounts: new Float64Array(0),
  sums: new Float64Array(0),
});

/** The sum of the numbers before each page, added one after the other. */
function sumsBefore(numbers: Float32Array): Float64Array {
  const sums = new Float64Array(pagesOf(numbers.length));
  let total = 0;
  for (let i = 0; i < numbers.length; i++) {
    if (i % PAGE === 0) sums[i / PAGE] = total;
    total += numbers[i] as number;
  }
  return sums;
}

function firstsOf(numbers: Float32Array): Float32Array {
  return Float32Array.from({ length: pagesOf(numbers.length) }, (_, page) => numbers[page * PAGE] as number);
}

/** The checksum of each page. */
export function checksumsOf(numbers: Float32Array, crc: (bytes: Uint8Array) => number): Uint32Array {
  return Uint32Array.from({ length: pagesOf(numbers.length) }, (_, page) => {
    const own = numbers.subarray(page * PAGE, (page + 1) * PAGE);
    return crc(new Uint8Array(own.buffer, own.byteOffset, own.byteLength));
  });
}
