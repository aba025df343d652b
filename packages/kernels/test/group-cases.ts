// The kernels that read a group of every voxel, against their scalar twins (see cases.ts).
import {
  borders,
  type Case,
  close,
  inPlace,
  intervals,
  LENGTHS,
  labels,
  same,
  specials,
  uniforms,
} from './inputs.ts';

const bytes = (n: number) => new Uint8Array(n);
const shorts = (n: number) => new Uint16Array(n);
const words = (n: number) => new Uint32Array(n);

export const groups: Case = async (face, scalar, options) => {
  const k = await face.loadKernels(options);
  for (const make of [bytes, shorts]) {
    for (const n of LENGTHS) {
      for (const groupCount of make === bytes ? [1, 2, 12, 256] : [1, 13, 300, 65536]) {
        if (groupCount === 65536 && n > 100 && n !== 16385) continue;
        const label = labels<Uint8Array | Uint16Array>(make, n, groupCount, n + groupCount);
        const counts = scalar.countGroups(label, groupCount);
        same(`group counts, ${n}`, face.countGroups(k, label, groupCount), counts);

        const { truth, lower, upper } = intervals(n, n);
        const columns = [truth, lower, upper];
        const expected = columns.map(() => new Float32Array(n));
        const offsets = scalar.gather(label, groupCount, columns, expected);

        const mark = k.arena.mark();
        const label2 = inPlace(k, label);
        const source = inPlace(k, lower);
        const blocks = columns.map(() => k.arena.float32(n));
        const heap = columns.map(() => new Float32Array(n));
        const found = face.gather(k, label, groupCount, columns, heap);
        same(`gather offsets, ${n}`, found, offsets);
        columns.forEach((_, c) => void same(`gather ${c}, ${n} on the heap`, heap[c], expected[c]));
        const mixed = [new Float32Array(n), blocks[1].view, blocks[2].view];
        face.gather(k, label2.view, groupCount, [truth, source.view, upper], mixed);
        columns.forEach((_, c) => void same(`gather ${c}, ${n} mixed`, mixed[c], expected[c]));
        face.gather(
          k,
          label2.view,
          groupCount,
          columns,
          blocks.map(({ view }) => view),
        );
        columns.forEach((_, c) => void same(`gather ${c}, ${n} in place`, blocks[c].view, expected[c]));
        k.arena.release(mark);
      }
    }
  }
};

export const profiles: Case = async (face, scalar, options) => {
  const k = await face.loadKernels(options);
  for (const make of [bytes, shorts]) {
    for (const n of LENGTHS) {
      for (const groupCount of [1, 12, 200]) {
        const label = labels<Uint8Array | Uint16Array>(make, n, groupCount, n + groupCount);
        // Rounding to a coarse grid makes ties; specials bring ±0, ±∞ and denormals.
        const coarse = specials(n, n + 5).map((v) =>
          Math.abs(v) < 1 && Math.abs(v) > 1e-3 ? Math.round(v * 64) / 64 : v,
        );
        for (const values of [specials(n, n), coarse, specials(n, n + 1).map(Math.abs)]) {
          for (const asked of [{ positions: true }, { positions: false }]) {
            const expected = scalar.profileScores(values, label, groupCount, asked);
            const mark = k.arena.mark();
            const block = inPlace(k, values);
            for (const input of [values, block.view]) {
              const found = face.profileScores(k, input, label, groupCount, asked);
              same(`profile voxels, ${n}`, found.voxels, expected.voxels);
              same(`profile offsets, ${n}`, found.offsets, expected.offsets);
              same(`profile scores, ${n}`, found.scores, expected.scores);
              if (asked.positions) same(`profile positions, ${n}`, found.positions!, expected.positions!);
              else if (found.positions) throw new Error('positions nobody asked for');
            }
            k.arena.release(mark);
          }
        }
      }
    }
  }
};

