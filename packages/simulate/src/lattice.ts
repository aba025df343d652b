import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { uniform } from './random.ts';

/** Points of the lattice along each axis; beyond them it repeats. */
const period = 32;
const last = period - 1;

/**
 * A random field in space (value noise): independent uniforms on a lattice, interpolated smoothly between. A function of
 * the place in mm alone, so every grid samples the same field.
 */
export class Lattice {
  readonly #values: Float32Array;

  constructor(generator: RandomGenerator) {
    this.#values = Float32Array.from({ length: period ** 3 }, () => uniform(generator, -1, 1));
  }

  /**
   * A field of features about `cell` mm in size, to be sampled along x at fixed places; values in [−1, 1], standard
   * deviation about 0.3. Fields of different `shift` are nearly independent of each other.
   *
   * @param xs ascending, mm.
   */
  field(xs: Float64Array, cell: number, shift: number): (y: number, z: number, out: Float32Array) => void {
    const values = this.#values;
    const count = xs.length;
    const scaled = Float64Array.from(xs, (x) => x / cell + 0.37 * shift);
    const row = new Float32Array(period + 1);
    return (y, z, out) => {
      // Sheared, so that the lattice's planes do not stand parallel to the voxels'.
      const v = (y + 0.45 * z) / cell + 7.31 * shift;
      const w = (z - 0.35 * y) / cell + 13.77 * shift;
      const skew = (0.55 * y + 0.3 * z) / cell;
      const [j, k] = [Math.floor(v), Math.floor(w)];
      const [down, up] = [smoothStep(v - j), smoothStep(w - k)];
      const at00 = ((k & last) * period + (j & last)) * period;
      const at01 = ((k & last) * period + ((j + 1) & last)) * period;
      const at10 = (((k + 1) & last) * period + (j & last)) * period;
      const at11 = (((k + 1) & last) * period + ((j + 1) & last)) * period;
      // The nodes between which the row lies, or all of them where it is longer than the period.
      const first = Math.floor(scaled[0] + skew);
      const nodes = Math.min(period, Math.floor(scaled[count - 1] + skew) - first + 2);
      for (let k = 0, i = first & last; k < nodes; k++, i = (i + 1) & last) {
        const near = values[at00 + i] + down * (values[at01 + i] - values[at00 + i]);
        const far = values[at10 + i] + down * (values[at11 + i] - values[at10 + i]);
        row[i] = near + up * (far - near);
      }
      row[period] = row[0];
      for (let i = 0; i < count; i++) {
        const place = scaled[i] + skew;
        const floor = Math.floor(place);
        const start = row[floor & last];
        out[i] = start + smoothStep(place - floor) * (row[(floor & last) + 1] - start);
      }
    };
  }
}

function smoothStep(t: number): number {
  return t * t * (3 - 2 * t);
}
