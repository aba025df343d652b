/// <reference path="./fft-js.d.ts" />
import { SemcrcError } from '@semcrc/kernels';
import FFT from 'fft.js';

/** Share of the Nyquist frequency where the filter ends: the paper's authors' setting. */
export const CUTOFF = 0.8;

/**
 * The Hann window of a filter that ends at `cutoff`: cos²(πf / 2·cutoff) up to there, 0 beyond.
 *
 * @param frequency over the Nyquist frequency, 0 to 1.
 */
export function hann(frequency: number, cutoff: number = CUTOFF): number {
  return frequency <= cutoff ? Math.cos((Math.PI * frequency) / (2 * cutoff)) ** 2 : 0;
}

/**
 * Filters detector lines along their columns. The ramp is the Fourier transform of its kernel in space (Kak and Slaney,
 * equation 3.61): the ramp sampled in frequency would lose some of the mean. Lines are padded with zeros to at least
 * twice their length.
 */
export class LineFilter {
  readonly #columns: number;
  readonly #fft: FFT;
  /** Ramp and window by frequency, in the order of the transform. */
  readonly #ramp: Float64Array;
  readonly #window: Float64Array;
  readonly #line: Float64Array;
  readonly #input: Float64Array;
  readonly #spectrum: Float64Array;

  /** @param spacing of the columns in units of length; the ramp-filtered line is per unit of length. */
  constructor(columns: number, spacing: number) {
    if (!(columns >= 1 && spacing > 0)) {
      throw new SemcrcError('usage', `a filter needs columns and a spacing above 0, found ${columns} and ${spacing}`);
    }
    const size = Math.max(4, 2 ** Math.ceil(Math.log2(2 * columns)));
    this.#columns = columns;
    this.#fft = new FFT(size);
    this.#line = new Float64Array(size);
    this.#input = new Float64Array(2 * size);
    this.#spectrum = new Float64Array(2 * size);
    const kernel = this.#line;
    kernel[0] = 1 / (4 * spacing);
    for (let k = 1; k <= size / 2; k += 2) {
      kernel[k] = -1 / (Math.PI * Math.PI * k * k * spacing);
      kernel[size - k] = kernel[k];
    }
    this.#fft.realTransform(this.#spectrum, kernel);
    this.#fft.completeSpectrum(this.#spectrum);
    this.#window = Float64Array.from({ length: size }, (_, k) => hann(Math.min(k, size - k) / (size / 2)));
    this.#ramp = this.#window.map((window, k) => window * this.#spectrum[2 * k]);
    kernel.fill(0);
  }

  /**
   * Ramp-filters lines in place, two at a time as one complex line.
   *
   * @param values lines that lie side by side: columns × `lines`, lines fastest.
   */
  ramp(values: Float32Array, lines: number): void {
    const size = this.#fft.size;
    for (let line = 0; line < lines; line += 2) {
      const pair = line + 1 < lines;
      this.#input.fill(0);
      for (let c = 0; c < this.#columns; c++) {
        this.#input[2 * c] = values[c * lines + line];
        if (pair) this.#input[2 * c + 1] = values[c * lines + line + 1];
      }
      this.#fft.transform(this.#spectrum, this.#input);
      for (let k = 0; k < size; k++) {
        this.#spectrum[2 * k] *= this.#ramp[k];
        this.#spectrum[2 * k + 1] *= this.#ramp[k];
      }
      this.#fft.inverseTransform(this.#input, this.#spectrum);
      for (let c = 0; c < this.#columns; c++) {
        values[c * lines + line] = this.#input[2 * c];
        if (pair) values[c * lines + line + 1] = this.#input[2 * c + 1];
      }
    }
  }

  /**
   * Ramp-filters lines in place and writes their Hilbert transforms (−i·sgn f, windowed alike) into `hilbert`. Both come
   * from one inverse transform: ramp + i·Hilbert has the real spectrum ramp + sgn f.
   */
  rampAndHilbert(values: Float32Array, hilbert: Float32Array, lines: number): void {
    const size = this.#fft.size;
    const half = size / 2;
    for (let line = 0; line < lines; line++) {
      for (let c = 0; c < this.#columns; c++) this.#line[c] = values[c * lines + line];
      this.#fft.realTransform(this.#spectrum, this.#line);
      this.#fft.completeSpectrum(this.#spectrum);
      for (let k = 0; k < size; k++) {
        const sign = k === 0 || k === half ? 0 : k < half ? 1 : -1;
        const factor = this.#ramp[k] + sign * this.#window[k];
        this.#spectrum[2 * k] *= factor;
        this.#spectrum[2 * k + 1] *= factor;
      }
      this.#fft.inverseTransform(this.#input, this.#spectrum);
      for (let c = 0; c < this.#columns; c++) {
        values[c * lines + line] = this.#input[2 * c];
        hilbert[c * lines + line] = this.#input[2 * c + 1];
      }
    }
  }
}
