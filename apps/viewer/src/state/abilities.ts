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

/** What draws WebGL2 where no graphics card does, as browsers name it. */
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;

/**
 * Whether a graphics card draws WebGL2 here: where software does in its place, a plain canvas is quicker. `?picture=niivue` and
 * `?picture=canvas` in the page's address overrule it.
 */
export function drawsByCard(): boolean {
  const asked = new URLSearchParams(location.search).get('picture');
  if (asked === 'niivue' || asked === 'canvas') return asked === 'niivue';
  const gl = document.createElement('canvas').getContext('webgl2', { failIfMajorPerformanceCaveat: true });
  if (!gl) return false;
  const names = gl.getExtension('WEBGL_debug_renderer_info');
  const renderer = String(gl.getParameter(names ? names.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  gl.getExtension('WEBGL_lose_context')?.loseContext();
  return !SOFTWARE.test(renderer);
}
