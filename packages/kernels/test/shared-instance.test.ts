import { expect, test } from 'vitest';
import { loadBaselineKernels, loadKernels, sharedInstance } from '../src/index.ts';

test('a thread shares one instance of each kind of kernels', async () => {
  const [coverage, again, baseline] = await Promise.all([
    sharedInstance(loadKernels),
    sharedInstance(loadKernels),
    sharedInstance(loadBaselineKernels),
  ]);
  expect(again).toBe(coverage);
  expect(baseline).not.toBe(coverage);
  expect(await loadKernels()).not.toBe(coverage);
});
