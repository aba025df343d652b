import type { MendedVoxels } from '@semcrc/core';
import {
  abdomenWindow,
  type Grid,
  type NiftiHeader,
  orientTo,
  turnToRas,
  volumeShape,
  windowIntensity,
} from '@semcrc/imaging';
import { readScanGrid } from '../apply/scan-grid.ts';
import type { FileAccess } from '../sources/digest.ts';
import { checkTruth } from './intensity-units.ts';
import type { IntensityUnits } from './reading.ts';
import { alignFile, noteHeader } from './scan-files.ts';
import { describeNotes, type ScanNote } from './scan-note.ts';
import { type ApplyFiles, ForeignUnits, readSlabs, type SlabOptions, UNNAMED_SCAN } from './scan-slabs.ts';
import { clip } from './voxels.ts';

/** A scan whose every voxel lies in memory, x fastest: predictions, and the truth where it is known, on one grid. */
export interface ScanVoxels {
  readonly grid: Grid;
  /** Windowed, clipped and uncrossed. */
  readonly lower: Float32Array;
  readonly upper: Float32Array;
  readonly point?: Float32Array;
  readonly std?: Float32Array;
  readonly samples?: readonly Float32Array[];
  /** Windowed. */
  readonly truth?: Float32Array;
  /** Label ids, the body merged in. */
  readonly organs: Uint16Array;
  readonly mended: MendedVoxels;
}

/** A scan read from files, in the order of the file of lower. */
export interface ScanInMemory extends ScanVoxels {
  readonly header: NiftiHeader;
  /** What is worth knowing and no error, as sentences. */
  readonly notes: readonly string[];
}

/** How a scan is read into memory. */
export interface InMemoryOptions extends SlabOptions {
  /** Unit of the truth; HU by default. */
  readonly truthUnits?: IntensityUnits;
  /** Called with the slices done so far. */
  readonly progress?: ((slices: number, of: number) => void) | undefined;
  /** Looked at between slabs. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads a scan as applying a calibration to it does, and keeps it; with the ground truth, where it is known.
 *
 * @throws SemcrcError `bad-input` naming the file, as `Application` does, and for a truth that cannot be what it is said to be;
 *   what `signal` was aborted with
 */
export async function readScanInMemory(
  access: FileAccess,
  files: ApplyFiles & { readonly truth?: string },
  options: InMemoryOptions,
): Promise<ScanInMemory> {
  const { progress, signal } = options;
  const notes: ScanNote[] = [];
  const reading = { ...options, note: (note: ScanNote) => notes.push(note) };
  const { nifti } = access;
  const { header, grid, turned } = await readScanGrid(nifti, files, reading);
  const [slices, height, width] = grid.shape;
  const voxels = slices * height * width;
  const image = (there: unknown) => (there === undefined ? undefined : new Float32Array(voxels));
  const whole = {
    lower: new Float32Array(voxels),
    upper: new Float32Array(voxels),
    point: image(files.point),
    std: image(files.std),
    organs: new Uint16Array(voxels),
  };
  const samples: Float32Array[] = [];
  let mended: MendedVoxels = { clipped: 0, crossed: 0 };
  const foreign = new ForeignUnits(files, reading);
  for await (const slab of readSlabs(nifti, files, grid, reading, turned)) {
    signal?.throwIfAborted();
    foreign.see(slab.raw);
    const at = slab.first * height * width;
    whole.lower.set(slab.lower, at);
    whole.upper.set(slab.upper, at);
    whole.organs.set(slab.organs, at);
    if (slab.point) whole.point?.set(slab.point, at);
    if (slab.std) whole.std?.set(slab.std, at);
    for (const [index, draw] of (slab.samples ?? []).entries()) {
      samples[index] ??= new Float32Array(voxels);
      samples[index]?.set(draw, at);
    }
    const { clipped, crossed } = slab.mended;
    mended = { clipped: mended.clipped + clipped, crossed: mended.crossed + crossed };
    progress?.(slab.first + slab.shape[0], slices);
  }
  foreign.judge();
  const truth =
    files.truth === undefined
      ? undefined
      : await readTruth(access, files.truth, { file: files.lower, grid }, reading);
  const { lower, upper, organs, point, std } = whole;
  return {
    header,
    grid,
    lower,
    upper,
    organs,
    ...(point ? { point } : {}),
    ...(std ? { std } : {}),
    ...(samples.length > 0 ? { samples } : {}),
    ...(truth ? { truth } : {}),
    mended,
    notes: describeNotes(notes),
  };
}

/** The ground truth on the grid of the predictions, windowed. */
async function readTruth(
  { nifti }: FileAccess,
  file: string,
  reference: { readonly file: string; readonly grid: Grid },
  { truthUnits = 'hu', window = abdomenWindow, affineTolerance, scan = UNNAMED_SCAN, note }: InMemoryOptions,
): Promise<Float32Array> {
  const { header, volume } = await nifti.read(file);
  noteHeader(scan, file, header, (found) => note?.(found));
  const shape = volumeShape(header, file);
  const first = { file: reference.file, ...reference.grid };
  const { turned } = alignFile(
    scan,
    first,
    { file, shape, affine: header.affine },
    ...(affineTolerance === undefined ? [] : [affineTolerance]),
  );
  const { data } = turned ? orientTo(turnToRas(volume), reference.grid) : volume;
  checkTruth({ scan, file }, data, truthUnits, window);
  if (truthUnits === 'hu') windowIntensity({ ...volume, data }, window, data);
  else clip(data);
  return data;
}
