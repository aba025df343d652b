/** Larger volumes get an array of their own, so that a header cannot claim memory that its file does not back. */
const LARGEST_KEPT = 2 ** 25;

/** An array that volumes are put into one after the other. */
class Shelf<T extends Float32Array | Uint16Array> {
  #array: T;
  readonly #create: (length: number) => T;

  constructor(create: (length: number) => T) {
    this.#create = create;
    this.#array = create(0);
  }

  /** One element per voxel; undefined for more voxels than are kept. */
  of(voxels: number): T | undefined {
    if (voxels > LARGEST_KEPT) return undefined;
    if (this.#array.length < voxels) this.#array = this.#create(voxels);
    return this.#array.subarray(0, voxels) as T;
  }
}

/**
 * Arrays that volumes are read into, and resampled into, one after the other, so that scan after scan allocates nothing anew. Each
 * method gives the memory of the volume before.
 */
export class ScanMemory {
  readonly #image = new Shelf((length) => new Float32Array(length));
  readonly #labels = new Shelf((length) => new Uint16Array(length));
  readonly #resampledImage = new Shelf((length) => new Float32Array(length));
  readonly #resampledLabels = new Shelf((length) => new Uint16Array(length));

  /** For one image at a time, as its file has it. */
  image(voxels: number): Float32Array | undefined {
    return this.#image.of(voxels);
  }

  /** For one label volume at a time, as its file has it. */
  labels(voxels: number): Uint16Array | undefined {
    return this.#labels.of(voxels);
  }

  /** For one image at a time, on another grid. */
  resampledImage(voxels: number): Float32Array | undefined {
    return this.#resampledImage.of(voxels);
  }

  /** For one label volume at a time, on another grid. */
  resampledLabels(voxels: number): Uint16Array | undefined {
    return this.#resampledLabels.of(voxels);
  }
}