export const divisions: Case = async (face, scalar, options) => {
  const k = await face.loadKernels(options);
  for (const n of LENGTHS) {
    const values = specials(n, n, true);
    for (const [make, plane] of [
      [shorts, 300],
      [words, 70000],
    ] as const) {
      const next = uniforms(n + plane);
      const pixels = make(n).map(() => Math.floor(next() * plane));
      // As many parts as there may be: a part that no pixel has is empty.
      for (const partCount of [1, 2, 3, 4, 5, 16, 17, 256]) {
        const parts = bytes(plane).map(() => Math.floor(next() * partCount));
        for (const segments of [1, 12]) {
          const offsets = borders(n, segments, n + segments);
          const [first, last] = [offsets[segments > 1 ? 1 : 0], offsets[segments > 1 ? segments - 1 : 1]];
          // Values before the first segment and after the last are left alone.
          const inner = segments > 1 ? offsets.slice(1, segments) : offsets;
          const expected = new Float32Array(n).fill(7);
          const divided = scalar.divideByPixel(values, pixels, inner, parts, partCount, expected);
          const what = `division of ${n} into ${partCount} parts`;
          const heap = new Float32Array(n).fill(7);
          same(
            `${what}, offsets`,
            face.divideByPixel(k, values, pixels, inner, parts, partCount, heap),
            divided,
          );
          same(what, heap, expected);
          const mark = k.arena.mark();
          const [block, pixels2, parts2] = [inPlace(k, values), inPlace(k, pixels), inPlace(k, parts)];
          const out = inPlace(k, new Float32Array(n).fill(7));
          const [from, at, map] = [block.view, pixels2.view, parts2.view];
          same(
            `${what}, offsets in place`,
            face.divideByPixel(k, from, at, inner, map, partCount, out.view),
            divided,
          );
          same(`${what} in place`, out.view.slice(first, last), expected.slice(first, last));
          same(`${what}, the rest`, out.view.slice(last), expected.slice(last));
          k.arena.release(mark);
        }
      }
    }
  }
};

export const regions: Case = async (face, scalar, options) => {
  const k = await face.loadKernels(options);
  for (const n of LENGTHS) {
    for (const slices of [1, 2, 3, 11]) {
      if (n % slices !== 0) continue;
      for (const [make, groupCount, partCount] of [
        [bytes, 12, 1],
        [bytes, 65, 4],
        [bytes, 256, 256],
        [shorts, 300, 5],
        [shorts, 65536, 1],
      ] as const) {
        const next = uniforms(n + slices + partCount);
        const parts = bytes(n / slices).map(() => Math.floor(next() * partCount));
        const label = labels<Uint8Array | Uint16Array>(make, n, groupCount, n + groupCount);
        const what = `regions of ${n} voxels in ${slices} slices`;
        const expected = shorts(n);
        scalar.divideGroups(label, parts, partCount, expected);
        const found = shorts(n);
        face.divideGroups(k, label, groupCount, parts, partCount, found);
        same(what, found, expected);
        const mark = k.arena.mark();
        const [label2, parts2, out] = [inPlace(k, label), inPlace(k, parts), inPlace(k, shorts(n))];
        face.divideGroups(k, label2.view, groupCount, parts2.view, partCount, out.view);
        same(`${what}, in place`, out.view, expected);
        k.arena.release(mark);
      }
    }
  }
};

export const planes: Case = async (face, scalar, options) => {
  const k = await face.loadKernels(options);
  for (const n of LENGTHS) {
    const wild = { lower: specials(n, n), upper: specials(n, n + 1) };
    const bounds = intervals(n, n);
    const spoilt = { lower: bounds.lower, upper: specials(n, n + 1, true) };
    for (const slices of [1, 2, 3, 11]) {
      if (n % slices !== 0) continue;
      for (const [make, groupCount, partCount] of [
        [bytes, 12, 1],
        [bytes, 3, 4],
        [bytes, 256, 256],
        [shorts, 300, 5],
      ] as const) {
        const next = uniforms(n + slices + partCount);
        const parts = bytes(n / slices).map(() => Math.floor(next() * partCount));
        const label = labels<Uint8Array | Uint16Array>(make, n, groupCount, n + groupCount);
        const shifts = (span: number) => Float64Array.from({ length: partCount }, () => span * next());
        const usual = shifts(0.2);
        for (const [below, above] of [
          [usual, usual],
          [usual, shifts(0.1)],
          [shifts(-1), shifts(3)],
          [usual.map(() => Infinity), usual.map(() => -Infinity)],
        ]) {
          for (const columns of [bounds, wild, spoilt]) {
            const what = `length by pixel, ${n} in ${slices} slices`;
            const expected = scalar.clampedLengthByPixel(columns, label, groupCount, parts, below, above);
            const found = face.clampedLengthByPixel(k, columns, label, groupCount, parts, below, above);
            close(what, found, expected, n);
            const mark = k.arena.mark();
            const [lower, upper] = [inPlace(k, columns.lower), inPlace(k, columns.upper)];
            const [label2, parts2] = [inPlace(k, label), inPlace(k, parts)];
            const views = { lower: lower.view, upper: upper.view };
            const placed = face.clampedLengthByPixel(
              k,
              views,
              label2.view,
              groupCount,
              parts2.view,
              below,
              above,
            );
            same(`${what}, in place`, placed, found);
            k.arena.release(mark);
          }
        }
      }
    }
  }
};

