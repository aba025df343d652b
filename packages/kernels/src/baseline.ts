import type { KernelMemory } from './arena.ts';
import { SemcrcError } from './error.ts';
import { wasm as release } from './generated/baseline.release.ts';
import { type Builds, instantiate } from './module.ts';
import { ScopedInstance } from './scoped-instance.ts';

interface BaselineExports {
  edgePreservingMean(...args: number[]): void;
  denseNetwork(...args: number[]): void;
  denseForward(...args: number[]): void;
  denseBackward(...args: number[]): void;
  adamStep(...args: number[]): void;
}

/** An instance of the kernels of the baseline predictor, with its own memory, which keeps the size of the largest job. */
export interface BaselineKernels {
  readonly memory: KernelMemory;
}

/** What the faces see of an instance. */
export class BaselineInstance extends ScopedInstance<BaselineExports> implements BaselineKernels {}

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
