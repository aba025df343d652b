import { Arena, type KernelMemory } from './arena.ts';
import { SemcrcError } from './error.ts';
import { wasm as release } from './generated/baseline.release.ts';
import { type Builds, instantiate } from './module.ts';

interface BaselineExports {
  edgePreservingMean(...args: number[]): void;
  denseNetwork(...args: number[]): void;
}

/** An instance of the kernels of the baseline predictor, with its own memory, which keeps the size of the largest job. */
export interface BaselineKernels {
  readonly memory: KernelMemory;
}

/** What the faces see of an instance. */
export class BaselineInstance implements BaselineKernels {
  readonly memory: KernelMemory;
  readonly raw: BaselineExports;
  readonly #arena: Arena;

  constructor(memory: KernelMemory, raw: BaselineExports) {
    this.memory = memory;
    this.raw = raw;
    this.#arena = new Arena(memory, 1024);
  }

  /** Runs `body` with all it allocates freed behind it. */
  scoped(body: (arena: Arena) => void): void {
    const mark = this.#arena.mark();
    try {
      body(this.#arena);
    } finally {
      this.#arena.release(mark);
    }
  }
}

const BUILDS: Builds = { release, debug: () => import('./generated/baseline.debug.ts') };

/**
 * Makes an instance of the baseline predictor's kernels. The module is compiled once per realm. `debug` takes the
 * unoptimized build with names, for stack traces.
 *
 * @throws SemcrcError `unsupported` where WebAssembly or its SIMD is missing.
 */
export async function loadBaselineKernels({
  debug = false,
}: {
  readonly debug?: boolean;
} = {}): Promise<BaselineKernels> {
  const { memory, exports } = await instantiate(BUILDS, { debug, bytes: 1024 });
  return new BaselineInstance(memory, exports as unknown as BaselineExports);
}

/** The instance behind the public interface. */
export function baselineInstance(kernels: BaselineKernels): BaselineInstance {
  if (kernels instanceof BaselineInstance) return kernels;
  throw new SemcrcError('usage', 'expected kernels made by loadBaselineKernels() of this same package');
}