export const edges: Case = async (face, scalar, options) => {
  const k = await face.loadKernels(options);
  for (const make of [bytes, shorts]) {
    for (const n of LENGTHS) {
      for (const groupCount of [1, 12, 200]) {
        const label = labels<Uint8Array | Uint16Array>(make, n, groupCount, n + groupCount);
        // Bounds in [0, 1], a coarse grid of them for ties and values on the reach itself, and some that lie anywhere.
        const plain = intervals(n, n);
        const coarse = {
          lower: plain.lower.map((v) => Math.round(v * 64) / 64),
          upper: plain.upper.map((v) => Math.round(v * 64) / 64),
        };
        const wild = { lower: specials(n, n + 3, true), upper: specials(n, n + 4, true) };
        for (const bounds of [plain, coarse, wild]) {
          for (const reach of [0.125, 2 ** -149, Infinity]) {
            const expected = scalar.profileEdges(bounds, label, groupCount, reach);
            const mark = k.arena.mark();
            const [lower, upper, label2] = [
              inPlace(k, bounds.lower),
              inPlace(k, bounds.upper),
              inPlace(k, label),
            ];
            const staged = face.profileEdges(k, bounds, label, groupCount, reach);
            const views = { lower: lower.view, upper: upper.view };
            const placed = face.profileEdges(k, views, label2.view, groupCount, reach);
            for (const found of [staged, placed]) {
              same(`widths, ${n}`, found.width, expected.width);
              for (const side of ['below', 'above'] as const) {
                same(`beyond ${side}, ${n}`, found[side].beyond, expected[side].beyond);
                same(`offsets ${side}, ${n}`, found[side].offsets, expected[side].offsets);
                same(`distances ${side}, ${n}`, found[side].values, expected[side].values);
              }
            }
            k.arena.release(mark);
          }
        }
      }
    }
  }
};

export const edgeBins: Case = async (face, scalar, options) => {
  const k = await face.loadKernels(options);
  for (const make of [bytes, shorts]) {
    for (const n of LENGTHS) {
      const plain = intervals(n, n);
      const wild = { lower: specials(n, n + 3, true), upper: specials(n, n + 4, true) };
      for (const [groupCount, reach, shift] of [
        [1, 0.125, 19],
        [12, 1, 19],
        [200, 2 ** -9, 20],
      ] as const) {
        const label = labels<Uint8Array | Uint16Array>(make, n, groupCount, n + groupCount);
        for (const bounds of [plain, wild]) {
          const expected = scalar.binEdges(bounds, label, groupCount, { reach, shift });
          const mark = k.arena.mark();
          const [lower, upper, label2] = [
            inPlace(k, bounds.lower),
            inPlace(k, bounds.upper),
            inPlace(k, label),
          ];
          const staged = face.binEdges(k, bounds, label, groupCount, { reach, shift });
          const views = { lower: lower.view, upper: upper.view };
          const placed = face.binEdges(k, views, label2.view, groupCount, { reach, shift });
          for (const found of [staged, placed]) {
            same(`bins, ${n}`, Uint32Array.of(found.bins), Uint32Array.of(expected.bins));
            same(`bins below, ${n}`, found.below, expected.below);
            same(`bins above, ${n}`, found.above, expected.above);
          }
          k.arena.release(mark);
        }
      }
    }
  }
};

