import { type Affine, cornerDistance, multiplyAffines } from './affine.ts';
import { fileOrder, rasGrid } from './orientation.ts';
import type { Grid } from './volume.ts';

/** Whether the voxels of two files stand at the same places. */
export type GridAgreement =
  /** `affine`: that of the other file with the reference's own numbers, so that rounding in headers moves no voxel. */
  | { readonly state: 'same'; readonly affine: Affine }
  | { readonly state: 'turned'; readonly affine: Affine }
  | { readonly state: 'other-shape' }
  /** `distance`: the largest between corners, in mm. */
  | { readonly state: 'apart'; readonly distance: number };

/**
 * Holds the grid of a file against a reference: the same voxels in the same order, the same in another order of axes
 * (`turned`), or others.
 *
 * @param tolerance how far corner voxels may stand apart, in mm.
 */
export function compareGrids(reference: Grid, other: Grid, tolerance: number): GridAgreement {
  const sameShape = (a: Grid, b: Grid) => a.shape.join() === b.shape.join();
  if (sameShape(reference, other)) {
    const distance = cornerDistance(reference.affine, other.affine, reference.shape);
    if (distance <= tolerance) return { state: 'same', affine: reference.affine };
  }
  const [first, second] = [rasGrid(reference), rasGrid(other)];
  if (!sameShape(first, second)) return { state: 'other-shape' };
  const distance = cornerDistance(first.affine, second.affine, first.shape);
  if (distance > tolerance) return { state: 'apart', distance };
  return { state: 'turned', affine: multiplyAffines(first.affine, fileOrder(other)) };
}

/** The tolerance of {@link compareGrids} that is a share of the smallest side of a voxel. */
export function shareOfVoxel({ spacing }: Grid, share: number): number {
  return share * Math.min(...spacing);
}
