import {
  type EdgeSums,
  type EdgeTail,
  type KeptProfile,
  type LengthProfile,
  type Profile,
  type ProfiledScan,
  type ResidualCells,
  withSums,
} from '@semcrc/core';
import {
  aligned,
  alignedBytes,
  type ByteSource,
  damaged,
  readChecked,
  readCheckedNow,
  refuse,
} from './bytes.ts';
import { crc32 } from './crc32.ts';
import { checkNumbers, type FilePages, NumberPages, PAGE, type PageIndex } from './number-pages.ts';

/** The numbers of a scan: head (counts and what is known of every page), then cells, then the pages. */
export interface ProfileBlock {
  readonly bytes: Uint8Array;
  readonly headBytes: number;
}

/** Numbers at the start of a head, each u32. */
const PRELUDE = 8;

/** How many of what a block holds; in the order of its prelude. */
interface Counts {
  readonly slots: number;
  readonly scores: number;
  readonly below: number;
  readonly above: number;
  readonly belowBins: number;
  readonly aboveBins: number;
  readonly cells: number;
}

const pagesOf = (numbers: number): number => Math.ceil(numbers / PAGE);

/** Length in numbers of the arrays of a head, by width, in the order they stand. */
function layoutOf({ slots, scores, below, above, belowBins, aboveBins, cells }: Counts) {
  const [scorePages, belowPages, abovePages] = [scores, below, above].map(pagesOf) as [
    number,
    number,
    number,
  ];
  return {
    f64: [slots, belowPages, abovePages, belowBins, belowBins, aboveBins, aboveBins],
    u32: [
      ...[slots, 2 * slots + 1, slots, slots + 1, slots, slots + 1, slots + 1, slots + 1],
      ...[cells === 0 ? 0 : 2 * slots + 1, scorePages, belowPages, abovePages],
    ],
    f32: [scorePages, belowPages, abovePages],
  };
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

function headBytesOf(counts: Counts): number {
  const { f64, u32, f32 } = layoutOf(counts);
  return aligned(4 * PRELUDE + 8 * sum(f64) + 4 * (sum(u32) + sum(f32)));
}

const dataBytesOf = ({ cells, scores, below, above }: Counts): number =>
  aligned(4 * (3 * cells + scores + below + above));

/** Writes arrays one after the other. */
class Packer {
  readonly bytes: Uint8Array;
  #at = 0;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
  }

  add(array: Float64Array | Float32Array | Uint32Array): void {
    this.bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), this.#at);
    this.#at += array.byteLength;
  }
}

/** A profile as the bytes of a block; see docs/sites.md for their layout. */
export function encodeBlock(
  profile: KeptProfile,
  { crc = crc32 }: { readonly crc?: (bytes: Uint8Array) => number } = {},
): ProfileBlock {
  const { organVoxels, offsets, scores, lengths } = profile;
  const cells = profile.cells?.() ?? null;
  const { width, below, above } = lengths;
  const [belowValues, aboveValues] = [below, above].map(({ values }) => values as Float32Array) as [
    Float32Array,
    Float32Array,
  ];
  const tails = [below, above].map(({ tail }) => tail ?? NO_TAIL(organVoxels.length)) as [EdgeTail, EdgeTail];
  const counts: Counts = {
    slots: organVoxels.length,
    scores: scores.length,
    below: belowValues.length,
    above: aboveValues.length,
    belowBins: tails[0].amounts.length,
    aboveBins: tails[1].amounts.length,
    cells: cells?.voxels.length ?? 0,
  };
  const own = counts.cells > 0 ? (cells as ResidualCells) : NO_CELLS;
  const data = new Packer(dataBytesOf(counts));
  for (const array of [own.voxels, own.residual, own.width, scores, belowValues, aboveValues])
    data.add(array);
  const cellChecksum = crc(data.bytes.subarray(0, 12 * counts.cells));
  const headBytes = headBytesOf(counts);
  const head = new Packer(headBytes);
  const { slots, belowBins, aboveBins } = counts;
  head.add(
    Uint32Array.of(
      ...[slots, counts.scores, counts.below, counts.above],
      ...[belowBins, aboveBins, counts.cells, cellChecksum],
    ),
  );
  for (const array of [width, sumsBefore(belowValues), sumsBefore(aboveValues)]) head.add(array);
  for (const { amounts, sums } of tails) {
    head.add(amounts);
    head.add(sums);
  }
  for (const array of [organVoxels, offsets, below.beyond, below.offsets, above.beyond, above.offsets]) {
    head.add(array);
  }
  for (const tail of tails) head.add(tail.offsets);
  head.add(own.offsets);
  for (const numbers of [scores, belowValues, aboveValues]) head.add(checksumsOf(numbers, crc));
  for (const numbers of [scores, belowValues, aboveValues]) head.add(firstsOf(numbers));
  const bytes = new Uint8Array(headBytes + data.bytes.length);
  bytes.set(head.bytes);
  bytes.set(data.bytes, headBytes);
  return { bytes, headBytes };
}