export const sides: Case = async (face, scalar, options) => {
  const k = await face.loadKernels(options);
  for (const n of LENGTHS) {
    const plain = intervals(n, n);
    const wild = { truth: specials(n, n, true), upper: specials(n, n + 1, true) };
    for (const [make, groupCount] of [
      [bytes, 1],
      [bytes, 255],
      [shorts, 12],
      [shorts, 32767],
    ] as const) {
      // One group more: of voxels that do not count.
      const label = labels<Uint8Array | Uint16Array>(make, n, groupCount + 1, n + groupCount);
      for (const { truth, upper } of [plain, wild]) {
        const expected = shorts(n);
        scalar.divideSides(label, groupCount, truth, upper, expected);
        const found = shorts(n);
        face.divideSides(k, label, groupCount, truth, upper, found);
        same(`sides of ${n} voxels`, found, expected);
        const mark = k.arena.mark();
        const [label2, out] = [inPlace(k, label), inPlace(k, shorts(n))];
        const [x, border] = [inPlace(k, truth), inPlace(k, upper)];
        face.divideSides(k, label2.view, groupCount, x.view, border.view, out.view);
        same(`sides of ${n} voxels, in place`, out.view, expected);
        k.arena.release(mark);
      }
    }
  }
};

export const misses: Case = async (face, scalar, options) => {
  const k = await face.loadKernels(options);
  for (const n of LENGTHS) {
    const values = specials(n, n, true);
    for (const segments of [1, 3, 12]) {
      const offsets = borders(n, segments, n + segments);
      const lambda = specials(segments, n + segments);
      // Ties: some λ equal some scores exactly, which then are covered.
      if (n > 0)
        for (let s = 0; s < segments; s += 2) lambda[s] = Number.isNaN(values[s % n]) ? 0 : values[s % n];
      const expected = scalar.missesBySegment(values, offsets, lambda);
      same(`misses by segment, ${n}`, face.missesBySegment(k, values, offsets, lambda), expected);
      const block = inPlace(k, values);
      same(
        `misses by segment, ${n} in place`,
        face.missesBySegment(k, block.view, offsets, lambda),
        expected,
      );
    }
  }
};

export const sweeps: Case = async (face, scalar, options) => {
  const k = await face.loadKernels(options);
  const even = Float32Array.from({ length: 101 }, (_, t) => t / 200);
  const grids = [
    new Float32Array(0),
    Float32Array.of(0),
    Float32Array.of(-0, 0, 0, 2 ** -149, 0.25, 0.25, Infinity),
    Float32Array.of(-Infinity, -0.3, -1e-40, 0, 1e-40, 0.1),
    even,
    specials(64, 9).sort(),
  ];
  // The last length is long enough for the bucket table.
  for (const n of [...LENGTHS, 70000]) {
    for (const grid of n === 70000 ? grids.slice(2) : grids) {
      for (const [make, groupCount] of [
        [bytes, 12],
        [shorts, 300],
      ] as const) {
        const label = labels<Uint8Array | Uint16Array>(make, n, groupCount, n + groupCount);
        const values = specials(n, n, true);
        // Scores equal to grid points, and scores just above them: in the same bucket of the table or the next.
        if (grid.length > 0) {
          for (let j = 0; j < n; j += 5) values[j] = grid[j % grid.length] * (j % 2 ? 1 : 1.006);
        }
        const expected = scalar.coverageSweep(values, label, groupCount, grid);
        same(
          `coverage sweep, ${n} × ${grid.length}`,
          face.coverageSweep(k, values, label, groupCount, grid),
          expected,
        );
      }
    }
  }
};

