// fft.js ships no declarations. Complex arrays interleave real and imaginary parts.
declare module 'fft.js' {
  export default class FFT {
    /** @param size a power of two above 1 */
    constructor(size: number);
    readonly size: number;
    /** Spectrum of real input: the first half only, until `completeSpectrum` mirrors it. */
    realTransform(spectrum: Float64Array, input: Float64Array): void;
    completeSpectrum(spectrum: Float64Array): void;
    transform(spectrum: Float64Array, input: Float64Array): void;
    /** Divides by the size. */
    inverseTransform(output: Float64Array, spectrum: Float64Array): void;
  }
}
