import { describe, expect, it } from 'vitest';
import { craft, scratch } from './craft.ts';
import { feedMutants, ReadingChild, type Verdict } from './mutants.ts';

const { folder, write } = scratch();

describe('damaged files, read by a child with little memory', () => {
  it('are read or refused: no hang, no crash, no memory that the file does not justify', async () => {
    const counts = await feedMutants(folder, 1, 0, 400);
    expect(counts.read + counts.refused).toBe(400);
    // Both must happen, or the mutants test nothing.
    expect(counts.read).toBeGreaterThan(50);
    expect(counts.refused).toBeGreaterThan(50);
  });

  it('a child that asks for more memory than it may have is noticed', async () => {
    const child = new ReadingChild();
    try {
      // A plain file as large as it says: there is no harm in it, only more than this child can hold as f32.
      const verdict = await child
        .read(write('large.nii', largeFile()), 20_000)
        .catch((error: unknown) => error);
      const { outcome, peak } = verdict as Partial<Verdict>;
      const noticed = verdict instanceof Error || outcome === 'fault' || (peak ?? 0) > 160 * 2 ** 20;
      expect(noticed).toBe(true);
    } finally {
      child.close();
    }
  });
});

function largeFile(): Uint8Array {
  const bytes = craft({ shape: [1000, 1000, 250], values: [] });
  const whole = new Uint8Array(bytes.length + 250_000_000);
  whole.set(bytes);
  return whole;
}
