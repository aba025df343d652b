// Lists ranked in one row, against the twin. No test framework and no Node module may be imported here.
import { borders, type Case, inPlace, LENGTHS, same, specials, uniforms } from './inputs.ts';

/** Values that few bits tell apart, that many do, that are all alike, that are mostly alike, and that are special. */
const SHAPES: readonly ((n: number, seed: number) => Float32Array)[] = [
  (n, seed) => drawn(n, seed, (u) => 0.5 + u / 16),
  (n, seed) => drawn(n, seed, (u) => u ** 8),
  (n, seed) => drawn(n, seed, () => 0.1),
  (n, seed) => drawn(n, seed, (u) => Math.round(3 * u)),
  (n, seed) => specials(n, seed).map((value) => Math.abs(value)),
];

function drawn(n: number, seed: number, shape: (u: number) => number): Float32Array {
  const next = uniforms(seed);
  return Float32Array.from({ length: n }, () => shape(next()));
}

/** Lists and counts agree with the twin's, whatever the values. */
export const rankings: Case = async (face, scalar, options) => {
  const k = await face.loadKernels(options);
  for (const n of LENGTHS) {
    for (const [shape, draw] of SHAPES.entries()) {
      const values = draw(n, n + shape);
      const offsets = borders(n, 5, n);
      const lists = Array.from({ length: 5 }, (_, list) => values.subarray(offsets[list], offsets[list + 1]));
      for (const stride of [1 + (n >> 3), Math.max(n, 1), n + 1]) {
        const mark = k.arena.mark();
        // The lists one by one from the heap and in place.
        const given = lists.map((list, at) => (at % 2 === 0 ? list : inPlace(k, list)));
        const own = given.map((list) => ('view' in list ? list.view : list));
        const found = face.rankLists(k, own, stride);
        const expected = scalar.rankLists(lists, stride);
        const name = `ranking ${n}, shape ${shape}, stride ${stride}`;
        same(`${name}, lists`, found.list, expected.list);
        same(`${name}, counts`, found.counts, expected.counts);
        k.arena.release(mark);
      }
    }
  }
};

/** The same where there are as many lists as u16 tells apart, and more; most of them are empty. */
export const manyRankings: Case = async (face, scalar, options) => {
  const k = await face.loadKernels(options);
  for (const listCount of [65_536, 65_537]) {
    for (const [shape, draw] of SHAPES.entries()) {
      const values = draw(33, shape);
      const lists = new Array<Float32Array>(listCount).fill(new Float32Array(0));
      for (let part = 0; part < 11; part++) {
        lists[listCount - 1 - 6553 * part] = values.subarray(3 * part, 3 * part + 3);
      }
      const found = face.rankLists(k, lists, 20);
      const expected = scalar.rankLists(lists, 20);
      same(`ranking ${listCount} lists, shape ${shape}, lists`, found.list, expected.list);
      same(`ranking ${listCount} lists, shape ${shape}, counts`, found.counts, expected.counts);
    }
  }
};
