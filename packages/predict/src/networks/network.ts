import type { Shape, Volume } from '@semcrc/imaging';
import { SemcrcError } from '@semcrc/kernels';
import type { ImageModel, ModelRecord } from './model-record.ts';
import { type OnnxGraph, type OnnxValue, readOnnxGraph } from './onnx-file.ts';
import type { InferenceRuntime, InferenceSession } from './runtime.ts';
import { blendWindows, type FinishedSlices, planWindows, type Tile } from './sliding-window.ts';

/** Element type of float32 in onnx.proto. */
const FLOAT32 = 1;

/** Who wants to know how far a network is, and may stop it. */
export interface NetworkWatch {
  /** Called after every window. */
  readonly onTile?: ((progress: { readonly done: number; readonly total: number }) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** An ONNX network with its record, loaded by a runtime. */
export interface Network<Model extends ModelRecord = ModelRecord> {
  readonly record: Model;
  /** What it runs on, as the user is told. */
  readonly runtime: string;
  /**
   * Runs it over a volume, window by window, and blends the windows.
   *
   * @param volume in RAS, with the network's spacing, in the network's intensities.
   * @param onSlices gets the blended output slice by slice; its arrays are used again.
   * @param slices wanted, ascending; all when left out.
   * @throws SemcrcError `bad-input` for output that is not finite (the window is named) or not shaped as the record says;
   *   `interrupted`.
   */
  sweep(
    volume: Volume,
    onSlices: (slices: FinishedSlices) => void,
    options?: NetworkWatch & { readonly slices?: readonly number[] | undefined },
  ): Promise<void>;
  close(): Promise<void>;
}

/** The files that make a network. */
export interface NetworkFiles<Model extends ModelRecord = ModelRecord> {
  readonly record: Model;
  readonly model: Uint8Array;
  /** Name of the ONNX file, for errors. */
  readonly file: string;
}

/**
 * Loads a network.
 *
 * @throws SemcrcError `bad-input` where the file is no ONNX model, needs what onnxruntime does not have, is not the one its
 *   record was made for, or takes or gives other tensors than the record says.
 */
export async function openNetwork<Model extends ModelRecord>(
  { record, model, file }: NetworkFiles<Model>,
  runtime: InferenceRuntime,
): Promise<Network<Model>> {
  const graph = readOnnxGraph(model, file);
  await checkDigest(record, model, file);
  checkGraph(record, graph, file);
  let session: InferenceSession;
  try {
    session = await runtime.open(model);
  } catch (cause) {
    throw failed(file, `${runtime.name} cannot load it`, cause);
  }
  return {
    record,
    get runtime() {
      return session.runtime;
    },
    sweep: (volume, onSlices, options) => sweep({ record, session, file }, volume, onSlices, options),
    close: () => session.close(),
  };
}

/** Channels that a network gives. */
export function outputChannels(record: ModelRecord): number {
  return isImageModel(record) ? record.channels.length : record.labels.length;
}

/** Whether a network predicts an image, and not labels. */
export function isImageModel(record: ModelRecord): record is ImageModel {
  return record.task !== 'segmentation';
}

async function checkDigest({ digest }: ModelRecord, model: Uint8Array, file: string): Promise<void> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', model as Uint8Array<ArrayBuffer>));
  const found = Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
  if (found === digest) return;
  throw new SemcrcError(
    'bad-input',
    `${file}: expected the file its record was made for (SHA-256 ${digest}), found another (${found}); export both again`,
    { data: { file, expected: digest, found } },
  );
}

function checkGraph(record: ModelRecord, graph: OnnxGraph, file: string): void {
  if (graph.inputs.length !== 1) {
    const names = graph.inputs.map(({ name }) => name).join(', ') || 'none';
    throw misfit(file, 'a network with one input', names);
  }
  const sizes = [...record.axes].map((axis) => record.patch['xyz'.indexOf(axis)]);
  checkTensor(
    tensorNamed(graph.inputs, record.input, 'input', file),
    [null, inputChannels(record), ...sizes],
    file,
  );
  checkTensor(
    tensorNamed(graph.outputs, record.output, 'output', file),
    [null, outputChannels(record), ...sizes],
    file,
  );
}

function tensorNamed(
  values: readonly OnnxValue[],
  name: string,
  kind: 'input' | 'output',
  file: string,
): OnnxValue {
  const found = values.find((value) => value.name === name);
  if (found) return found;
  const names = values.map((value) => value.name).join(', ');
  throw misfit(file, `the ${kind} ${name} that its record names`, names || 'none');
}

/** Holds a tensor against the sizes of the record; the first, of the batch, may be any that allows one. */
function checkTensor(
  { name, type, shape }: OnnxValue,
  sizes: readonly (number | null)[],
  file: string,
): void {
  if (type !== FLOAT32) throw misfit(file, `${name} of float32`, `element type ${type} of onnx.proto`);
  if (shape === null) return;
  const fits =
    shape.length === sizes.length &&
    shape.every((size, axis) => size === null || size === (sizes[axis] ?? 1));
  if (fits) return;
  const text = (dims: readonly (number | null)[]): string => dims.map((size) => size ?? 'n').join(' × ');
  throw misfit(file, `${name} of ${text(sizes)}, as its record says`, text(shape));
}

function misfit(file: string, expected: string, found: string): SemcrcError {
  return new SemcrcError('bad-input', `${file}: expected ${expected}, found ${found}`, {
    data: { file, expected, found },
  });
}

function failed(file: string, what: string, cause: unknown): SemcrcError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new SemcrcError('bad-input', `${file}: ${what}: ${reason.split('\n')[0]}`, {
    data: { file },
    cause,
  });
}

