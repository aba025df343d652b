import { describe, expect, it } from 'vitest';
import { orientationOf } from '../src/grid/orientation.ts';
import {
  type Affine,
  axisCodes,
  cornerDistance,
  identityAffine,
  invertAffine,
  isOblique,
  makeGrid,
  makeVolume,
  multiplyAffines,
  obliquity,
  rasGrid,
  reorientToRas,
  turnToRas,
} from '../src/index.ts';
import { golden, worstDifference } from './goldens.ts';

interface Case {
  readonly affine: Affine;
  readonly axes: readonly number[];
  readonly signs: readonly number[];
  readonly shape: readonly [number, number, number];
  readonly canonicalAffine: Affine;
  readonly canonicalShape: readonly number[];
  readonly canonicalOrder: readonly number[];
}

const cases = golden<readonly Case[]>('orientation.json');

describe('orientation', () => {
  it('finds the closest axes that nibabel finds, for all 48 axis orders and for oblique, sheared affines', () => {
    for (const { affine, axes, signs } of cases) {
      const found = orientationOf(affine);
      expect(found.map(({ axis }) => axis)).toEqual(axes);
      expect(found.map(({ flipped }) => (flipped ? -1 : 1))).toEqual(signs);
    }
  });

  it('reorders voxels and affine as as_closest_canonical does, images and labels alike', () => {
    for (const { affine, axes, shape, canonicalAffine, canonicalShape, canonicalOrder } of cases) {
      const [width, height, slices] = shape;
      const order = Uint16Array.from({ length: width * height * slices }, (_, i) => i);
      const labels = reorientToRas(makeVolume(order, [slices, height, width], affine));
      const image = reorientToRas(makeVolume(Float32Array.from(order), [slices, height, width], affine));
      expect([...labels.data]).toEqual(canonicalOrder);
      expect([...image.data]).toEqual(canonicalOrder);
      expect([...labels.shape].reverse()).toEqual(canonicalShape);
      // nibabel leaves the last row of a reordered affine to matrix products; both are exact up to rounding.
      expect(worstDifference(image.affine, canonicalAffine)).toBeLessThan(1e-13);
      expect(axisCodes(image.affine)).toBe('RAS');
      expect(reorientToRas(image)).toBe(image);
      const own = makeVolume(Uint16Array.from(order), [slices, height, width], affine);
      const flipsOnly = axes.every((axis, i) => axis === i);
      const turned = turnToRas(own);
      expect(turned).toEqual(labels);
      expect(turned.data === own.data).toBe(flipsOnly);
      const { shape: newShape, affine: newAffine, spacing } = image;
      expect(rasGrid(makeGrid([slices, height, width], affine))).toEqual({
        shape: newShape,
        affine: newAffine,
        spacing,
      });
    }
  });

  it('calls an affine oblique from a rotation of 1e-3 rad on', () => {
    const turned = (angle: number): Affine => [
      ...[0.8 * Math.cos(angle), -0.8 * Math.sin(angle), 0, 5],
      ...[0.8 * Math.sin(angle), 0.8 * Math.cos(angle), 0, -7],
      ...[0, 0, 2.5, 0, 0, 0, 0, 1],
    ];
    expect(isOblique(turned(0))).toBe(false);
    expect(isOblique(turned(9e-4))).toBe(false);
    expect(isOblique(turned(1.1e-3))).toBe(true);
    expect(isOblique(turned(Math.PI + 0.2))).toBe(true);
    expect(obliquity(turned(-0.3))).toBeCloseTo(0.3, 12);
  });
});

describe('affines', () => {
  it('undo themselves', () => {
    for (const { affine } of cases) {
      expect(worstDifference(multiplyAffines(affine, invertAffine(affine)), identityAffine)).toBeLessThan(
        1e-10,
      );
    }
  });

  it('are as far apart as the corner voxel they disagree on most', () => {
    const moved = [...identityAffine];
    moved[0] = 1.5;
    moved[7] = 2;
    expect(cornerDistance(identityAffine, moved, [5, 4, 9])).toBeCloseTo(Math.hypot(0.5 * 8, 2), 12);
    expect(cornerDistance(moved, moved, [5, 4, 9])).toBe(0);
  });

  it('without three axes cannot be inverted', () => {
    const flat = [1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    expect(() => invertAffine(flat)).toThrow(/cannot be inverted/);
    expect(() => axisCodes(flat)).toThrow(/no orientation/);
  });
});
