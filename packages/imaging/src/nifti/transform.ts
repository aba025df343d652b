import type { Affine, Vector3 } from '../grid/affine.ts';

/** Where a header's affine comes from. */
export type AffineSource = 'sform' | 'qform' | 'base';

/** The rotation of a quaternion (b, c, d) with a ≥ 0 filled in, row-major 3 × 3; null when it is none. */
function rotationOf([b, c, d]: Vector3, tolerance: number): number[] | null {
  const squared = b * b + c * c + d * d;
  // A hair above one is rounding, and a is 0 then. What is further off (nibabel stops there) is scaled to a half turn,
  // as the NIfTI reference library has it, so long as it can still be rounding in the program that wrote it.
  if (!(squared <= 1.02)) return null;
  const aSquared = 1 - squared;
  const a = Math.abs(aSquared) < tolerance || aSquared < 0 ? 0 : Math.sqrt(aSquared);
  const s = 2 / (a * a + squared);
  return [
    1 - s * (c * c + d * d),
    s * (b * c - a * d),
    s * (b * d + a * c),
    s * (b * c + a * d),
    1 - s * (b * b + d * d),
    s * (c * d - a * b),
    s * (b * d - a * c),
    s * (c * d + a * b),
    1 - s * (b * b + c * c),
  ];
}

/**
 * The affine of a qform: rotation · spacing, the third axis flipped when qfac is −1.
 *
 * @param tolerance how far 1 − (b² + c² + d²) may be from 0 and still mean a half turn: 3 epsilons of the
 *   precision the header stores.
 * @returns null when (b, c, d) is no rotation, not even nearly.
 */
export function qformAffine(
  quaternion: Vector3,
  offset: Vector3,
  spacing: Vector3,
  qfac: 1 | -1,
  tolerance: number,
): Affine | null {
  const r = rotationOf(quaternion, tolerance);
  if (r === null) return null;
  const scale = [spacing[0], spacing[1], spacing[2] * qfac];
  const rows = [0, 1, 2].flatMap((row) => [
    ...[0, 1, 2].map((column) => r[row * 3 + column] * scale[column]),
    offset[row],
  ]);
  return [...rows, 0, 0, 0, 1];
}

/**
 * The affine of a header without sform and qform, as nibabel has it: the spacing, x running to the left, the middle
 * of the volume at 0.
 */
export function baseAffine(sizes: Vector3, spacing: Vector3): Affine {
  const [x, y, z] = spacing;
  const origin = sizes.map((size) => (size - 1) / 2);
  return [-x, 0, 0, origin[0] * x, 0, y, 0, -origin[1] * y, 0, 0, z, -origin[2] * z, 0, 0, 0, 1];
}
