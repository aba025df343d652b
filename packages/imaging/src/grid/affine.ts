import { SemcrcError } from '@semcrc/kernels';

/**
 * Voxel index (x, y, z) to millimetres in RAS+ (x to the right, y to the front, z up): a 4 × 4 matrix, 16 numbers
 * row by row, the last row 0 0 0 1. Integer indices are voxel centres.
 */
export type Affine = readonly number[];

/** Three numbers in the order x, y, z. */
export type Vector3 = readonly [number, number, number];

/** Slices, height and width: the sizes along z, y and x, slowest axis first. */
export type Shape = readonly [slices: number, height: number, width: number];

/** The affine whose voxel indices are millimetres. */
export const identityAffine: Affine = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];

/** a · b: first b, then a. */
export function multiplyAffines(a: Affine, b: Affine): Affine {
  const product = new Array<number>(16).fill(0);
  for (let row = 0; row < 4; row++) {
    for (let column = 0; column < 4; column++) {
      let sum = 0;
      for (let k = 0; k < 4; k++) sum += a[row * 4 + k] * b[k * 4 + column];
      product[row * 4 + column] = sum;
    }
  }
  return product;
}

function determinant3(m: Affine): number {
  return (
    m[0] * (m[5] * m[10] - m[6] * m[9]) -
    m[1] * (m[4] * m[10] - m[6] * m[8]) +
    m[2] * (m[4] * m[9] - m[5] * m[8])
  );
}

/** Whether every entry is finite and the three axes span space (volume of a voxel against its edges > 1e-9). */
export function isInvertible(affine: Affine): boolean {
  if (!affine.every(Number.isFinite)) return false;
  const [x, y, z] = spacingOf(affine);
  const box = x * y * z;
  return box > 0 && Number.isFinite(box) && Math.abs(determinant3(affine)) > 1e-9 * box;
}

/** The inverse: millimetres to voxel indices. @throws SemcrcError `bad-input` when the axes do not span space. */
export function invertAffine(m: Affine): Affine {
  if (!isInvertible(m)) {
    throw new SemcrcError('bad-input', `affine cannot be inverted: ${m.slice(0, 12).join(' ')}`);
  }
  const d = determinant3(m);
  const inverse = [
    (m[5] * m[10] - m[6] * m[9]) / d,
    (m[2] * m[9] - m[1] * m[10]) / d,
    (m[1] * m[6] - m[2] * m[5]) / d,
    (m[6] * m[8] - m[4] * m[10]) / d,
    (m[0] * m[10] - m[2] * m[8]) / d,
    (m[2] * m[4] - m[0] * m[6]) / d,
    (m[4] * m[9] - m[5] * m[8]) / d,
    (m[1] * m[8] - m[0] * m[9]) / d,
    (m[0] * m[5] - m[1] * m[4]) / d,
  ];
  const result: number[] = [];
  for (let row = 0; row < 3; row++) {
    const [a, b, c] = inverse.slice(row * 3, row * 3 + 3);
    result.push(a, b, c, -(a * m[3] + b * m[7] + c * m[11]));
  }
  return [...result, 0, 0, 0, 1];
}

/** Where the affine takes the point (x, y, z). */
export function applyAffine(m: Affine, x: number, y: number, z: number): Vector3 {
  return [
    m[0] * x + m[1] * y + m[2] * z + m[3],
    m[4] * x + m[5] * y + m[6] * z + m[7],
    m[8] * x + m[9] * y + m[10] * z + m[11],
  ];
}

/** Distance in mm between neighbouring voxel centres along x, y and z. */
export function spacingOf(m: Affine): Vector3 {
  return [Math.hypot(m[0], m[4], m[8]), Math.hypot(m[1], m[5], m[9]), Math.hypot(m[2], m[6], m[10])];
}

/** The affine of the slices (along z) of a volume from `first` on. */
export function sliceAffine(affine: Affine, first: number): Affine {
  return first === 0 ? affine : affine.map((v, i) => (i % 4 === 3 && i < 12 ? v + first * affine[i - 1] : v));
}

/** The eight corner voxels of a grid, as voxel indices (x, y, z). */
export function cornersOf([slices, height, width]: Shape): readonly Vector3[] {
  const corners: Vector3[] = [];
  for (const x of [0, width - 1]) {
    for (const y of [0, height - 1]) {
      for (const z of [0, slices - 1]) corners.push([x, y, z]);
    }
  }
  return corners;
}

/** The largest distance in mm between where two affines put the same corner voxel of a grid. */
export function cornerDistance(a: Affine, b: Affine, shape: Shape): number {
  let largest = 0;
  for (const [x, y, z] of cornersOf(shape)) {
    const p = applyAffine(a, x, y, z);
    const q = applyAffine(b, x, y, z);
    largest = Math.max(largest, Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]));
  }
  return largest;
}
