// fourier-transform ships no declarations. Spectra of real input: real and imaginary parts from 0 to the Nyquist frequency.
declare module 'fourier-transform' {
  type Spectrum = readonly [real: Float64Array, imaginary: Float64Array];
  /** @param input of a length that is a power of two. @returns `output` */
  export function fft(input: Float64Array, output: Spectrum): Spectrum;
  /** Divides by the length. The imaginary parts at both ends are taken as 0. @returns `output` */
  export function ifft(real: Float64Array, imaginary: Float64Array, output: Float64Array): Float64Array;
}
