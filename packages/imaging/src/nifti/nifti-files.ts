import type { Files } from '../files/open-file.ts';
import type { LabelVolume, Volume } from '../grid/volume.ts';
import {
  checkVoxels,
  type NiftiReadOptions,
  readHeader,
  readSlabs,
  readVolume,
  type Slab,
  type VolumeChoice,
} from './file.ts';
import type { NiftiHeader } from './header.ts';
import type { NiftiImage, VoxelKind } from './memory.ts';
import { readSeries, readSeriesSlabs, type SeriesHooks, type SeriesSlab } from './series.ts';

/** Reads NIfTI files by their paths, wherever they lie. */
export class NiftiFiles {
  readonly files: Files;

  constructor(files: Files) {
    this.files = files;
  }

  /**
   * The header of a .nii or .nii.gz file, extensions included. Inflates no more than that, whatever the size of the file.
   *
   * @throws SemcrcError `bad-input` when the file is missing, not NIfTI, or cannot hold what its header claims.
   */
  header(path: string): Promise<NiftiHeader> {
    return readHeader(this.files, path);
  }

  /**
   * Whether all voxels of a file are there, of every volume, and its header: quick where the file's own end vouches for its
   * size (a plain file, or a gzip file of one member), else by inflating it.
   *
   * @throws SemcrcError `bad-input` when they are not.
   */
  check(path: string): Promise<NiftiHeader> {
    return checkVoxels(this.files, path);
  }

  /**
   * The volume of a .nii or .nii.gz file (its first bytes say whether it is gzip, of which every member is read), in the file's own voxel order. For every volume of a file of several, see {@link series}.
   *
   * Reading stops at the size that the header declares; bytes behind it are ignored. Memory: the volume, and a few MiB.
   *
   * @param options.as `image` (default): f32, slope · v + inter in f64 rounded once. `labels`: u16, integers only.
   * @throws SemcrcError `bad-input` when the file is missing, damaged, cut off (wherever: all of it is checked), holds
   *   several volumes and none is chosen, colours or complex numbers, a NaN, or (for labels) a value that is no label
   *   number; `usage` for a volume or slices that are not there or an array that is too short.
   */
  read(
    path: string,
    options?: { as?: 'image' } & VolumeChoice & NiftiReadOptions<Float32Array>,
  ): Promise<NiftiImage>;
  read(
    path: string,
    options: { as: 'labels' } & VolumeChoice & NiftiReadOptions<Uint16Array>,
  ): Promise<NiftiImage<LabelVolume>>;
  read(
    path: string,
    options: { as?: VoxelKind } & VolumeChoice & NiftiReadOptions<Float32Array | Uint16Array> = {},
  ): Promise<NiftiImage<Volume | LabelVolume>> {
    return readVolume(this.files, path, options);
  }

  /**
   * The volume of a file slab by slab, from its first slice (voxel axis z of the file) to its last, for scans that should
   * not lie in memory whole. Slabs have `slices` slices, the last maybe fewer; each is a new array.
   *
   * @throws SemcrcError as {@link read}, when the iteration reaches what is wrong.
   */
  slabs(path: string, options: { slices: number; as?: 'image' }): AsyncGenerator<Slab, void, void>;
  slabs(
    path: string,
    options: { slices: number; as: 'labels' },
  ): AsyncGenerator<Slab<LabelVolume>, void, void>;
  slabs(
    path: string,
    options: { slices: number; as?: VoxelKind },
  ): AsyncGenerator<Slab<Volume | LabelVolume>, void, void> {
    return readSlabs(this.files, path, options);
  }

  /**
   * The volumes of a file along its fourth axis (draws, time points, …), one after the other in the order of the file, each
   * in its own voxel order. The file is inflated once; memory holds what the caller keeps, and a few MiB. A file of one
   * volume gives that one.
   *
   * @param options.into every volume is read into this array, over the one before it. New arrays when left out.
   * @throws SemcrcError as {@link read}, when the iteration reaches what is wrong: an end that comes early is seen where it is,
   *   and a wrong checksum behind the last volume.
   */
  series(
    path: string,
    options?: { as?: 'image' } & NiftiReadOptions<Float32Array>,
  ): AsyncGenerator<Volume, void, void>;
  series(
    path: string,
    options: { as: 'labels' } & NiftiReadOptions<Uint16Array> & SeriesHooks,
  ): AsyncGenerator<LabelVolume, void, void>;
  series(
    path: string,
    options: { as?: VoxelKind } & NiftiReadOptions<Float32Array | Uint16Array> & SeriesHooks = {},
  ): AsyncGenerator<Volume | LabelVolume, void, void> {
    return readSeries(this.files, path, options);
  }

  /**
   * All volumes of a file slab by slab, in step: the same slices of each, for series that should not lie in memory whole.
   *
   * Slices of one place lie far apart in such a file. A plain .nii is sought through. A .nii.gz of m volumes must be inflated
   * again and again: as many times as there are slabs or, where there are more slabs than m/2 and m is at most 64, through
   * a stream per volume, (m + 1)/2 times in all.
   *
   * @throws SemcrcError as {@link series}.
   */
  seriesSlabs(
    path: string,
    options: { slices: number; as?: 'image' },
  ): AsyncGenerator<SeriesSlab, void, void>;
  seriesSlabs(
    path: string,
    options: { slices: number; as: 'labels' } & SeriesHooks,
  ): AsyncGenerator<SeriesSlab<LabelVolume>, void, void>;
  seriesSlabs(
    path: string,
    options: { slices: number; as?: VoxelKind } & SeriesHooks,
  ): AsyncGenerator<SeriesSlab<Volume | LabelVolume>, void, void> {
    return readSeriesSlabs(this.files, path, options);
  }
}
