// Lists ranked in one row, against the twin. No test framework and no Node module may be imported here.
import { borders, type Case, inPlace, LENGTHS, same, specials, uniforms } from './inputs.ts';

/** Values that two digits tell apart, that it takes three for, that are mostly alike, and that are special. */
const SHAPES: readonly ((n: number, seed: number) => Float32Array)[] = [
  (n, seed) => drawn(n, seed, (u) => 0.5 + u / 16),
  (n, seed) => drawn(n, seed, (u) => u ** 8),
  (n, seed) => drawn(n, seed, (u) => Math.round(3 * u)),
  (n, seed) => specials(n, seed).map((value) => Math.abs(value)),
];

function drawn(n: number, seed: number, shape: (u: number) => number): Float32Array {
  const next = uniforms(seed);
  return Float32Array.from({ length: n }, () => shape(next()));
}

/** Rows, tags and counts agree with the twin's, whatever the values and however many tags there are. */
export const rankings: Case = async (face, scalar, options) => {
  const k = await face.loadKernels(options);
  for (const n of LENGTHS) {
    for (const [shape, draw] of SHAPES.entries()) {
      const values = draw(n, n + shape);
      const offsets = borders(n, 5, n);
      const tags = Uint32Array.of(2, 0, 1, 2, 6);
      const lists = [...tags.keys()].map((list) => values.subarray(offsets[list], offsets[list + 1]));
      for (const [tagCount, stride] of [
        [7, 1 + (n >> 3)],
        [7, Math.max(n, 1)],
        [65_536, n + 1],
        [65_537, 1 + (n >> 1)],
      ]) {
        const mark = k.arena.mark();
        // The lists one by one from the heap and in place.
        const given = lists.map((list, at) => (at % 2 === 0 ? list : inPlace(k, list)));
        const own = given.map((list) => ('view' in list ? list.view : list));
        const found = face.rankLists(k, own, tags, tagCount, stride);
        const expected = scalar.rankLists(lists, tags, tagCount, stride);
        const name = `ranking ${n}, shape ${shape}, ${tagCount} tags, stride ${stride}`;
        same(`${name}, values`, found.values, expected.values);
        same(`${name}, tags`, found.tags, expected.tags);
        same(`${name}, counts`, found.counts, expected.counts);
        k.arena.release(mark);
      }
    }
  }
};
