import { describe, expect, it } from 'vitest';
import { checkScannable, fieldRadius, limitsMet, planFan, planHelix, truncatedShare } from '../src/index.ts';

const shape = [2, 6, 6] as const;
const volume = (at: number, value: number) => {
  const data = new Float32Array(72);
  data[at] = value;
  return { data, shape };
};

describe('a volume to scan', () => {
  it('holds intensities of the window; HU and what is no number are refused at their voxel', () => {
    expect(() => checkScannable(volume(3, 1.2), 'ct.nii.gz')).not.toThrow();
    expect(() => checkScannable(volume(36 + 6 + 2, -175), 'ct.nii.gz')).toThrow(
      expect.objectContaining({
        code: 'bad-input',
        message: expect.stringMatching(/ct\.nii\.gz: voxel \(2, 1, 1\) is -175.*in HU/),
        data: expect.objectContaining({ options: ['units'] }),
      }),
    );
    expect(() => checkScannable(volume(0, Number.NaN), 'ct.nii.gz')).toThrow(
      /voxel \(0, 0, 0\) is NaN, expected a number/,
    );
    expect(() => checkScannable(volume(71, Number.POSITIVE_INFINITY), 'a')).toThrow(
      /voxel \(5, 5, 1\) is Infinity/,
    );
  });

  it('is truncated by the share of it that stands outside the field of view', () => {
    const geometry = planFan(shape);
    // Corner voxels stand 3.54 from the axis, the field of view ends short of the slice's corner at 4.24.
    expect(fieldRadius(geometry)).toBeLessThan(Math.hypot(3, 3));
    expect(truncatedShare(volume(0, 1), geometry)).toBe(0);
    const narrow = { ...geometry, detectorWidth: geometry.detectorWidth / 2 };
    const data = new Float32Array(72).fill(0);
    data[0] = 1;
    data[14] = 3;
    expect(truncatedShare({ data, shape }, narrow)).toBe(0.25);
    expect(truncatedShare({ data: new Float32Array(72), shape }, narrow)).toBe(0);
  });

  it('tells which limits cut the scan', () => {
    expect(limitsMet(planHelix([128, 256, 256]))).toEqual([
      { what: 'views', needed: 8120, has: 1000 },
      { what: 'columns', needed: 537, has: 512 },
    ]);
    expect(limitsMet(planHelix([8, 16, 16], { maxViews: 5000 }))).toEqual([]);
  });
});
