import { windowIntensity } from '@semcrc/imaging';
import { expect, it } from 'vitest';
import { drawExampleScan } from '../src/engine/example-drawing.ts';
import { exampleScan } from '../src/engine/example-scan.ts';

it('the example’s scan is the one that is drawn, voxel for voxel', async () => {
  const drawn = await drawExampleScan();
  const { voxels } = await exampleScan();
  expect(voxels.grid).toMatchObject({ shape: drawn.truth.shape, affine: drawn.truth.affine });
  const same = (found: ArrayLike<number>, wanted: ArrayLike<number>): boolean =>
    found.length === wanted.length && Array.prototype.every.call(found, (value, at) => value === wanted[at]);
  expect(same(voxels.truth!, windowIntensity(drawn.truth).data)).toBe(true);
  for (const name of ['lower', 'point', 'upper'] as const) {
    expect(same(voxels[name]!, drawn[name]), name).toBe(true);
  }
  expect(same(voxels.organs, drawn.organs)).toBe(true);
});
