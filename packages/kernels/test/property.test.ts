import fc from 'fast-check';
import { beforeAll, describe, test } from 'vitest';
import * as face from '../src/index.ts';
import * as scalar from '../src/scalar/index.ts';
import { close, inPlace, same } from './inputs.ts';

let k: face.Kernels;
beforeAll(async () => {
  k = await face.loadKernels();
});

/** f32 of every regime: ±0, ±∞, denormals, huge ones, and often values that repeat. */
const value = fc.oneof(
  fc.float({ noNaN: true }),
  fc.float({ min: -1, max: 1, noNaN: true }),
  fc.constantFrom(0, -0, Infinity, -Infinity, 2 ** -149, -(2 ** -149), 0.25, 1),
);
const unit = fc.float({ min: 0, max: 1, noNaN: true });

/** Voxels as columns, starting anywhere in a chunk of memory: in place or staged. */
const voxels = fc.record({
  rows: fc.array(fc.record({ a: value, b: value, c: value, u: unit, v: unit, w: unit, g: fc.nat() }), {
    maxLength: 70,
  }),
  groupCount: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 200, max: 256 })),
  wide: fc.boolean(),
  placed: fc.boolean(),
});
type Voxels = typeof voxels extends fc.Arbitrary<infer T> ? T : never;

interface Columns {
  readonly n: number;
  readonly f32: (name: 'a' | 'b' | 'c' | 'u' | 'v' | 'w') => Float32Array;
  readonly groups: face.Groups;
  readonly groupCount: number;
  readonly place: <T extends Float32Array | face.Groups>(array: T) => T;
}

function columns({ rows, groupCount, wide, placed }: Voxels): Columns {
  const numbers = rows.map(({ g }) => g % groupCount);
  return {
    n: rows.length,
    f32: (name) => Float32Array.from(rows, (row) => row[name]),
    groups: wide ? Uint16Array.from(numbers) : Uint8Array.from(numbers),
    groupCount,
    place: (array) => (placed ? inPlace(k, array).view : array),
  };
}

function holds(
  check: (columns: Columns, data: { lambda: Float32Array; levels: Float64Array }) => void,
): void {
  const lambda = fc.array(value, { minLength: 256, maxLength: 256 });
  fc.assert(
    fc.property(voxels, lambda, (drawn, levels) => {
      const mark = k.arena.mark();
      try {
        const lambda32 = Float32Array.from(levels);
        check(columns(drawn), { lambda: lambda32, levels: Float64Array.from(lambda32, Math.abs) });
      } finally {
        k.arena.release(mark);
      }
    }),
    { seed: 20251, numRuns: 400 },
  );
}

/** Offsets that cut n voxels into three segments, the middle one perhaps empty. */
const cut = (n: number, g: number): Uint32Array =>
  Uint32Array.of(0, Math.min(n, g % 7), Math.min(n, 5 + (g % 40)), n);

