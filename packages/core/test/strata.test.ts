import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Sample } from '../src/index.ts';
import type { StrataSpec } from '../src/partition/partition-spec.ts';
import { strataOfSample } from '../src/partition/strata.ts';

/** Anywhere in the range, at its ends and at borders of small regions. */
const value = fc.oneof(
  fc.float({ min: 0, max: 1, noNaN: true }),
  fc.integer({ min: 0, max: 4096 }).map((n) => n / 4096),
  fc.integer({ min: 0, max: 64 }).map((n) => Math.fround(n / 63)),
);
const cuts = fc
  .uniqueArray(fc.oneof(value, fc.double({ min: 0, max: 1, noNaN: true })), { maxLength: 20 })
  .map((list) => list.sort((a, b) => a - b));
const ORGANS = [0, 1, 7];

describe('strata of a sample', () => {
  it('count the cuts below each feature of a voxel, those it equals excluded', () => {
    fc.assert(
      fc.property(
        fc.array(cuts, { minLength: 6, maxLength: 6 }),
        fc.array(fc.tuple(value, value, fc.constantFrom(...ORGANS)), { minLength: 1, maxLength: 60 }),
        (lists, voxels) => {
          const spec: StrataSpec = {
            kind: 'strata',
            features: [
              { name: 'intensity', bins: 30 },
              { name: 'width', bins: 30 },
            ],
            cuts: Object.fromEntries(ORGANS.map((organ, i) => [organ, [lists[2 * i], lists[2 * i + 1]]])),
          };
          // Values at the cuts themselves, too.
          const all = [
            ...voxels,
            ...lists.flatMap((list) => list.map((cut) => [Math.fround(cut), Math.fround(cut), 7] as const)),
          ];
          const count = all.length;
          const point = Float32Array.from(all, ([v]) => v);
          const lower = new Float32Array(count);
          const upper = Float32Array.from(all, ([, v]) => v);
          const sample: Sample = {
            id: 's',
            patient: 'p',
            shape: [1, 1, count],
            truth: point,
            point,
            lower,
            upper,
            organs: Uint8Array.from(all, ([, , organ]) => organ),
            mended: { clipped: 0, crossed: 0 },
          };
          const expected = all.map(([intensity, width, organ]) => {
            const [first, second] = spec.cuts[organ];
            const below = (list: readonly number[], v: number) => list.filter((cut) => v > cut).length;
            return (
              below(first, Math.fround(intensity)) * (second.length + 1) + below(second, Math.fround(width))
            );
          });
          expect([...strataOfSample(spec, sample)]).toEqual(expected);
        },
      ),
      { numRuns: 300, seed: 91 },
    );
  });

  it('take a gradient beyond 1 for what it is', () => {
    const spec: StrataSpec = {
      kind: 'strata',
      features: [{ name: 'gradient', bins: 3 }],
      cuts: { 0: [[0.5, 1.2]] },
    };
    const point = Float32Array.of(0, 1, 1, 1);
    const sample: Sample = {
      id: 's',
      patient: 'p',
      shape: [1, 2, 2],
      truth: point,
      point,
      lower: point,
      upper: point,
      organs: new Uint8Array(4),
      mended: { clipped: 0, crossed: 0 },
    };
    // √2 at the corner that both its neighbours differ from, 1 beside it, 0 opposite.
    expect([...strataOfSample(spec, sample)]).toEqual([2, 1, 1, 0]);
  });
});
