/// <reference path="./fourier-transform.d.ts" />
import { SemcrcError } from '@semcrc/kernels';
import { fft, ifft } from 'fourier-transform';

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
  /** Ramp and window by frequency, from 0 to the Nyquist frequency. */
  readonly #ramp: Float64Array;
  readonly #window: Float64Array;
  /** A line with its padding, and what comes of it. */
  readonly #line: Float64Array;
  readonly #filtered: Float64Array;
  readonly #spectrum: readonly [Float64Array, Float64Array];
  readonly #product: readonly [Float64Array, Float64Array];

  /** @param spacing of the columns in units of length; the ramp-filtered line is per unit of length. */
  constructor(columns: number, spacing: number) {
    if (!(columns >= 1 && spacing > 0)) {
      throw new SemcrcError(
        'usage',
        `a filter needs columns and a spacing above 0, found ${columns} and ${spacing}`,
      );
    }
    const size = Math.max(4, 2 ** Math.ceil(Math.log2(2 * columns)));
    const half = size / 2;
    const spectrum = () => [new Float64Array(half + 1), new Float64Array(half + 1)] as const;
    this.#columns = columns;
    this.#line = new Float64Array(size);
    this.#filtered = new Float64Array(size);
    this.#spectrum = spectrum();
    this.#product = spectrum();
    const kernel = this.#line;
    kernel[0] = 1 / (4 * spacing);
    for (let k = 1; k <= half; k += 2) {
      kernel[k] = -1 / (Math.PI * Math.PI * k * k * spacing);
      kernel[size - k] = kernel[k];
    }
    const [ramp] = fft(kernel, this.#spectrum);
    this.#window = Float64Array.from({ length: half + 1 }, (_, k) => hann(k / half));
    this.#ramp = this.#window.map((window, k) => window * ramp[k]);
    kernel.fill(0);
  }

  /**
   * Ramp-filters lines in place.
   *
   * @param values lines that lie side by side: columns × `lines`, lines fastest.
   */
  ramp(values: Float32Array, lines: number): void {
    for (let line = 0; line < lines; line++) {
      this.#transform(values, line, lines);
      this.#applyRamp(values, line, lines);
    }
  }

  /** Ramp-filters lines in place and writes their Hilbert transforms (−i·sgn f, windowed alike) into `hilbert`. */
  rampAndHilbert(values: Float32Array, hilbert: Float32Array, lines: number): void {
    const [real, imaginary] = this.#spectrum;
    const [productReal, productImaginary] = this.#product;
    for (let line = 0; line < lines; line++) {
      this.#transform(values, line, lines);
      this.#applyRamp(values, line, lines);
      for (let k = 0; k < real.length; k++) {
        productReal[k] = this.#window[k] * imaginary[k];
        productImaginary[k] = -this.#window[k] * real[k];
      }
      // The mean has no phase to turn.
      productReal[0] = 0;
      this.#inverse(hilbert, line, lines);
    }
  }

  #transform(values: Float32Array, line: number, lines: number): void {
    for (let c = 0; c < this.#columns; c++) this.#line[c] = values[c * lines + line];
    fft(this.#line, this.#spectrum);
  }

  #applyRamp(values: Float32Array, line: number, lines: number): void {
    const [real, imaginary] = this.#spectrum;
    for (let k = 0; k < real.length; k++) {
      this.#product[0][k] = this.#ramp[k] * real[k];
      this.#product[1][k] = this.#ramp[k] * imaginary[k];
    }
    this.#inverse(values, line, lines);
  }

  #inverse(into: Float32Array, line: number, lines: number): void {
    ifft(this.#product[0], this.#product[1], this.#filtered);
    for (let c = 0; c < this.#columns; c++) into[c * lines + line] = this.#filtered[c];
  }
}
