import { type KernelMemory, MAXIMUM_PAGES, PAGE } from './arena.ts';
import { SemcrcError } from './error.ts';

/** The two builds of one AssemblyScript entry, in base64; the debug one is fetched only when asked for. */
export interface Builds {
  readonly release: string;
  readonly debug: () => Promise<{ readonly wasm: string }>;
}

/** (module (func (drop (i8x16.splat (i32.const 0))))): valid only where 128-bit SIMD is. */
const SIMD_PROBE = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 9, 1, 7, 0, 65, 0, 253, 15, 26, 11],
);

/** True if this machine's WebAssembly has 128-bit SIMD, without which nothing here loads. */
export function simdSupported(): boolean {
  return typeof WebAssembly === 'object' && WebAssembly.validate(SIMD_PROBE);
}

type Modules = WeakMap<Builds, Promise<WebAssembly.Module>>;
const compiled: Record<'release' | 'debug', Modules> = { release: new WeakMap(), debug: new WeakMap() };

async function compile(builds: Builds, debug: boolean): Promise<WebAssembly.Module> {
  const base64 = debug ? (await builds.debug()).wasm : builds.release;
  return WebAssembly.compile(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
}

/**
 * Instantiates a module with a new memory of `bytes` (rounded up to pages). It is compiled once per realm and build.
 *
 * @throws SemcrcError `unsupported` where WebAssembly or its SIMD is missing, or memory cannot be had.
 */
export async function instantiate(
  builds: Builds,
  { debug, bytes }: { readonly debug: boolean; readonly bytes: number },
): Promise<{ readonly memory: KernelMemory; readonly exports: object }> {
  if (!simdSupported()) {
    throw new SemcrcError(
      'unsupported',
      'this machine runs no WebAssembly SIMD (fixed-width 128-bit), which the kernels need; ' +
        'expected Node 20 or later, Chrome 91, Firefox 89 or Safari 16.4',
    );
  }
  const modules = compiled[debug ? 'debug' : 'release'];
  const module = modules.get(builds) ?? compile(builds, debug);
  modules.set(builds, module);
  const memory = reserve(Math.ceil(bytes / PAGE));
  const { exports } = await WebAssembly.instantiate(await module, { env: { memory } });
  return { memory, exports };
}

function reserve(initial: number): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial, maximum: MAXIMUM_PAGES });
  } catch (cause) {
    const message = 'no address space left for another kernel memory; use fewer instances';
    throw new SemcrcError('unsupported', message, { cause });
  }
}
