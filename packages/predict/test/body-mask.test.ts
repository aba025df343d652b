import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bodyMask } from '../src/index.ts';

/** The definition, word by word: every disk is laid on every pixel. */
function slowMask(point: readonly number[], height: number, width: number): number[] {
  const set = point.map((value) => value > 0.1);
  const at = (mask: readonly boolean[], x: number, y: number, beyond: boolean): boolean =>
    x < 0 || y < 0 || x >= width || y >= height ? beyond : mask[y * width + x];
  const laid = (mask: readonly boolean[], radius: number, kind: 'all' | 'some'): boolean[] =>
    mask.map((_, index) => {
      const [cx, cy] = [index % width, Math.floor(index / width)];
      for (let dy = -radius; dy <= radius; dy++) {
        for (let dx = -radius; dx <= radius; dx++) {
          if (dx * dx + dy * dy > radius * radius) continue;
          const here = at(mask, cx + dx, cy + dy, kind === 'all');
          if (kind === 'all' && !here) return false;
          if (kind === 'some' && here) return true;
        }
      }
      return kind === 'all';
    });
  const reach = (
    from: number,
    member: (index: number) => boolean,
    diagonal: boolean,
    seen: Set<number>,
  ): number[] => {
    const found: number[] = [];
    const stack = [from];
    while (stack.length > 0) {
      const index = stack.pop() as number;
      if (seen.has(index) || !member(index)) continue;
      seen.add(index);
      found.push(index);
      const [x, y] = [index % width, Math.floor(index / width)];
      for (let dy = -1; dy <= 1; dy++) {
        for (let dx = -1; dx <= 1; dx++) {
          if (!diagonal && dx !== 0 && dy !== 0) continue;
          if (x + dx >= 0 && x + dx < width && y + dy >= 0 && y + dy < height)
            stack.push(index + dy * width + dx);
        }
      }
    }
    return found;
  };
  const opened = laid(laid(set, 3, 'all'), 3, 'some');
  const seen = new Set<number>();
  let largest: number[] = [];
  for (let index = 0; index < opened.length; index++) {
    const part = reach(index, (pixel) => opened[pixel], true, seen);
    if (part.length > largest.length) largest = part;
  }
  if (largest.length === 0) return point.map(() => 0);
  const members = new Set(largest);
  const dilated = laid(
    opened.map((_, index) => members.has(index)),
    5,
    'some',
  );
  const outside = new Set<number>();
  for (let index = 0; index < dilated.length; index++) {
    const [x, y] = [index % width, Math.floor(index / width)];
    if (x > 0 && y > 0 && x < width - 1 && y < height - 1) continue;
    reach(index, (pixel) => !dilated[pixel], false, outside);
  }
  return dilated.map((inside, index) => (inside || !outside.has(index) ? 1 : 0));
}

describe('the body mask', () => {
  it('is what the definition says, on blobs of every kind', () => {
    const blob = fc.record({
      x: fc.integer({ min: -4, max: 44 }),
      y: fc.integer({ min: -4, max: 34 }),
      radius: fc.integer({ min: 1, max: 14 }),
      value: fc.constantFrom(0, 0.05, 0.1, 0.11, 0.9),
    });
    fc.assert(
      fc.property(fc.array(blob, { minLength: 1, maxLength: 7 }), (blobs) => {
        const [height, width] = [30, 40];
        const point = new Float32Array(height * width);
        for (const { x, y, radius, value } of blobs) {
          for (let at = 0; at < point.length; at++) {
            const [dx, dy] = [(at % width) - x, Math.floor(at / width) - y];
            if (dx * dx + dy * dy <= radius * radius) point[at] = value;
          }
        }
        expect(Array.from(bodyMask(point, [1, height, width]))).toEqual(
          slowMask(Array.from(point), height, width),
        );
      }),
      { numRuns: 120, seed: 5 },
    );
  });

  it('judges every slice by itself, and leaves a slice of air empty', () => {
    const body = Float32Array.from({ length: 24 * 24 }, (_, at) =>
      ((at % 24) - 12) ** 2 + (Math.floor(at / 24) - 12) ** 2 < 60 ? 1 : 0,
    );
    const stack = new Float32Array(2 * 24 * 24);
    stack.set(body, 24 * 24);
    const mask = bodyMask(stack, [2, 24, 24]);
    expect(mask.subarray(0, 24 * 24).some((inside) => inside === 1)).toBe(false);
    expect(mask.subarray(24 * 24)).toEqual(bodyMask(body, [1, 24, 24]));
  });
});
