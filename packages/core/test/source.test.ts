import { describe, expect, it } from 'vitest';
import { cached, type Source } from '../src/index.ts';
import { drawCohort, indexOf, LABELS } from './random-cohort.ts';

const [SAMPLE] = drawCohort({
  seed: 4,
  patients: 1,
  scansPerPatient: 1,
  levels: 16,
  plane: [3, 4],
  presence: [1, 1, 1, 1],
  miss: 0.3,
});
const SAMPLES = ['a', 'b', 'c'].map((id) => ({ ...SAMPLE, id, patient: id }));
const [A, B, C] = SAMPLES.map(({ id }) => id);

describe('a cached source', () => {
  it('reads a scan once while it fits, and drops the least recently read', async () => {
    const reads: string[] = [];
    const source: Source = {
      name: 'random',
      ...indexOf(SAMPLES),
      labels: LABELS,
      digest: 'a digest',
      draws: 0,
      leftOut: [],
      read: async (id) => {
        reads.push(id);
        const sample = SAMPLES.find((one) => one.id === id);
        if (!sample) throw new Error(`no scan "${id}"`);
        return sample;
      },
    };
    // Three f32 volumes and a byte of label by voxel.
    const bytes = SAMPLE.truth.length * 13;
    const memory = cached(source, 2 * bytes);
    const [first, again] = await Promise.all([memory.read(A), memory.read(A)]);
    expect(again).toBe(first);
    await memory.read(B);
    await memory.read(A);
    await memory.read(C); // drops B
    await memory.read(A);
    await memory.read(B);
    expect(reads).toEqual([A, B, C, B]);
    const none = cached(source, bytes - 1);
    await none.read(A);
    await none.read(A);
    expect(reads.slice(4)).toEqual([A, A]);
    await expect(memory.read('s9')).rejects.toThrow(/no scan "s9"/);
  });
});
