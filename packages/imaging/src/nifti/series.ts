import { ByteStream } from '../files/byte-stream.ts';
import type { LabelVolume, Volume } from '../grid/volume.ts';
import { type NiftiReadOptions, readNiftiHeader } from './file.ts';
import type { VoxelKind } from './memory.ts';
import { seriesShape } from './shape.ts';
import { decodeStep, readStart, spansOf, VoxelReader } from './stream.ts';

/** What reading a series of labels calls. */
export interface SeriesHooks {
  /** Called once, at the end of the file, with how many label values were no whole numbers and were rounded. */
  readonly onRounded?: ((labels: number) => void) | undefined;
}

/**
 * The volumes of a file along its fourth axis (draws, time points, …), one after the other in the order of the file, each
 * in its own voxel order. The file is inflated once; memory holds what the caller keeps, and a few MiB. A file of one
 * volume gives that one.
 *
 * @param options.into every volume is read into this array, over the one before it. New arrays when left out.
 * @throws SemcrcError as `readNifti`, when the iteration reaches what is wrong: an end that comes early is seen where it is,
 *   and a wrong checksum behind the last volume.
 */
export function readNiftiSeries(
  path: string,
  options?: { as?: 'image' } & NiftiReadOptions<Float32Array>,
): AsyncGenerator<Volume, void, void>;
export function readNiftiSeries(
  path: string,
  options: { as: 'labels' } & NiftiReadOptions<Uint16Array> & SeriesHooks,
): AsyncGenerator<LabelVolume, void, void>;
export async function* readNiftiSeries(
  path: string,
  {
    as = 'image',
    slices,
    into,
    onRounded,
  }: { as?: VoxelKind } & NiftiReadOptions<Float32Array | Uint16Array> & SeriesHooks = {},
): AsyncGenerator<Volume | LabelVolume, void, void> {
  const stream = await ByteStream.open(path, { step: decodeStep });
  try {
    const header = await readStart(stream, path);
    const { shape, volumes } = seriesShape(header, path);
    const spans = spansOf(slices, shape, path);
    const reader = await VoxelReader.start(stream, header, path);
    for (let index = 0; index < volumes; index++) {
      const volume = await reader.slices(shape, index, spans, as, into);
      // Before the last volume is handed out, so that nobody works with it when the file is damaged behind it.
      if (index === volumes - 1) {
        await reader.finish();
        onRounded?.(reader.rounded);
      }
      yield volume;
    }
  } finally {
    await stream.close();
  }
}

/** Some slices of every volume of a file. */
export interface SeriesSlab<V extends Volume | LabelVolume = Volume> {
  /** Index of the first slice (voxel axis z of the file). */
  readonly first: number;
  /** The same slices of each volume, in the order of the file. */
  readonly volumes: readonly V[];
}

/** The most streams that a file is read through at a time: each takes a file handle and about a MiB. */
const mostStreams = 64;

/** Inflated bytes that each of several streams holds. */
const streamStep = 2 ** 18;

/**
 * All volumes of a file slab by slab, in step: the same slices of each, for series that should not lie in memory whole.
 *
 * Slices of one place lie far apart in such a file. A plain .nii is sought through. A .nii.gz of m volumes must be inflated
 * again and again: as many times as there are slabs or, where there are more slabs than m/2 and m is at most 64, through
 * a stream per volume, (m + 1)/2 times in all.
 *
 * @throws SemcrcError as `readNiftiSeries`.
 */
export function readNiftiSeriesSlabs(
  path: string,
  options: { slices: number; as?: 'image' },
): AsyncGenerator<SeriesSlab, void, void>;
export function readNiftiSeriesSlabs(
  path: string,
  options: { slices: number; as: 'labels' } & SeriesHooks,
): AsyncGenerator<SeriesSlab<LabelVolume>, void, void>;
export async function* readNiftiSeriesSlabs(
  path: string,
  { slices, as = 'image', onRounded }: { slices: number; as?: VoxelKind } & SeriesHooks,
): AsyncGenerator<SeriesSlab<Volume | LabelVolume>, void, void> {
  const { shape, volumes } = seriesShape(await readNiftiHeader(path), path);
  const slabs = Math.ceil(shape[0] / slices);
  if (volumes <= mostStreams && slabs > volumes / 2) {
    yield* slabsInStep(path, slices, as, onRounded);
    return;
  }
  let rounded = 0;
  const count = (labels: number) => {
    rounded += labels;
  };
  for (let first = 0; first < shape[0]; first += slices) {
    const span = { first, end: Math.min(first + slices, shape[0]) };
    const taken: (Volume | LabelVolume)[] = [];
    const series =
      as === 'image'
        ? readNiftiSeries(path, { slices: span })
        : readNiftiSeries(path, { as, slices: span, onRounded: count });
    for await (const volume of series) taken.push(volume);
    if (span.end === shape[0]) onRounded?.(rounded);
    yield { first, volumes: taken };
  }
}

/** Slabs through one stream per volume; that of the last volume goes to the end of the file and so checks all of it. */
async function* slabsInStep(
  path: string,
  slices: number,
  as: VoxelKind,
  onRounded: SeriesHooks['onRounded'],
): AsyncGenerator<SeriesSlab<Volume | LabelVolume>, void, void> {
  const streams: ByteStream[] = [];
  const open = async () => {
    const stream = await ByteStream.open(path, { step: streamStep });
    streams.push(stream);
    const header = await readStart(stream, path);
    const { shape, volumes } = seriesShape(header, path);
    return { shape, volumes, reader: await VoxelReader.start(stream, header, path) };
  };
  try {
    const { shape, volumes, reader } = await open();
    const readers = [reader];
    while (readers.length < volumes) readers.push((await open()).reader);
    for (let first = 0; first < shape[0]; first += slices) {
      const span = { first, end: Math.min(first + slices, shape[0]) };
      const taken: (Volume | LabelVolume)[] = [];
      for (const [index, volume] of readers.entries()) {
        taken.push(await volume.slices(shape, index, [span], as));
      }
      if (span.end === shape[0]) onRounded?.(readers.reduce((sum, { rounded }) => sum + rounded, 0));
      yield { first, volumes: taken };
    }
  } finally {
    for (const stream of streams) await stream.close();
  }
}
