import { expect, it } from 'vitest';
import { scratch } from './craft.ts';
import { feedMutants } from './mutants.ts';

const { folder } = scratch();

it('12,000 damaged files are read or refused, half of them damaged under a valid gzip', async () => {
  const counts = await Promise.all([2, 3].map((seed) => feedMutants(folder, seed, 0, 6000)));
  expect(counts.reduce((sum, { read, refused }) => sum + read + refused, 0)).toBe(12_000);
  for (const { read, refused } of counts) {
    expect(read).toBeGreaterThan(1000);
    expect(refused).toBeGreaterThan(1000);
  }
});
