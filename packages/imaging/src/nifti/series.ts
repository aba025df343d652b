import { ByteStream } from '../files/byte-stream.ts';
import type { Files } from '../files/open-file.ts';
import type { LabelVolume, Volume } from '../grid/volume.ts';
import { type NiftiReadOptions, readHeader } from './file.ts';
import type { VoxelKind } from './memory.ts';
import { seriesShape } from './shape.ts';
import { decodeStep, readStart, spansOf, VoxelReader } from './stream.ts';

/** What reading a series of labels calls. */
export interface SeriesHooks {
  /** Called once, at the end of the file, with how many label values were no whole numbers and were rounded. */
  readonly onRounded?: ((labels: number) => void) | undefined;
}

/** As {@link NiftiFiles.series}. */
export async function* readSeries(
  files: Files,
  path: string,
  {
    as = 'image',
    slices,
    into,
    onRounded,
  }: { as?: VoxelKind } & NiftiReadOptions<Float32Array | Uint16Array> & SeriesHooks = {},
): AsyncGenerator<Volume | LabelVolume, void, void> {
  const stream = await ByteStream.open(files, path, { step: decodeStep });
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

/** As {@link NiftiFiles.seriesSlabs}. */
export async function* readSeriesSlabs(
  files: Files,
  path: string,
  { slices, as = 'image', onRounded }: { slices: number; as?: VoxelKind } & SeriesHooks,
): AsyncGenerator<SeriesSlab<Volume | LabelVolume>, void, void> {
  const { shape, volumes } = seriesShape(await readHeader(files, path), path);
  const slabs = Math.ceil(shape[0] / slices);
  if (volumes <= mostStreams && slabs > volumes / 2) {
    yield* slabsInStep(files, path, slices, as, onRounded);
    return;
  }
  let rounded = 0;
  const count = (labels: number) => {
    rounded += labels;
  };
  for (let first = 0; first < shape[0]; first += slices) {
    const span = { first, end: Math.min(first + slices, shape[0]) };
    const taken: (Volume | LabelVolume)[] = [];
    const series = readSeries(files, path, { as, slices: span, onRounded: count });
    for await (const volume of series) taken.push(volume);
    if (span.end === shape[0]) onRounded?.(rounded);
    yield { first, volumes: taken };
  }
}

/** Slabs through one stream per volume; that of the last volume goes to the end of the file and so checks all of it. */
async function* slabsInStep(
  files: Files,
  path: string,
  slices: number,
  as: VoxelKind,
  onRounded: SeriesHooks['onRounded'],
): AsyncGenerator<SeriesSlab<Volume | LabelVolume>, void, void> {
  const streams: ByteStream[] = [];
  const open = async () => {
    const stream = await ByteStream.open(files, path, { step: streamStep });
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
