import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { axisCodes, labelNames } from '../src/index.ts';
import { readNifti, readNiftiHeader } from '../src/node.ts';

const sample = fileURLToPath(new URL('../../../../shared/data/totalsegmentator-sample/', import.meta.url));

it('reads a real CT and the label names of its segmentation', async (context) => {
  if (!existsSync(sample)) return context.skip(`sample data not found at ${sample}`);
  const ct = await readNifti(`${sample}example_ct.nii.gz`);
  expect(ct.volume.shape).toEqual([112, 101, 122]);
  expect(ct.volume.spacing).toEqual([3, 3, 3]);
  expect(axisCodes(ct.volume.affine)).toBe('RAS');
  const range = ct.volume.data.reduce(([lo, hi], v) => [Math.min(lo, v), Math.max(hi, v)], [0, 0]);
  expect(range[0]).toBeLessThan(-1000);
  expect(range[1]).toBeGreaterThan(500);
  const names = labelNames((await readNiftiHeader(`${sample}example_seg.nii.gz`)).extensions);
  expect(names?.size).toBe(117);
  expect([names?.get(1), names?.get(5), names?.get(117)]).toEqual(['spleen', 'liver', 'costal_cartilages']);
});
