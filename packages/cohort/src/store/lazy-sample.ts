import type { MendedVoxels, Sample, Surroundings } from '@semcrc/core';
import type { Voxels } from './codecs.ts';
import type { OptionalVolumes, StoreArray } from './format.ts';

/**
 * A scan whose volumes are read when they are first looked at; those it does not have are undefined. One class, and getters
 * of it, so that code that reads scans meets objects of one shape.
 */
export class LazySample {
  readonly id: string;
  readonly patient: string;
  readonly shape: Sample['shape'];
  readonly affine?: readonly number[];
  readonly mended: MendedVoxels;
  readonly #volume: (name: StoreArray) => Voxels | undefined;
  readonly #draws: number;
  readonly #read = new Map<StoreArray, Voxels>();
  #samples: readonly Float32Array[] | undefined;
  readonly #surrounded: boolean;
  #surroundings: Surroundings | undefined;

  /** `volume` reads an array of the store, undefined where it has none of that name. */
  constructor(
    { id, patient, shape, affine }: Pick<Sample, 'id' | 'patient' | 'shape' | 'affine'>,
    mended: MendedVoxels,
    volume: (name: StoreArray) => Voxels | undefined,
    { samples, surroundings = false }: Pick<OptionalVolumes, 'samples' | 'surroundings'>,
  ) {
    this.id = id;
    this.patient = patient;
    this.shape = shape;
    if (affine) this.affine = affine;
    this.mended = mended;
    this.#volume = volume;
    this.#draws = samples;
    this.#surrounded = surroundings;
  }

  get truth(): Float32Array {
    return this.#once('truth') as Float32Array;
  }

  get lower(): Float32Array {
    return this.#once('lower') as Float32Array;
  }

  get upper(): Float32Array {
    return this.#once('upper') as Float32Array;
  }

  get point(): Float32Array | undefined {
    return this.#once('point') as Float32Array | undefined;
  }

  get std(): Float32Array | undefined {
    return this.#once('std') as Float32Array | undefined;
  }

  get organs(): Sample['organs'] {
    return this.#once('groups') as Sample['organs'];
  }

  get samples(): readonly Float32Array[] | undefined {
    if (this.#draws === 0) return undefined;
    this.#samples ??= Array.from(
      { length: this.#draws },
      (_, i) => this.#volume(`sample-${i}`) as Float32Array,
    );
    return this.#samples;
  }

  get surroundings(): Surroundings | undefined {
    if (!this.#surrounded) return undefined;
    this.#surroundings ??= {
      point: this.#volume('around-point') as Float32Array,
      width: this.#volume('around-width') as Float32Array,
      inside: this.#volume('around-inside') as Uint8Array,
      organMeans: this.#volume('organ-means') as Float32Array,
    };
    return this.#surroundings;
  }

  #once(name: StoreArray): Voxels | undefined {
    const known = this.#read.get(name);
    if (known) return known;
    const volume = this.#volume(name);
    if (volume) this.#read.set(name, volume);
    return volume;
  }
}
