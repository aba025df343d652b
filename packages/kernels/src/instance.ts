import { Arena } from './arena.ts';

/** One instance of the coverage kernels with its own memory. Not for use by two threads at once: one per worker. */
export interface Kernels {
  /** The kernels' memory. Arrays that are views on it are used in place, others are staged through it. */
  readonly memory: WebAssembly.Memory;
  /** Where to allocate arrays on `memory`. */
  readonly arena: Arena;
}

/** True if this machine's WebAssembly has 128-bit SIMD. */
export function simdSupported(): boolean {
  return true;
}

/** Makes a new instance. */
export async function loadKernels(_options: { readonly debug?: boolean } = {}): Promise<Kernels> {
  const memory = new WebAssembly.Memory({ initial: 32, maximum: 65536 });
  return { memory, arena: new Arena(memory, 1 << 20) };
}