const NO_TAIL = (slots: number): EdgeTail => ({
  offsets: new Uint32Array(slots + 1),
  amounts: new Float64Array(0),
  sums: new Float64Array(0),
});
const NO_CELLS: ResidualCells = {
  offsets: new Uint32Array(0),
  voxels: new Uint32Array(0),
  residual: new Float32Array(0),
  width: new Float32Array(0),
};

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

function checksumsOf(numbers: Float32Array, crc: (bytes: Uint8Array) => number): Uint32Array {
  return Uint32Array.from({ length: pagesOf(numbers.length) }, (_, page) => {
    const own = numbers.subarray(page * PAGE, (page + 1) * PAGE);
    return crc(new Uint8Array(own.buffer, own.byteOffset, own.byteLength));
  });
}

/** Takes arrays one after the other. */
class Unpacker {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = alignedBytes(bytes);
    this.#at = at;
  }

  f64(length: number): Float64Array {
    return this.#take(Float64Array, length);
  }

  f32(length: number): Float32Array {
    return this.#take(Float32Array, length);
  }

  u32(length: number): Uint32Array {
    return this.#take(Uint32Array, length);
  }

  #take<T extends Float64Array | Float32Array | Uint32Array>(
    type: { new (buffer: ArrayBufferLike, offset: number, length: number): T; BYTES_PER_ELEMENT: number },
    length: number,
  ): T {
    const { buffer, byteOffset } = this.#bytes;
    const array = new type(buffer, byteOffset + this.#at, length);
    this.#at += length * type.BYTES_PER_ELEMENT;
    return array;
  }
}