function inputChannels({ context }: ModelRecord): number {
  return context === undefined ? 1 : 2 * context + 1;
}

/** What one sweep works with. */
interface Loaded {
  readonly record: ModelRecord;
  readonly session: InferenceSession;
  readonly file: string;
}

async function sweep(
  { record, session, file }: Loaded,
  volume: Volume,
  onSlices: (slices: FinishedSlices) => void,
  { slices, onTile, signal }: NetworkWatch & { readonly slices?: readonly number[] | undefined } = {},
): Promise<void> {
  const [width, height, depth = 1] = record.patch;
  const patch: Shape = [depth, height, width];
  const plan = planWindows(volume.shape, { patch, overlap: record.overlap });
  const channels = outputChannels(record);
  const layout = tensorLayout(record, patch);
  const fed = new Float32Array(inputChannels(record) * depth * height * width);
  const values = new Float32Array(channels * depth * height * width);
  const names = { input: record.input, output: record.output };
  const run = async (tile: Tile): Promise<Float32Array> => {
    if (signal?.aborted) throw new SemcrcError('interrupted', `${record.name}: given up`);
    const where = (): string => {
      const at = tile.corner.map((start, axis) => start - plan.before[axis]);
      return `window ${tile.index + 1} of ${tile.count}, at voxel ${at[2]}, ${at[1]}, ${at[0]} (x, y, z)`;
    };
    feed(fed, volume, tile, plan.before, record.context ?? 0, layout);
    let result: Awaited<ReturnType<InferenceSession['run']>>;
    try {
      result = await session.run(fed, layout.fed, names);
    } catch (cause) {
      throw failed(file, `fails on ${where()}`, cause);
    }
    if (result.dims.join() !== layout.given.join()) {
      throw misfit(
        file,
        `output of ${layout.given.join(' × ')}, as its record says`,
        result.dims.join(' × '),
      );
    }
    take(values, result.data, channels, layout);
    const odd = firstOdd(values);
    if (odd !== null) {
      throw new SemcrcError('bad-input', `${file}: gives ${odd} in ${where()}; expected finite numbers`, {
        data: { file, tile: tile.index, corner: [...tile.corner] },
      });
    }
    onTile?.({ done: tile.index + 1, total: tile.count });
    return values;
  };
  await blendWindows(volume.shape, plan, { channels, run, onSlices, ...(slices ? { slices } : {}) });
}

/** How the voxels of a window lie in the network's tensors. */
interface TensorLayout {
  /** Sizes of the tensor it takes and of the one it gives. */
  readonly fed: readonly number[];
  readonly given: readonly number[];
  /** Slices × height × width of the window. */
  readonly patch: Shape;
  /** From a voxel to the next slice, row and column, and from a channel to the next. */
  readonly strides: Shape;
  readonly channel: number;
}

function tensorLayout(record: ModelRecord, patch: Shape): TensorLayout {
  const sizes = [...record.axes].map((axis) => patch['zyx'.indexOf(axis)]);
  const strideOf = (axis: string): number => {
    const at = record.axes.indexOf(axis);
    return at < 0 ? 0 : sizes.slice(at + 1).reduce((product, size) => product * size, 1);
  };
  return {
    fed: [1, inputChannels(record), ...sizes],
    given: [1, outputChannels(record), ...sizes],
    patch,
    strides: [strideOf('z'), strideOf('y'), strideOf('x')],
    channel: sizes.reduce((product, size) => product * size, 1),
  };
}

/** Fills the tensor of a window; beyond the volume it is 0 in a plane, and the end slices repeat as channels. */
function feed(
  fed: Float32Array,
  { data, shape: [slices, height, width] }: Volume,
  { corner }: Tile,
  before: Shape,
  context: number,
  { fed: [, channels], patch, strides: [alongZ, alongY, alongX], channel: perChannel }: TensorLayout,
): void {
  const [z0, y0, x0] = corner.map((start, axis) => start - before[axis]);
  const [patchDepth, patchHeight, patchWidth] = patch;
  fed.fill(0);
  for (let channel = 0; channel < channels; channel++) {
    for (let z = 0; z < patchDepth; z++) {
      let slice = z0 + z;
      if (alongZ === 0) slice = Math.min(slices - 1, Math.max(0, slice + channel - context));
      else if (slice < 0 || slice >= slices) continue;
      for (let y = Math.max(0, -y0); y < Math.min(patchHeight, height - y0); y++) {
        const from = (slice * height + y0 + y) * width + x0;
        const to = channel * perChannel + z * alongZ + y * alongY;
        for (let x = Math.max(0, -x0); x < Math.min(patchWidth, width - x0); x++) {
          fed[to + x * alongX] = data[from + x];
        }
      }
    }
  }
}

/** Brings the tensor of a window into the order of volumes. */
function take(
  values: Float32Array,
  given: Float32Array,
  channels: number,
  { patch: [depth, height, width], strides: [alongZ, alongY, alongX], channel: perChannel }: TensorLayout,
): void {
  let to = 0;
  for (let channel = 0; channel < channels; channel++) {
    for (let z = 0; z < depth; z++) {
      for (let y = 0; y < height; y++) {
        const from = channel * perChannel + z * alongZ + y * alongY;
        for (let x = 0; x < width; x++, to++) values[to] = given[from + x * alongX];
      }
    }
  }
}

/** The first value that is no finite number. */
function firstOdd(values: Float32Array): number | null {
  for (let at = 0; at < values.length; at++) if (!Number.isFinite(values[at])) return values[at];
  return null;
}