describe('for any voxels', () => {
  test('scores equal the twin', () => {
    holds(({ n, f32, place }) => {
      const input = { truth: f32('a'), lower: f32('b'), upper: f32('c') };
      const expected = new Float32Array(n);
      scalar.computeScores(input, expected);
      const out = place(new Float32Array(n));
      const views = { truth: place(input.truth), lower: place(input.lower), upper: place(input.upper) };
      face.computeScores(k, views, out);
      same('scores', out, expected);
    });
  });

  test('gathering equals the twin', () => {
    holds(({ n, f32, place, groups, groupCount }) => {
      const input = [f32('a'), f32('b')];
      const expected = input.map(() => new Float32Array(n));
      const offsets = scalar.gather(groups, groupCount, input, expected);
      const out = [place(new Float32Array(n)), new Float32Array(n)];
      const placed = input.map((column) => place(column));
      same('offsets', face.gather(k, place(groups), groupCount, placed, out), offsets);
      same('first column', out[0], expected[0]);
      same('second column', out[1], expected[1]);
    });
  });

  test('profiles equal the twin, ties by voxel index', () => {
    holds(({ f32, place, groups, groupCount }) => {
      const scores = f32('a');
      const expected = scalar.profileScores(scores, groups, groupCount, { positions: true });
      const found = face.profileScores(k, place(scores), place(groups), groupCount, { positions: true });
      same('voxels', found.voxels, expected.voxels);
      same('offsets', found.offsets, expected.offsets);
      same('scores', found.scores, expected.scores);
      same('positions', found.positions!, expected.positions!);
      const bare = face.profileScores(k, scores, groups, groupCount, { positions: false });
      same('scores alone', bare.scores, expected.scores);
    });
  });

  test('dividing by pixel equals the twin and keeps every value', () => {
    holds(({ n, f32, place, groups, groupCount }) => {
      const values = f32('a');
      const parts = Uint8Array.from({ length: groupCount }, (_, pixel) => (pixel * 7) % groupCount);
      const offsets = cut(n, groupCount);
      const expected = new Float32Array(n);
      const pixels = Uint32Array.from(groups);
      const divided = scalar.divideByPixel(values, pixels, offsets, parts, groupCount, expected);
      const out = place(new Float32Array(n));
      const found = face.divideByPixel(k, place(values), pixels, offsets, parts, groupCount, out);
      same('offsets', found, divided);
      same('values', out, expected);
      same('values in all', out.slice().sort(), values.slice().sort());
    });
  });

  test('distances to the edges equal the twin', () => {
    holds(({ f32, place, groups, groupCount }) => {
      const input = { lower: f32('v'), upper: f32('w') };
      const expected = scalar.profileEdges(input, groups, groupCount, 0.5);
      const views = { lower: place(input.lower), upper: place(input.upper) };
      const found = face.profileEdges(k, views, place(groups), groupCount, 0.5);
      same('widths', found.width, expected.width);
      for (const side of ['below', 'above'] as const) {
        same('beyond', found[side].beyond, expected[side].beyond);
        same('offsets', found[side].offsets, expected[side].offsets);
        same('distances', found[side].values, expected[side].values);
      }
    });
  });

  test('misses by segment equal the twin', () => {
    holds(({ n, f32, place, groupCount }, { lambda }) => {
      const scores = f32('a');
      const offsets = cut(n, groupCount);
      const three = lambda.slice(0, 3);
      const counts = scalar.missesBySegment(scores, offsets, three);
      same('by segment', face.missesBySegment(k, place(scores), offsets, three), counts);
    });
  });

  test('coverage sweeps equal misses at every λ of the grid', () => {
    holds(({ f32, place, groups, groupCount }, { lambda }) => {
      const scores = f32('a');
      const grid = lambda.slice(0, 9).sort();
      const found = face.coverageSweep(k, place(scores), place(groups), groupCount, grid);
      for (let t = 0; t < grid.length; t++) {
        const column = Uint32Array.from({ length: groupCount }, (_, g) => found[g * grid.length + t]);
        const missed = new Uint32Array(groupCount);
        scores.forEach((score, j) => {
          if (!(score <= grid[t])) missed[groups[j]]++;
        });
        same(`at ${grid[t]}`, column, missed);
      }
    });
  });

  test('loss sweeps and lengths agree with the twins', () => {
    holds(({ n, f32, place, groupCount }, { levels }) => {
      const [v, w] = [f32('v'), f32('w')];
      const input = {
        truth: f32('u'),
        lower: v.map((x, j) => Math.min(x, w[j])),
        upper: v.map((x, j) => Math.max(x, w[j])),
      };
      const views = { truth: place(input.truth), lower: place(input.lower), upper: place(input.upper) };
      const offsets = cut(n, groupCount);
      const three = levels.slice(0, 3).map((level) => (level < 1 || level === Infinity ? level : level % 1));
      const gamma = (groupCount % 10) / 10;
      const expected = scalar.lossSweep(input, offsets, three, gamma);
      const found = face.lossSweep(k, views, offsets, three, gamma);
      close('loss', found.loss, expected.loss, n);
      close('slope', found.slope, expected.slope, 0);
      const above = three.slice().reverse();
      const plane = Uint8Array.from({ length: n }, (_, pixel) => (pixel * groupCount) % 3);
      const zero = new Uint8Array(n);
      close(
        'length by pixel',
        face.clampedLengthByPixel(k, views, place(zero), 1, plane, three, above),
        scalar.clampedLengthByPixel(input, zero, 1, plane, three, above),
        n,
      );
      const length = scalar.clampedLength(input, offsets, three, above);
      close('length', face.clampedLength(k, views, offsets, three, above), length, n);
    });
  });

  test('sorting equals the twin', () => {
    holds(({ f32, place }) => {
      const values = f32('a');
      const expected = values.slice().sort();
      const found = place(values.slice());
      face.radixSort(k, found);
      same('sorted', found, expected);
    });
  });
});

test('ℓ^γ is the formula of the paper, bounds the 0-1 loss and has its slope', () => {
  fc.assert(
    fc.property(
      unit,
      unit,
      unit,
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0.1, max: 0.9, noNaN: true }),
      (x, v, w, lambda, gamma) => {
        const [a, b] = [Math.min(v, w), Math.max(v, w)];
        const columns = { truth: Float32Array.of(x), lower: Float32Array.of(a), upper: Float32Array.of(b) };
        const at = (level: number) =>
          face.lossSweep(k, columns, Uint32Array.of(0, 1), Float64Array.of(level), gamma);
        const q = gamma / (1 - gamma);
        const distance = Math.abs(x - (a + b) / 2);
        const width = b - a + 2 * lambda;
        const expected = distance === 0 ? 0 : Math.max(0, (2 * (1 + q) * distance) / width - q);
        const { loss, slope } = at(lambda);
        const found = loss[0];
        if (!(found === expected || Math.abs(found - expected) <= 1e-12 * (1 + expected) * (1 + q))) {
          throw new Error(`loss ${found}, expected ${expected}`);
        }
        const missed = Math.max(a - x, x - b) > lambda ? 1 : 0;
        if (found < missed - 1e-12) throw new Error(`loss ${found} below the 0-1 loss ${missed}`);
        if (Number.isFinite(found) && width > 1e-3) {
          const step = 1e-7;
          const next = at(lambda + step).loss[0];
          // Convexity: the chord to the right lies between the slopes at its ends.
          const chord = (next - found) / step;
          if (
            chord < slope[0] - 1e-6 * (1 + Math.abs(slope[0])) ||
            chord > at(lambda + step).slope[0] + 1e-6 * (1 + Math.abs(slope[0]))
          ) {
            throw new Error(`slope ${slope[0]}, chord ${chord}`);
          }
        }
      },
    ),
    { seed: 7, numRuns: 2000 },
  );
});
