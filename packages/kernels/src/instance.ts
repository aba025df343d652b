import { Arena, MAXIMUM_PAGES } from './arena.ts';
import type { CoverageExports } from './coverage.ts';
import { SemcrcError } from './error.ts';
import { wasm as releaseCoverage } from './generated/coverage.release.ts';

/**
 * One instance of the coverage kernels with its own memory. Not thread-safe: make one per worker.
 *
 * Every kernel takes an instance first. Array arguments that are views on `memory` (made by `arena`, or by hand) are
 * used in place; any other array is staged through a bounded scratch area chunk by chunk, so that input of any size
 * streams through. A call whose result or sort needs room may grow the memory, which detaches existing views:
 * read `block.view` anew after it. An output array may be one of the inputs, but must not overlap one partly.
 */
export interface Kernels {
  /** The kernels' memory. */
  readonly memory: WebAssembly.Memory;
  /** Where to allocate arrays on `memory`. */
  readonly arena: Arena;
}

/** Scratch for staging: below the arena, so that staging never moves or grows anything. */
const SCRATCH_START = 65536;
const SCRATCH_END = 2 << 20;
const PAGE = 65536;

/** What the kernel faces see of an instance. */
export class Instance implements Kernels {
  readonly memory: WebAssembly.Memory;
  readonly arena: Arena;
  readonly raw: CoverageExports;
  readonly #scratch: Arena;

  constructor(memory: WebAssembly.Memory, raw: CoverageExports) {
    this.memory = memory;
    this.raw = raw;
    this.#scratch = new Arena(memory, SCRATCH_START);
    this.arena = new Arena(memory, SCRATCH_END);
  }

  /** Runs `body` and then frees the scratch it took. */
  scoped<T>(body: () => T): T {
    const scratch = this.#scratch.mark();
    const arena = this.arena.mark();
    try {
      return body();
    } finally {
      this.#scratch.release(scratch);
      this.arena.release(arena);
    }
  }

  /** An address with room for `bytes` until the scope ends: from the bounded scratch area, else from the arena. */
  take(bytes: number): number {
    const fits = this.#scratch.mark() + bytes + 3 * PAGE <= SCRATCH_END;
    return (fits ? this.#scratch : this.arena).allocate(bytes);
  }

  /** As `take`, filled with zero bytes. */
  takeZeroed(bytes: number): number {
    const address = this.take(bytes);
    new Uint8Array(this.memory.buffer, address, bytes).fill(0);
    return address;
  }

  /** As `take`, filled with a copy of `values`. */
  takeCopy(values: Float32Array | Uint32Array | Uint8Array): number {
    const address = this.take(values.byteLength);
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    new Uint8Array(this.memory.buffer, address, values.byteLength).set(bytes);
    return address;
  }

  /** A view of `length` u32 at an address. */
  uint32(address: number, length: number): Uint32Array {
    return new Uint32Array(this.memory.buffer, address, length);
  }
}

/** The instance behind the public interface. */
export function instanceOf(kernels: Kernels): Instance {
  if (kernels instanceof Instance) return kernels;
  throw new SemcrcError('usage', 'expected kernels made by loadKernels() of this same package');
}

/** (module (func (drop (i8x16.splat (i32.const 0))))): valid only where 128-bit SIMD is. */
const SIMD_PROBE = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 9, 1, 7, 0, 65, 0, 253, 15, 26, 11],
);

/** True if this machine's WebAssembly has 128-bit SIMD, without which `loadKernels` refuses. */
export function simdSupported(): boolean {
  return typeof WebAssembly === 'object' && WebAssembly.validate(SIMD_PROBE);
}

function decode(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

const compiled = new Map<'release' | 'debug', Promise<WebAssembly.Module>>();

function compile(build: 'release' | 'debug'): Promise<WebAssembly.Module> {
  let module = compiled.get(build);
  if (!module) {
    module =
      build === 'release'
        ? WebAssembly.compile(decode(releaseCoverage))
        : import('./generated/coverage.debug.ts').then(({ wasm }) => WebAssembly.compile(decode(wasm)));
    compiled.set(build, module);
  }
  return module;
}

/**
 * Makes a new instance with its own memory (2 MiB at first). The module is compiled once per realm. `debug` takes the
 * unoptimized build with names, for stack traces.
 *
 * @throws SemcrcError `unsupported` where WebAssembly or its SIMD is missing, or memory cannot be had.
 */
export async function loadKernels(options: { readonly debug?: boolean } = {}): Promise<Kernels> {
  if (!simdSupported()) {
    throw new SemcrcError(
      'unsupported',
      'this machine runs no WebAssembly SIMD (fixed-width 128-bit), which the kernels need; ' +
        'expected Node 20 or later, Chrome 91, Firefox 89 or Safari 16.4',
    );
  }
  const module = await compile(options.debug ? 'debug' : 'release');
  let memory: WebAssembly.Memory;
  try {
    memory = new WebAssembly.Memory({ initial: SCRATCH_END / PAGE, maximum: MAXIMUM_PAGES });
  } catch (cause) {
    throw new SemcrcError(
      'unsupported',
      'no address space left for another kernel memory; use fewer instances',
      {
        cause,
      },
    );
  }
  const instance = await WebAssembly.instantiate(module, { env: { memory } });
  return new Instance(memory, instance.exports as unknown as CoverageExports);
}
