import type { KernelMemory } from './arena.ts';
import { SemcrcError } from './error.ts';
import { wasm as release } from './generated/resample.release.ts';
import { type Builds, instantiate } from './module.ts';
import { ScopedInstance } from './scoped-instance.ts';

interface ResampleExports {
  linearSlice(...args: number[]): void;
  nearestSlice(...args: number[]): void;
  linearRow(...args: number[]): void;
  nearestRow(...args: number[]): void;
}

/** An instance of the resampling kernels with its own memory, which keeps the size of the largest job. */
export interface Resampler {
  readonly memory: KernelMemory;
}

/** What the faces see of an instance. */
export class ResamplerInstance extends ScopedInstance<ResampleExports> implements Resampler {}

const BUILDS: Builds = { release, debug: () => import('./generated/resample.debug.ts') };

/**
 * Makes an instance of the resampling kernels. The module is compiled once per realm. `debug` takes the unoptimized
 * build with names, for stack traces.
 *
 * @throws SemcrcError `unsupported` where WebAssembly or its SIMD is missing.
 */
export async function loadResampler({
  debug = false,
}: {
  readonly debug?: boolean;
} = {}): Promise<Resampler> {
  const { memory, exports } = await instantiate(BUILDS, { debug, bytes: 1024 });
  return new ResamplerInstance(memory, exports as unknown as ResampleExports);
}

/** The instance behind the public interface. */
export function resamplerInstance(resampler: Resampler): ResamplerInstance {
  if (resampler instanceof ResamplerInstance) return resampler;
  throw new SemcrcError('usage', 'expected a resampler made by loadResampler() of this same package');
}
