import {
  type EdgeSums,
  type LengthProfile,
  type Profile,
  type ProfiledScan,
  type ResidualCells,
  withSums,
} from '@semcrc/core';
import {
  type BlockCounts,
  dataBytesOf,
  type HeadArrays,
  headBytesOf,
  PRELUDE_BYTES,
  readHead,
  readPrelude,
} from './block-head.ts';
import { checksumsOf } from './block-writing.ts';
import { alignedBytes, type ByteSource, damaged, readChecked, readCheckedNow, refuse } from './bytes.ts';
import { crc32 } from './crc32.ts';
import { checkNumbers, type FilePages, NumberPages, type PageIndex } from './number-pages.ts';

/** The numbers of a scan, of which pages are read where they are looked at, or all at once where that cannot be. */
export async function readBlock(
  source: ByteSource,
  { scan, patient, shape, bytes, head }: ProfiledScan,
  offset: number,
  options: { readonly slots: number; readonly reach: number; readonly pages: FilePages },
): Promise<Profile & { readonly lengths: LengthProfile }> {
  const what = `scan ${scan}`;
  const wrong = (problem: string): never => refuse(source.name, `${what}: ${problem}`);
  if (head.bytes < PRELUDE_BYTES || head.bytes > bytes) wrong(`a head of ${head.bytes} bytes cannot be`);
  const raw = await readChecked(source, offset, head.bytes, head.checksum, what);
  const { counts, cellChecksum } = readPrelude(raw);
  const { slots } = counts;
  if (slots !== options.slots) wrong(`expected ${options.slots} organs, found ${slots}`);
  const headBytes = headBytesOf(counts);
  if (headBytes !== head.bytes) wrong(`expected a head of ${headBytes} bytes, found ${head.bytes}`);
  const expected = headBytes + dataBytesOf(counts);
  if (expected !== bytes) wrong(`expected ${expected} bytes, found ${bytes}`);
  const arrays = readHead(raw, counts);
  checkHead(arrays, counts, shape, wrong);

  const numbers = (at: number, name: string, index: PageIndex) =>
    source.readNow
      ? new NumberPages(source, at, index, options.pages, `the ${name} of ${what}`)
      : readWhole(source, at, index, `the ${name} of ${what}`);
  const edges = async (side: 'below' | 'above', at: number): Promise<EdgeSums> => {
    const own = { beyond: arrays[`${side}Beyond`], offsets: arrays[`${side}Offsets`] };
    const tail = {
      offsets: arrays[`${side}BinOffsets`],
      amounts: arrays[`${side}BinAmounts`],
      sums: arrays[`${side}BinSums`],
    };
    const values = await numbers(at, `distances ${side}`, {
      length: counts[side],
      firsts: arrays[`${side}Firsts`],
      sums: arrays[`${side}Sums`],
      checksums: arrays[`${side}Checksums`],
    });
    return values instanceof Float32Array
      ? withSums({ ...own, values }, tail)
      : { ...own, values, sums: new Float64Array(0), tail };
  };

  const cellsAt = offset + headBytes;
  const scoresAt = cellsAt + 12 * counts.cells;
  const belowAt = scoresAt + 4 * counts.scores;
  const aboveAt = belowAt + 4 * counts.below;
  const cells = await cellsOf(
    source,
    cellsAt,
    counts,
    cellChecksum,
    arrays.cellOffsets,
    `the cells of ${what}`,
  );
  return {
    scan,
    patient,
    shape,
    dimension: voxelsOf(arrays),
    sides: 2,
    regionCount: slots,
    organVoxels: arrays.organVoxels,
    offsets: arrays.scoreOffsets,
    scores: await numbers(scoresAt, 'scores', {
      length: counts.scores,
      firsts: arrays.scoreFirsts,
      sums: undefined,
      checksums: arrays.scoreChecksums,
    }),
    merged: null,
    lengths: {
      width: arrays.width,
      reach: options.reach,
      below: await edges('below', belowAt),
      above: await edges('above', aboveAt),
    },
    cells: options.reach === 0 ? null : cells,
  };
}

const voxelsOf = ({ organVoxels }: HeadArrays): number =>
  organVoxels.reduce((sum, voxels) => sum + voxels, 0);

/** Refuses a head whose arrays contradict each other, or the scan's shape. */
function checkHead(
  arrays: HeadArrays,
  { slots, scores, below, above, belowBins, aboveBins, cells }: BlockCounts,
  shape: ProfiledScan['shape'],
  wrong: (problem: string) => never,
): void {
  const lists: (readonly [Uint32Array, number, string])[] = [
    [arrays.scoreOffsets, scores, 'scores'],
    [arrays.belowOffsets, below, 'distances below'],
    [arrays.aboveOffsets, above, 'distances above'],
    [arrays.belowBinOffsets, belowBins, 'bins below'],
    [arrays.aboveBinOffsets, aboveBins, 'bins above'],
  ];
  if (cells > 0) lists.push([arrays.cellOffsets, cells, 'cells']);
  for (const [borders, count, name] of lists) {
    if (!ascendsTo(borders, count)) wrong(`the lists of its ${name} do not fit`);
  }
  const voxels = voxelsOf(arrays);
  if (voxels !== shape[0] * shape[1] * shape[2]) {
    wrong(`expected ${shape.join(' × ')} voxels, found ${voxels}`);
  }
  const positives = (organ: number): number =>
    [organ, slots + organ].reduce((sum, list) => sum + lengthOf(arrays.scoreOffsets, list), 0);
  if (arrays.organVoxels.some((voxels, organ) => positives(organ) > voxels)) {
    wrong('an organ has more scores than voxels');
  }
}

const lengthOf = (borders: Uint32Array, list: number): number =>
  (borders[list + 1] as number) - (borders[list] as number);

function ascendsTo(borders: Uint32Array, end: number): boolean {
  if (borders[0] !== 0 || borders[borders.length - 1] !== end) return false;
  return borders.every((border, at) => at === 0 || border >= (borders[at - 1] as number));
}

/** Cells, read when they are asked for where that can be. */
async function cellsOf(
  source: ByteSource,
  at: number,
  { slots, cells: count }: BlockCounts,
  checksum: number,
  offsets: Uint32Array,
  what: string,
): Promise<() => ResidualCells> {
  const decode = (bytes: Uint8Array): ResidualCells => {
    const { buffer, byteOffset } = alignedBytes(bytes);
    return {
      offsets: count === 0 ? new Uint32Array(2 * slots + 1) : offsets,
      voxels: new Uint32Array(buffer, byteOffset, count),
      residual: new Float32Array(buffer, byteOffset + 4 * count, count),
      width: new Float32Array(buffer, byteOffset + 8 * count, count),
    };
  };
  if (source.readNow) return () => decode(readCheckedNow(source, at, 12 * count, checksum, what));
  const cells = decode(await readChecked(source, at, 12 * count, checksum, what));
  return () => cells;
}

/** All pages of some numbers. */
async function readWhole(
  source: ByteSource,
  at: number,
  { length, checksums }: PageIndex,
  what: string,
): Promise<Float32Array> {
  if (length === 0) return new Float32Array(0);
  const { buffer, byteOffset } = alignedBytes(await source.read(at, 4 * length));
  const numbers = new Float32Array(buffer, byteOffset, length);
  const found = checksumsOf(numbers, source.crc32 ?? crc32);
  const wrong = found.findIndex((checksum, page) => checksum !== checksums[page]);
  if (wrong >= 0) refuse(source.name, damaged(`page ${wrong + 1} of ${what}`));
  checkNumbers(numbers, source.name, what);
  return numbers;
}
