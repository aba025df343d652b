import { expect, test } from 'vitest';
import {
  clampedLength,
  computeScores,
  coverageSweep,
  gather,
  loadKernels,
  profileScores,
  radixSort,
} from '../src/index.ts';
import * as scalar from '../src/scalar/index.ts';
import { inPlace, intervals, labels, same, specials } from './inputs.ts';

test('arrays are 16-byte aligned, disjoint and of the length and type asked for', async () => {
  const { arena, memory } = await loadKernels();
  const blocks = [
    arena.uint8(3),
    arena.float64(5),
    arena.uint16(1),
    arena.float32(7),
    arena.uint32(0),
    arena.uint8(1),
  ];
  let end = 0;
  for (const { view, length } of blocks) {
    expect(view.byteOffset % 16).toBe(0);
    expect(view.byteOffset).toBeGreaterThanOrEqual(end);
    expect(view.length).toBe(length);
    expect(view.buffer).toBe(memory.buffer);
    end = view.byteOffset + view.byteLength;
  }
  expect(blocks.map(({ view }) => view.constructor.name)).toEqual([
    'Uint8Array',
    'Float64Array',
    'Uint16Array',
    'Float32Array',
    'Uint32Array',
    'Uint8Array',
  ]);
});

test('large arrays do not stand a large power of two apart', async () => {
  const { arena } = await loadKernels();
  const [a, b] = [arena.float32(2 ** 18), arena.float32(2 ** 18)];
  expect((b.view.byteOffset - a.view.byteOffset) % 4096).not.toBe(0);
});

test('release frees what came after the mark and keeps what came before', async () => {
  const { arena } = await loadKernels();
  const kept = arena.float32(4);
  kept.view.set([1, 2, 3, 4]);
  const mark = arena.mark();
  const first = arena.float32(100).view.byteOffset;
  arena.release(mark);
  expect(arena.float32(100).view.byteOffset).toBe(first);
  expect([...kept.view]).toEqual([1, 2, 3, 4]);
});

test('release refuses marks outside the stack', async () => {
  const { arena } = await loadKernels();
  const mark = arena.mark();
  for (const bad of [mark + 1, -1, 0, NaN]) {
    expect(() => arena.release(bad)).toThrow(expect.objectContaining({ code: 'usage' }));
  }
});

test('a block outlives growth: its view is made anew over the same values', async () => {
  const { arena, memory } = await loadKernels();
  const block = arena.float32(1000);
  const before = block.view;
  before.fill(7);
  arena.float32(2 ** 23);
  expect(before.length).toBe(0);
  expect(block.view.buffer).toBe(memory.buffer);
  expect(block.view.every((value) => value === 7)).toBe(true);
});

test('a detached view is refused with a hint, not read as empty', async () => {
  const k = await loadKernels();
  const stale = k.arena.float32(4).view;
  k.arena.float32(2 ** 23);
  const columns = { truth: stale, lower: new Float32Array(4), upper: new Float32Array(4) };
  expect(() => computeScores(k, columns, new Float32Array(4))).toThrow(/block\.view/);
});

test('kernels called between and during growth give the same results', async () => {
  const k = await loadKernels();
  const n = 300_000;
  // All positive, so that the profile needs more room than the bounded scratch has.
  const values = specials(n, 1).map(Math.abs);
  const groups = labels((length) => new Uint8Array(length), n, 12, 2);
  const expected = scalar.profileScores(values, groups, 12, { positions: true });
  for (let round = 0; round < 3; round++) {
    const mark = k.arena.mark();
    const scores = inPlace(k, values);
    const label = inPlace(k, groups);
    // Fill the memory to its brim, so that the sort's room must grow it under the operands.
    const left = k.memory.buffer.byteLength - k.arena.mark();
    if (left > 2 ** 17) k.arena.uint8(left - 2 ** 16);
    const before = k.memory.buffer.byteLength;
    const found = profileScores(k, scores.view, label.view, 12, { positions: true });
    if (round === 0) expect(k.memory.buffer.byteLength).toBeGreaterThan(before);
    same('scores', found.scores, expected.scores);
    same('positions', found.positions!, expected.positions!);
    same('untouched scores', scores.view, values);
    radixSort(k, scores.view);
    same('sorted', scores.view, values.slice().sort());
    if (round === 1) k.arena.float64(2 ** 22);
    else k.arena.release(mark);
  }
});

test('a grid on kernel memory survives the growth its own sweep causes', async () => {
  const k = await loadKernels();
  const scores = specials(100, 1);
  const groups = labels((length) => new Uint8Array(length), 100, 2, 1);
  const grid = Float32Array.from({ length: 600_000 }, (_, t) => t / 1e6);
  const placed = inPlace(k, grid);
  const left = k.memory.buffer.byteLength - k.arena.mark();
  if (left > 2 ** 17) k.arena.uint8(left - 2 ** 16);
  const before = k.memory.buffer.byteLength;
  const found = coverageSweep(k, scores, groups, 2, placed.view);
  expect(k.memory.buffer.byteLength).toBeGreaterThan(before);
  same('sweep', found, scalar.coverageSweep(scores, groups, 2, grid));
});

test('calls leave the arena as high as they found it, errors too', async () => {
  const k = await loadKernels();
  const n = 100_000;
  const { lower, upper, truth } = intervals(n, 1);
  const groups = new Uint8Array(n);
  const mark = k.arena.mark();
  radixSort(k, lower.slice());
  profileScores(k, truth, groups, 1, { positions: true });
  groups[n - 1] = 9;
  expect(() => gather(k, groups, 1, [lower], [upper])).toThrow();
  expect(k.arena.mark()).toBe(mark);
});

test('staging input of any size takes no memory', async () => {
  const k = await loadKernels();
  const n = 2 ** 21;
  const { lower, upper } = intervals(n, 1);
  const before = k.memory.buffer.byteLength;
  clampedLength(k, { lower, upper }, Uint32Array.of(0, n), Float64Array.of(0), Float64Array.of(0));
  computeScores(k, { truth: lower, lower, upper }, lower);
  gather(k, new Uint8Array(n), 1, [lower, upper], [new Float32Array(n), new Float32Array(n)]);
  expect(k.memory.buffer.byteLength).toBe(before);
});

test('memory beyond 4 GiB is refused with a sentence, and the arena is as before', async () => {
  const { arena } = await loadKernels();
  const mark = arena.mark();
  expect(() => arena.float64(2 ** 29)).toThrow(expect.objectContaining({ code: 'unsupported' }));
  expect(() => arena.float32(-1)).toThrow(expect.objectContaining({ code: 'usage' }));
  expect(() => arena.float32(1.5)).toThrow(expect.objectContaining({ code: 'usage' }));
  expect(arena.mark()).toBe(mark);
  arena.float32(10).view.fill(1);
});