/** The numbers of a scan, of which pages are read where they are looked at, or all at once where that cannot be. */
export async function readBlock(
  source: ByteSource,
  { scan, patient, shape, bytes, head }: ProfiledScan,
  offset: number,
  options: { readonly slots: number; readonly reach: number; readonly pages: FilePages },
): Promise<Profile & { readonly lengths: LengthProfile }> {
  const what = `scan ${scan}`;
  const wrong = (problem: string): never => refuse(source.name, `${what}: ${problem}`);
  if (head.bytes < 4 * PRELUDE || head.bytes > bytes) wrong(`a head of ${head.bytes} bytes cannot be`);
  const raw = await readChecked(source, offset, head.bytes, head.checksum, what);
  const prelude = new Unpacker(raw, 0).u32(PRELUDE);
  const [slots, scoreCount, belowCount, aboveCount, belowBins, aboveBins, cellCount, cellChecksum] =
    Array.from(prelude) as [number, number, number, number, number, number, number, number];
  const counts: Counts = {
    ...{ slots, scores: scoreCount, below: belowCount, above: aboveCount },
    ...{ belowBins, aboveBins, cells: cellCount },
  };
  if (slots !== options.slots) wrong(`expected ${options.slots} organs, found ${slots}`);
  const expected = headBytesOf(counts);
  if (expected !== head.bytes) wrong(`expected a head of ${expected} bytes, found ${head.bytes}`);
  if (expected + dataBytesOf(counts) !== bytes) {
    wrong(`expected ${expected + dataBytesOf(counts)} bytes, found ${bytes}`);
  }
  const layout = layoutOf(counts);
  const take = new Unpacker(raw, 4 * PRELUDE);
  const f64 = layout.f64.map((length) => take.f64(length));
  const u32 = layout.u32.map((length) => take.u32(length));
  const f32 = layout.f32.map((length) => take.f32(length));
  const [width, belowSums, aboveSums, belowAmounts, belowTail, aboveAmounts, aboveTail] = f64 as Seven;
  const organVoxels = u32[0] as Uint32Array;
  const offsets = u32[1] as Uint32Array;
  const dimension = sum(Array.from(organVoxels));
  const lists: readonly [Uint32Array, number, string][] = [
    [offsets, scoreCount, 'scores'],
    [u32[3] as Uint32Array, belowCount, 'distances below'],
    [u32[5] as Uint32Array, aboveCount, 'distances above'],
    [u32[6] as Uint32Array, belowBins, 'bins below'],
    [u32[7] as Uint32Array, aboveBins, 'bins above'],
    ...(cellCount === 0
      ? []
      : [[u32[8] as Uint32Array, cellCount, 'cells'] as [Uint32Array, number, string]]),
  ];
  for (const [borders, count, name] of lists) {
    if (!ascendsTo(borders, count)) wrong(`the lists of its ${name} do not fit`);
  }
  if (dimension !== shape[0] * shape[1] * shape[2]) {
    wrong(`expected ${shape.join(' × ')} voxels, found ${dimension}`);
  }
  if (organVoxels.some((voxels, organ) => positives(offsets, slots, organ) > voxels)) {
    wrong('an organ has more scores than voxels');
  }

  const data = offset + head.bytes;
  const start = { cells: data, scores: data + 12 * cellCount, below: 0, above: 0 };
  start.below = start.scores + 4 * scoreCount;
  start.above = start.below + 4 * belowCount;
  const indexOf = (at: 0 | 1 | 2, length: number, sums?: Float64Array): PageIndex => ({
    length,
    firsts: f32[at] as Float32Array,
    sums,
    checksums: u32[9 + at] as Uint32Array,
  });
  const numbers = (at: number, index: PageIndex, name: string) =>
    source.readNow
      ? new NumberPages(source, at, index, options.pages, `the ${name} of ${what}`)
      : readWhole(source, at, index, `the ${name} of ${what}`);
  const edges = async (
    at: number,
    index: PageIndex,
    [beyond, borders, tailOffsets]: readonly [Uint32Array, Uint32Array, Uint32Array],
    [amounts, sums]: readonly [Float64Array, Float64Array],
    name: string,
  ): Promise<EdgeSums> => {
    const values = await numbers(at, index, name);
    const tail = { offsets: tailOffsets, amounts, sums };
    const own = { beyond, offsets: borders };
    return values instanceof Float32Array
      ? withSums({ ...own, values }, tail)
      : { ...own, values, sums: new Float64Array(0), tail };
  };
  const cells = await cellsOf(
    source,
    start.cells,
    cellCount,
    cellChecksum,
    (bytes) => {
      const from = new Unpacker(bytes, 0);
      return {
        offsets: cellCount === 0 ? new Uint32Array(2 * slots + 1) : (u32[8] as Uint32Array),
        ...{ voxels: from.u32(cellCount), residual: from.f32(cellCount), width: from.f32(cellCount) },
      };
    },
    `the cells of ${what}`,
  );
  return {
    scan,
    patient,
    shape,
    dimension,
    sides: 2,
    regionCount: slots,
    organVoxels,
    offsets,
    scores: await numbers(start.scores, indexOf(0, scoreCount), 'scores'),
    merged: null,
    lengths: {
      width,
      reach: options.reach,
      below: await edges(
        start.below,
        indexOf(1, belowCount, belowSums),
        [u32[2] as Uint32Array, u32[3] as Uint32Array, u32[6] as Uint32Array],
        [belowAmounts, belowTail],
        'distances below',
      ),
      above: await edges(
        start.above,
        indexOf(2, aboveCount, aboveSums),
        [u32[4] as Uint32Array, u32[5] as Uint32Array, u32[7] as Uint32Array],
        [aboveAmounts, aboveTail],
        'distances above',
      ),
    },
    cells: options.reach === 0 ? null : cells,
  };
}

type Seven = [
  ...[Float64Array, Float64Array, Float64Array],
  ...[Float64Array, Float64Array, Float64Array, Float64Array],
];

const positives = (offsets: Uint32Array, slots: number, organ: number): number =>
  [organ, slots + organ].reduce(
    (total, list) => total + (offsets[list + 1] as number) - (offsets[list] as number),
    0,
  );

function ascendsTo(borders: Uint32Array, end: number): boolean {
  if (borders[0] !== 0 || borders[borders.length - 1] !== end) return false;
  return borders.every((border, at) => at === 0 || border >= (borders[at - 1] as number));
}

/** Cells, read when they are asked for where that can be. */
async function cellsOf(
  source: ByteSource,
  at: number,
  count: number,
  checksum: number,
  decode: (bytes: Uint8Array) => ResidualCells,
  what: string,
): Promise<() => ResidualCells> {
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
