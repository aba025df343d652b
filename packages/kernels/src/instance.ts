import { Arena, type KernelMemory, PAGE } from './arena.ts';
import type { CoverageExports } from './coverage.ts';
import { SemcrcError } from './error.ts';
import { wasm as release } from './generated/coverage.release.ts';
import { type Builds, instantiate } from './module.ts';

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
  readonly memory: KernelMemory;
  /** Where to allocate arrays on `memory`. */
  readonly arena: Arena;
}

/** Scratch for staging: below the arena, so that staging never moves or grows anything. */
const SCRATCH_START = PAGE;
const SCRATCH_END = 2 << 20;

/** How much scratch was taken when a scope was opened. */
interface Scope {
  readonly scratch: number;
  readonly arena: number;
}

/** What the kernel faces see of an instance. */
export class Instance implements Kernels {
  readonly memory: KernelMemory;
  readonly arena: Arena;
  readonly raw: CoverageExports;
  readonly #scratch: Arena;

  constructor(memory: KernelMemory, raw: CoverageExports) {
    this.memory = memory;
    this.raw = raw;
    this.#scratch = new Arena(memory, SCRATCH_START);
    this.arena = new Arena(memory, SCRATCH_END);
  }

  /** Runs `body` and then frees the scratch it took. */
  scoped<T>(body: () => T): T {
    const scope = this.open();
    try {
      return body();
    } finally {
      this.close(scope);
    }
  }

  /** `scoped` for faces called so often that a closure, which is compiled apart, would cost: `close` must follow. */
  open(): Scope {
    return { scratch: this.#scratch.mark(), arena: this.arena.mark() };
  }

  /** Frees the scratch taken since a scope was opened. */
  close({ scratch, arena }: Scope): void {
    this.#scratch.release(scratch);
    this.arena.release(arena);
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
  takeCopy(values: Float32Array | Float64Array | Uint32Array | Uint8Array): number {
    const { byteOffset, byteLength } = values;
    const own = values.buffer === this.memory.buffer;
    const address = this.take(byteLength);
    // Taking room may have grown the memory and so detached a view on it.
    const source = new Uint8Array(own ? this.memory.buffer : values.buffer, byteOffset, byteLength);
    new Uint8Array(this.memory.buffer, address, byteLength).set(source);
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

const BUILDS: Builds = { release, debug: () => import('./generated/coverage.debug.ts') };

/**
 * Makes a new instance with its own memory (2 MiB at first). The module is compiled once per realm. `debug` takes the
 * unoptimized build with names, for stack traces.
 *
 * @throws SemcrcError `unsupported` where WebAssembly or its SIMD is missing, or memory cannot be had.
 */
export async function loadKernels(options: { readonly debug?: boolean } = {}): Promise<Kernels> {
  const { memory, exports } = await instantiate(BUILDS, {
    debug: options.debug ?? false,
    bytes: SCRATCH_END,
  });
  return new Instance(memory, exports as unknown as CoverageExports);
}
