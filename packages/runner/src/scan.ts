import { loadProjector, type Projector, SemcrcError } from '@semcrc/kernels';
import { largestIntegral, projectViews, type SinogramFacts, sliceSlabs, viewBlocks } from '@semcrc/scanner';
import {
  beginReconstruction,
  beginSinogram,
  finishBlock,
  finishReconstruction,
  finishSinogram,
  largestOfBlock,
  openSinogram,
  type ReconstructionPlace,
  type StoredSinogram,
  writeBlock,
  writeSlab,
} from '@semcrc/scanner/node';
import type { Executor, Workbench } from './executor.ts';
import { lanesFor, runConcurrently } from './run-concurrently.ts';
import { toSharedMemory } from './shared-memory.ts';

/** What every job of one scan shares. */
export type ScanSession =
  | {
      readonly kind: 'projection';
      readonly facts: SinogramFacts;
      /** Voxels as they are scanned, x fastest, in memory that all threads see. */
      readonly voxels: Float32Array;
      /** Of the sinogram. */
      readonly path: string;
    }
  | {
      readonly kind: 'reconstruction';
      /** Path of the sinogram, and of the image. */
      readonly sinogram: string;
      readonly path: string;
    };

/** The jobs of a scan; each leaves its part in the draft of the result. */
export interface ScanJobs {
  /** Input: a block of views. Output: its largest integral. */
  readonly project: { readonly input: number; readonly output: number };
  /** Output: the largest integral of a block that was projected before. */
  readonly largest: { readonly input: number; readonly output: number };
  /** Adds noise, given the largest integral of the whole scan. */
  readonly finish: {
    readonly input: { readonly block: number; readonly maximum: number };
    readonly output: null;
  };
  /** Input: a slab of slices. */
  readonly reconstruct: { readonly input: number; readonly output: null };
}

/** Where a scan's jobs are done. */
export type ScanExecutor = Executor<ScanSession, ScanJobs>;

export interface ScanRunOptions {
  readonly executor: ScanExecutor;
  /** Whether a result of other content at the same place gives way; default `keep`: it is an error. */
  readonly replace?: 'keep' | 'replace';
  /** Gives up; parts written so far are kept, and the next call goes on from them. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: { readonly done: number; readonly total: number }) => void) | undefined;
}

/**
 * Projects a volume into a sinogram at `path`, several blocks of views at a time, and adds its noise. Interrupted at any
 * moment it can be called again and goes on where it stood.
 *
 * @param voxels as they are scanned: of the shape and grid in `facts`.
 * @returns `unchanged` when this sinogram stands there already.
 * @throws SemcrcError `usage` when something else stands at the path; `bad-input` when it cannot be written; `interrupted`.
 */
export async function runProjection(
  voxels: Float32Array,
  facts: SinogramFacts,
  path: string,
  { executor, replace = 'keep', signal, onProgress }: ScanRunOptions,
): Promise<'written' | 'unchanged'> {
  const progress = await beginSinogram(path, facts, replace);
  if (progress.state === 'finished') return 'unchanged';
  const session: ScanSession = { kind: 'projection', facts, voxels: toSharedMemory(voxels), path };
  const blocks = viewBlocks(facts.geometry).map((_, block) => block);
  const pending = new Set(progress.pending);
  // A block is done when it is projected and when it has its noise.
  const total = 2 * blocks.length;
  let done = 0;
  let maximum = 0;
  const step = (): void => onProgress?.({ done: ++done, total });
  await runConcurrently(signal, lanesFor(executor), blocks, async (block, either) => {
    const kind = pending.has(block) ? 'project' : 'largest';
    const name = `views of block ${block}`;
    // Awaited on a line of its own: `maximum` must be read after, as other blocks end meanwhile.
    const largest = await executor.run({ session, kind, input: block, name, signal: either });
    maximum = Math.max(maximum, largest);
    step();
  });
  await runConcurrently(signal, lanesFor(executor), blocks, async (block, either) => {
    const input = { block, maximum };
    await executor.run({ session, kind: 'finish', input, name: `noise of block ${block}`, signal: either });
    step();
  });
  await finishSinogram(path, facts);
  return 'written';
}

/**
 * Reconstructs a sinogram into an image (and a completeness map) on the grid of the file that was scanned, several slabs
 * at a time. Interrupted at any moment it can be called again and goes on where it stood.
 *
 * @throws SemcrcError `usage` when a file stands at a place and may not be replaced; `bad-input` for a sinogram that is
 *   damaged; `interrupted`.
 */
export async function runReconstruction(
  sinogram: string,
  place: ReconstructionPlace,
  { executor, replace = 'keep', signal, onProgress }: ScanRunOptions,
): Promise<SinogramFacts> {
  const { facts } = await openSinogram(sinogram);
  const pending = await beginReconstruction(place, facts, replace);
  const total = sliceSlabs(facts.geometry).length;
  let done = total - pending.length;
  onProgress?.({ done, total });
  const session: ScanSession = { kind: 'reconstruction', sinogram, path: place.path };
  await runConcurrently(signal, lanesFor(executor), pending, async (slab, either) => {
    await executor.run({ session, kind: 'reconstruct', input: slab, name: `slab ${slab}`, signal: either });
    onProgress?.({ done: ++done, total });
  });
  await finishReconstruction(place, facts, replace);
  return facts;
}

/** Projects and reconstructs, one part at a time. */
export class ScanWorkbench implements Workbench<ScanSession, ScanJobs> {
  #projector: Projector | undefined;
  #session: ScanSession | undefined;
  #sinogram: StoredSinogram | undefined;

  async begin(session: ScanSession): Promise<void> {
    this.#projector ??= await loadProjector();
    this.#session = session;
    this.#sinogram = session.kind === 'reconstruction' ? await openSinogram(session.sinogram) : undefined;
  }

  async perform<Kind extends keyof ScanJobs>(
    kind: Kind,
    input: ScanJobs[Kind]['input'],
  ): Promise<ScanJobs[Kind]['output']> {
    if (!this.#session || !this.#projector)
      throw new SemcrcError('internal', 'a job came before its session');
    const { path } = this.#session;
    if (this.#session.kind === 'reconstruction') {
      await writeSlab(this.#projector, path, this.#sinogram as StoredSinogram, input as number);
      return null as ScanJobs[Kind]['output'];
    }
    const { facts, voxels } = this.#session;
    if (kind === 'finish') {
      const { block, maximum } = input as ScanJobs['finish']['input'];
      await finishBlock(path, facts, block, maximum);
      return null as ScanJobs[Kind]['output'];
    }
    const block = input as number;
    if (kind === 'largest') return largestOfBlock(path, facts, block);
    const { geometry } = facts;
    const volume = { data: voxels, shape: geometry.shape };
    const integrals = projectViews(this.#projector, volume, geometry, viewBlocks(geometry)[block]);
    await writeBlock(path, block, integrals);
    return largestIntegral(integrals);
  }
}
