/** Larger volumes get an array of their own, so that a header cannot claim memory that its file does not back. */
const LARGEST_KEPT = 2 ** 25;

/** Arrays that volumes are read into one after the other, so that reading scan after scan allocates nothing anew. */
export class ScanMemory {
  #image = new Float32Array(0);
  #labels = new Uint16Array(0);

  /** For one image at a time. */
  image(voxels: number): { into?: Float32Array } {
    if (voxels > LARGEST_KEPT) return {};
    if (this.#image.length < voxels) this.#image = new Float32Array(voxels);
    return { into: this.#image };
  }

  /** For one label volume at a time. */
  labels(voxels: number): { into?: Uint16Array } {
    if (voxels > LARGEST_KEPT) return {};
    if (this.#labels.length < voxels) this.#labels = new Uint16Array(voxels);
    return { into: this.#labels };
  }
}
