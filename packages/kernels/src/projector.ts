import type { KernelMemory } from './arena.ts';
import { SemcrcError } from './error.ts';
import { wasm as release } from './generated/projector.release.ts';
import { type Builds, instantiate } from './module.ts';
import { ScopedInstance } from './scoped-instance.ts';

interface ProjectorExports {
  projectCone(...args: number[]): void;
  projectStack(...args: number[]): void;
  backProjectCone(...args: number[]): void;
  backProjectSlice(...args: number[]): void;
  backProjectStack(...args: number[]): void;
  normalizeTile(...args: number[]): void;
}

/** An instance of the projection kernels with its own memory, which keeps the size of the largest job. */
export interface Projector {
  readonly memory: KernelMemory;
}

/** What the faces see of an instance. */
export class ProjectorInstance extends ScopedInstance<ProjectorExports> implements Projector {}

const BUILDS: Builds = { release, debug: () => import('./generated/projector.debug.ts') };

/**
 * Makes an instance of the projection kernels. The module is compiled once per realm. `debug` takes the unoptimized
 * build with names, for stack traces.
 *
 * @throws SemcrcError `unsupported` where WebAssembly or its SIMD is missing.
 */
export async function loadProjector({
  debug = false,
}: {
  readonly debug?: boolean;
} = {}): Promise<Projector> {
  const { memory, exports } = await instantiate(BUILDS, { debug, bytes: 1024 });
  return new ProjectorInstance(memory, exports as unknown as ProjectorExports);
}

/** The instance behind the public interface. */
export function projectorInstance(projector: Projector): ProjectorInstance {
  if (projector instanceof ProjectorInstance) return projector;
  throw new SemcrcError('usage', 'expected a projector made by loadProjector() of this same package');
}
