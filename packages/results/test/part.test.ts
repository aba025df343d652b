import { check, integer, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePart, partItems, partText } from '../src/index.ts';
import { numbersText } from '../src/part.ts';

describe('the items of a part', () => {
  test('every item belongs to exactly one part, whatever the numbers', () => {
    const claim = property(integer({ min: 1, max: 400 }), integer({ min: 1, max: 900 }), (total, of) => {
      const parts = Array.from({ length: of }, (_, at) => partItems({ index: at + 1, of }, total));
      expect(parts.flat()).toEqual(Array.from({ length: total }, (_, at) => at));
      const sizes = parts.map(({ length }) => length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      expect(sizes[0]).toBeGreaterThan(0);
    });
    expect(check(claim, { seed: 24, numRuns: 300 }).failed).toBe(false);
  });

  test('where there are more parts than items, the last parts have none', () => {
    expect([1, 2, 3, 4].map((index) => partItems({ index, of: 4 }, 2))).toEqual([[0], [1], [], []]);
    expect(partItems({ index: 1, of: 1_000_000_000 }, 10_000)).toEqual([0]);
  });
});

describe('a part as it is asked for', () => {
  test('i/n counts from 1', () => {
    expect(parsePart('3/7', {})).toEqual({ index: 3, of: 7 });
    expect(partText({ index: 3, of: 7 })).toBe('part 3 of 7');
  });

  test.each(['0/7', '8/7', '3', '3/', '/7', '-1/7', '1.5/7', '3/7/9', '', 'all', '3/99999999999'])(
    '%j is refused',
    (text) => {
      expect(() => parsePart(text, {})).toThrow(/i\/n, the i-th of n parts, or slurm; found/);
    },
  );

  test('0 is refused with the reason', () => {
    expect(() => parsePart('0/7', {})).toThrow('parts are counted from 1');
  });

  const slurm = (id: number, count: number, first?: number, last?: number) => ({
    SLURM_ARRAY_TASK_ID: String(id),
    SLURM_ARRAY_TASK_COUNT: String(count),
    ...(first === undefined ? {} : { SLURM_ARRAY_TASK_MIN: String(first) }),
    ...(last === undefined ? {} : { SLURM_ARRAY_TASK_MAX: String(last) }),
  });

  test('slurm is the task of the array, which may begin with 0', () => {
    expect(parsePart('slurm', slurm(3, 7))).toEqual({ index: 3, of: 7 });
    expect(parsePart('slurm', slurm(3, 7, 1, 7))).toEqual({ index: 3, of: 7 });
    expect(parsePart('slurm', slurm(0, 7, 0, 6))).toEqual({ index: 1, of: 7 });
    expect(parsePart('slurm', slurm(6, 7, 0, 6))).toEqual({ index: 7, of: 7 });
  });

  test('an array of some parts only is no whole: --array=3,5 would do parts 3 and 5 of 2', () => {
    expect(() => parsePart('slurm', slurm(3, 2, 3, 5))).toThrow(/2 tasks from 3 to 5.*give i\/n/);
    expect(() => parsePart('slurm', slurm(1, 2, 1, 5))).toThrow(/numbers every part/);
    expect(() => parsePart('slurm', slurm(4, 3, 4, 6))).toThrow(/numbers every part/);
  });

  test('without the variables of an array, slurm says which it needs', () => {
    expect(() => parsePart('slurm', {})).toThrow(/SLURM_ARRAY_TASK_ID and SLURM_ARRAY_TASK_COUNT/);
    expect(() => parsePart('slurm', { SLURM_ARRAY_TASK_ID: 'x', SLURM_ARRAY_TASK_COUNT: '3' })).toThrow(
      /not set/,
    );
  });
});

test('numbers in words', () => {
  expect(numbersText([2])).toBe('2');
  expect(numbersText([1, 2, 4, 5, 6, 9])).toBe('1, 2, 4–6, 9');
  expect(
    numbersText(
      Array.from({ length: 40 }, (_, at) => 2 * at),
      3,
    ),
  ).toBe('0, 2, 4, …');
});
