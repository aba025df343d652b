import { loadKernels } from '@semcrc/kernels';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makePartition, type PositionSpec, regionsOfSample } from '../src/index.ts';
import { regionsOnArena } from '../src/partition/partition.ts';
import { drawCohort, draws, LABELS, recipes } from './random-cohort.ts';

describe('regions by position', () => {
  it('are organ-major, and the same on kernel memory, for few groups and for more regions than a byte holds', async () => {
    const kernels = await loadKernels();
    fc.assert(
      fc.property(
        recipes({ patients: 2, plane: [3, 4] }),
        fc.constantFrom(1, 3, 4, 200),
        (recipe, groupCount) => {
          const random = draws(recipe.seed);
          const map = Uint8Array.from({ length: 12 }, () => Math.floor(random() * groupCount));
          const spec: PositionSpec = { kind: 'position', height: 3, width: 4, groupCount, map };
          const partition = makePartition(spec, LABELS);
          for (const sample of drawCohort(recipe)) {
            const expected = Array.from(
              sample.organs,
              (organ, voxel) => organ * groupCount + map[voxel % map.length],
            );
            const mark = kernels.arena.mark();
            expect(Array.from(regionsOfSample(partition, sample))).toEqual(expected);
            const regions = regionsOnArena(kernels, partition, sample);
            expect(regions.buffer).toBe(kernels.memory.buffer);
            expect(Array.from(regions)).toEqual(expected);
            kernels.arena.release(mark);
          }
        },
      ),
      { numRuns: 60, seed: 61 },
    );
  });
});
