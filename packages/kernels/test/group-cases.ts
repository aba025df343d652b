// The kernels that read a group of every voxel, against their scalar twins (see cases.ts).
import { borders, type Case, inPlace, intervals, LENGTHS, labels, same, specials } from './inputs.ts';

const bytes = (n: number) => new Uint8Array(n);
const shorts = (n: number) => new Uint16Array(n);

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
          for (const positions of [true, false]) {
            const expected = scalar.profileScores(values, label, groupCount, { positions });
            const mark = k.arena.mark();
            const block = inPlace(k, values);
            for (const input of [values, block.view]) {
              const found = face.profileScores(k, input, label, groupCount, { positions });
              same(`profile voxels, ${n}`, found.voxels, expected.voxels);
              same(`profile offsets, ${n}`, found.offsets, expected.offsets);
              same(`profile scores, ${n}`, found.scores, expected.scores);
              if (positions) same(`profile positions, ${n}`, found.positions!, expected.positions!);
              else if (found.positions) throw new Error('positions nobody asked for');
            }
            k.arena.release(mark);
          }
        }
      }
    }
  }
};

export const misses: Case = async (face, scalar, options) => {
  const k = await face.loadKernels(options);
  for (const n of LENGTHS) {
    const values = specials(n, n, true);
    for (const [make, groupCount] of [
      [bytes, 1],
      [bytes, 12],
      [bytes, 16],
      [bytes, 17],
      [bytes, 256],
      [shorts, 12],
      [shorts, 1000],
    ] as const) {
      const label = labels<Uint8Array | Uint16Array>(make, n, groupCount, n + groupCount);
      const lambda = specials(groupCount, groupCount + n);
      // Ties: some λ equal some scores exactly, which then are covered.
      if (n > 0)
        for (let g = 0; g < groupCount; g += 3) lambda[g] = Number.isNaN(values[g % n]) ? 0 : values[g % n];
      const expected = scalar.missesByGroup(values, label, groupCount, lambda);
      same(`misses by group, ${n}`, face.missesByGroup(k, values, label, groupCount, lambda), expected);
      const mark = k.arena.mark();
      const [block, label2] = [inPlace(k, values), inPlace(k, label)];
      same(
        `misses by group, ${n} in place`,
        face.missesByGroup(k, block.view, label2.view, groupCount, lambda),
        expected,
      );
      k.arena.release(mark);
    }
    for (const segments of [1, 3, 12]) {
      const offsets = borders(n, segments, n + segments);
      const lambda = specials(segments, n + segments);
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
