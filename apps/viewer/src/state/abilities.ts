// What a browser must be able to do before anything else can work.

/** `() => i8x16` holding one v128 constant: a module that only an engine with SIMD accepts. */
const SIMD = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98,
  11,
]);

/** Sentences about what this browser lacks; empty where it lacks nothing. */
export const lacking: readonly string[] = [
  ...(hasSimd()
    ? []
    : [
        'This browser does not run WebAssembly with SIMD, which all calculations here are written in. Chrome and Edge from 91, ' +
          'Firefox from 89 and Safari from 16.4 do; where an administrator switched it off, the command line tool does the same work.',
      ]),
  ...(typeof DecompressionStream === 'function' && typeof Worker === 'function'
    ? []
    : [
        'This browser lacks what reading compressed scans needs. Chrome and Edge from 80, Firefox from 113 and Safari from 16.4 have it.',
      ]),
];

function hasSimd(): boolean {
  return typeof WebAssembly === 'object' && WebAssembly.validate(SIMD);
}