export const widening: Case = async (face, scalar, options) => {
  const k = await face.loadKernels(options);
  /** λ of each region, the last one infinite; on one side as small as f32 has them. */
  const lambdaOf = (count: number, kind: 'grow' | 'shrink') => {
    const next = uniforms(count);
    const draw = (scale: number) => () => Math.fround(scale * (kind === 'grow' ? next() : next() - 0.5));
    const below = Float32Array.from({ length: count }, draw(0.1));
    const above = Float32Array.from({ length: count }, draw(1e-7));
    below[0] = 0;
    below[count - 1] = Infinity;
    above[count - 1] = Infinity;
    return { below, above };
  };
  for (const make of [bytes, shorts]) {
    for (const n of LENGTHS) {
      for (const count of make === bytes ? [1, 12] : [13, 600]) {
        // Some voxels lie in regions beyond the last.
        const regions = labels<Uint8Array | Uint16Array>(make, n, Math.min(count + 3, 256), n + count);
        const { truth, lower, upper } = intervals(n, n);
        const next = uniforms(n + 1);
        const point = lower.map((low, j) => (next() < 0.2 ? low : low + next() * (upper[j] - low)));
        const lowerWeight = lower.map(() => 0.01 + next());
        const upperWeight = lower.map(() => 0.01 + next());
        for (const [what, kind, more] of [
          ['plain', 'grow', {}],
          ['shrinking', 'shrink', { point }],
          ['weighted', 'grow', { lowerWeight, upperWeight }],
        ] as const) {
          const lambda = lambdaOf(count, kind);
          const columns = { lower, upper, ...more };
          const expected = { lower: new Float32Array(n), upper: new Float32Array(n) };
          scalar.widenIntervals(columns, regions, lambda, expected);
          // Every other voxel decides about rounding: its truth lies at a bound, or next to it.
          const near = truth.map((x, j) => (j % 2 ? x : j % 4 ? expected.lower[j] : expected.upper[j]));
          const marks = new Uint8Array(n);
          scalar.markMissed({ truth: near, ...columns }, regions, lambda, marks);

          const out = { lower: new Float32Array(n), upper: new Float32Array(n) };
          const found = new Uint8Array(n).fill(7);
          face.widenIntervals(k, columns, regions, lambda, out);
          face.markMissed(k, { truth: near, ...columns }, regions, lambda, found);
          same(`${what} lower bounds, ${n} of ${count}`, out.lower, expected.lower);
          same(`${what} upper bounds, ${n} of ${count}`, out.upper, expected.upper);
          same(`${what} marks, ${n} of ${count}`, found, marks);

          const mark = k.arena.mark();
          const placed = Object.fromEntries(
            Object.entries(columns).map(([name, column]) => [name, inPlace(k, column).view]),
          ) as unknown as typeof columns;
          const own = inPlace(k, regions).view;
          const placedMarks = inPlace(k, new Uint8Array(n).fill(7)).view;
          face.markMissed(k, { truth: near, ...placed }, own, lambda, placedMarks);
          // Over the bounds themselves.
          face.widenIntervals(k, placed, own, lambda, placed);
          same(`${what} marks, ${n} in place`, placedMarks, marks);
          same(`${what} lower bounds, ${n} in place`, placed.lower, expected.lower);
          same(`${what} upper bounds, ${n} in place`, placed.upper, expected.upper);
          k.arena.release(mark);
        }
      }
    }
  }
};

export const tallies: Case = async (face, scalar, options) => {
  const k = await face.loadKernels(options);
  for (const make of [bytes, shorts]) {
    for (const n of LENGTHS) {
      for (const count of make === bytes ? [1, 12] : [13, 600]) {
        const groups = labels<Uint8Array | Uint16Array>(make, n, count, n + count);
        const { lower, upper } = intervals(n, n);
        const next = uniforms(n);
        const marks = bytes(n).map(() => (next() < 0.3 ? 1 : 0));
        // What was summed before is added to.
        const before = Float64Array.from({ length: count }, next);
        const [expected, width] = [before.slice(), new Float32Array(n)];
        scalar.sumWidths({ lower, upper }, groups, expected, width);
        const counts = scalar.countMarked(marks, groups, count);

        const [sums, out] = [before.slice(), new Float32Array(n)];
        face.sumWidths(k, { lower, upper }, groups, sums, out);
        same(`sums of widths, ${n} of ${count}`, sums, expected);
        same(`widths, ${n} of ${count}`, out, width);
        same(`marks, ${n} of ${count}`, face.countMarked(k, marks, groups, count), counts);

        const mark = k.arena.mark();
        const [low, high, own] = [inPlace(k, lower).view, inPlace(k, upper).view, inPlace(k, groups).view];
        const again = before.slice();
        face.sumWidths(k, { lower: low, upper: high }, own, again, low);
        same(`sums of widths, ${n} in place`, again, expected);
        same(`widths, ${n} over a bound`, low, width);
        same(`marks, ${n} in place`, face.countMarked(k, inPlace(k, marks).view, own, count), counts);
        k.arena.release(mark);
      }
    }
  }
};
