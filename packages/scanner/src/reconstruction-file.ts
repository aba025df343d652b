import { type Grid, makeGrid, makeVolume, orientTo, type Volume } from '@semcrc/imaging';
import {
  type AtomicFile,
  checkOutput,
  commitTogether,
  NiftiWriter,
  type OutputRules,
} from '@semcrc/imaging/node';
import { type BackProjection, type Projector, SemcrcError } from '@semcrc/kernels';
import type { Span } from './beams.ts';
import { digestOf } from './digest.ts';
import { Draft, exists, type Replace } from './draft.ts';
import { reconstructSlab, viewsFor } from './reconstruct.ts';
import { type SinogramFacts, sliceSlabs } from './sinogram.ts';
import type { StoredSinogram } from './sinogram-store.ts';

/** Where a reconstruction goes. */
export interface ReconstructionPlace {
  /** NIfTI file of the image. */
  readonly path: string;
  /** NIfTI file of the completeness map, if it is wanted. */
  readonly completeness: string | null;
}

const imageName = (slab: number) => `image-${slab}.f32`;
const shareName = (slab: number) => `completeness-${slab}.f32`;

function voxelsOf({ geometry: { shape } }: SinogramFacts, { from, to }: Span): number {
  return (to - from) * shape[1] * shape[2];
}

/**
 * Begins a reconstruction, or takes up one that was interrupted: its slabs wait in `<path>.partial`.
 *
 * @returns numbers of the slabs of {@link sliceSlabs} that are not there.
 * @throws SemcrcError `usage` when a file stands at a place and may not be replaced.
 */
export async function beginReconstruction(
  { path, completeness }: ReconstructionPlace,
  facts: SinogramFacts,
  replace: Replace = 'keep',
): Promise<readonly number[]> {
  for (const place of [path, completeness]) if (place !== null) checkOutput(place, rulesOf(replace));
  const draft = await Draft.begin(path, digestOf([facts, 'image']), replace);
  const pending: number[] = [];
  for (const [slab, span] of sliceSlabs(facts.geometry).entries()) {
    const voxels = voxelsOf(facts, span);
    const there = await Promise.all([imageName, shareName].map((name) => draft.has(name(slab), voxels)));
    if (!there.every(Boolean)) pending.push(slab);
  }
  return pending;
}

function rulesOf(replace: Replace): OutputRules {
  return { mayReplace: () => replace === 'replace' };
}

/** Reconstructs one slab from a stored sinogram and keeps it in the draft. */
export async function writeSlab(
  projector: Projector,
  path: string,
  sinogram: StoredSinogram,
  slab: number,
): Promise<void> {
  const draft = Draft.of(path);
  const { data, completeness } = await reconstructStored(
    projector,
    sinogram,
    sliceSlabs(sinogram.facts.geometry)[slab],
  );
  await draft.write(imageName(slab), data);
  await draft.write(shareName(slab), completeness);
}

/** Reconstructs slices of a stored sinogram, reading only what they need. */
export async function reconstructStored(
  projector: Projector,
  { facts: { geometry }, read }: StoredSinogram,
  span: Span,
): Promise<BackProjection> {
  const needed = viewsFor(geometry, span);
  if (geometry.kind === 'helix') {
    return reconstructSlab(projector, geometry, { ...needed, data: await read(needed) }, span);
  }
  // Slices are scans of their own.
  const slices = span.to - span.from;
  const [, height, width] = geometry.shape;
  const part = { ...geometry, shape: [slices, height, width] as const, rows: slices };
  const data = await read(needed, span);
  return reconstructSlab(projector, part, { ...needed, data }, { from: 0, to: slices });
}

/** The grid that was scanned, and the file's own that results go back to. */
function gridsOf({ geometry, volume }: SinogramFacts): { readonly scanned: Grid; readonly file: Grid } {
  return {
    scanned: makeGrid(geometry.shape, volume.affine),
    file: makeGrid(volume.source.shape, volume.source.affine),
  };
}

/**
 * Puts the image (and the completeness map) in place once every slab is there, on the grid of the file that was scanned.
 *
 * @throws SemcrcError `bad-input` when the disk is full or fails; `usage` when a slab is missing.
 */
export async function finishReconstruction(
  { path, completeness }: ReconstructionPlace,
  facts: SinogramFacts,
  replace: Replace = 'keep',
): Promise<void> {
  const draft = Draft.of(path);
  if (!(await exists(draft.folder))) {
    throw new SemcrcError('usage', `${path} was not begun: begin the reconstruction first`);
  }
  const files: AtomicFile[] = [];
  const outputs = [[completeness, shareName] as const, [path, imageName] as const];
  for (const [place, name] of outputs) {
    if (place === null) continue;
    const volume = await assemble(draft, facts, name);
    const writer = await NiftiWriter.create(place, volume.shape, volume.affine, 'float32', {
      rules: rulesOf(replace),
    });
    await writer.write(volume.data);
    files.push(await writer.complete());
  }
  await commitTogether(files);
  await draft.remove();
}

async function assemble(draft: Draft, facts: SinogramFacts, name: (slab: number) => string): Promise<Volume> {
  const { scanned, file } = gridsOf(facts);
  const [slices, height, width] = scanned.shape;
  const data = new Float32Array(slices * height * width);
  for (const [slab, span] of sliceSlabs(facts.geometry).entries()) {
    data.set(await draft.read(name(slab), voxelsOf(facts, span)), span.from * height * width);
  }
  return orientTo(makeVolume(data, scanned.shape, scanned.affine), file);
}
