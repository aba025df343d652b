import { expect, test } from 'vitest';
import {
  clampedLength,
  computeScores,
  countGroups,
  coverageSweep,
  firstNaN,
  loadKernels,
  lossSweep,
  missesBySegment,
  profileScores,
} from '../src/index.ts';
import * as scalar from '../src/scalar/index.ts';
import { close, intervals, labels, same, specials } from './inputs.ts';

/** 2^26 voxels are one block of 2^20 over and over, so that the twins need to see it only once. */
const BLOCK = 2 ** 20;
const TIMES = 64;

function repeat<T extends Float32Array | Uint8Array>(block: T, make: (length: number) => T): T {
  const all = make(BLOCK * TIMES);
  for (let t = 0; t < TIMES; t++) all.set(block, t * BLOCK);
  return all;
}

const times64 = (counts: Uint32Array) => counts.map((count) => count * TIMES);

test('2^26 voxels on the heap stream through bounded scratch, each counted once', {
  timeout: 300_000,
}, async () => {
  const k = await loadKernels();
  const floats = (length: number) => new Float32Array(length);
  const groupsBlock = labels((length) => new Uint8Array(length), BLOCK, 12, 1);
  const groups = repeat(groupsBlock, (length) => new Uint8Array(length));
  const columns = intervals(BLOCK, 2);
  const scoresBlock = new Float32Array(BLOCK);
  scalar.computeScores(columns, scoresBlock);
  const before = k.memory.buffer.byteLength;

  const truth = repeat(columns.truth, floats);
  const lower = repeat(columns.lower, floats);
  const upper = repeat(columns.upper, floats);
  const n = truth.length;
  const scores = new Float32Array(n);
  computeScores(k, { truth, lower, upper }, scores);
  for (let t = 0; t < TIMES; t++) same('scores', scores.subarray(t * BLOCK, (t + 1) * BLOCK), scoresBlock);
  expect(firstNaN(k, scores)).toBe(-1);
  same('counts', countGroups(k, groups, 12), times64(scalar.countGroups(groupsBlock, 12)));

  const grid = Float32Array.of(0, 0.05, 0.1);
  const sweep = times64(scalar.coverageSweep(scoresBlock, groupsBlock, 12, grid));
  same('sweep', coverageSweep(k, scores, groups, 12, grid), sweep);

  const offsets = Uint32Array.from({ length: TIMES + 1 }, (_, t) => t * BLOCK);
  const levels = new Float64Array(TIMES).fill(0.01);
  const counts = missesBySegment(k, scores, offsets, new Float32Array(TIMES).fill(0.01));
  const count = scalar.missesBySegment(scoresBlock, Uint32Array.of(0, BLOCK), Float32Array.of(0.01));
  same('misses by segment', counts, new Uint32Array(TIMES).fill(count[0]));
  // The twins add voxel by voxel, so long sums of theirs drift: let them sum a 64th of the block at a time.
  const cuts = Uint32Array.from({ length: 65 }, (_, t) => (t * BLOCK) / 64);
  const total = (sums: Float64Array) => new Float64Array(TIMES).fill(sums.reduce((a, b) => a + b, 0));
  const { loss, slope } = lossSweep(k, { truth, lower, upper }, offsets, levels, 0.5);
  const expected = scalar.lossSweep(columns, cuts, levels, 0.5);
  close('loss', loss, total(expected.loss), BLOCK);
  close('slope', slope, total(expected.slope), 0);
  const length = clampedLength(k, { lower, upper }, offsets, levels, levels);
  close('length', length, total(scalar.clampedLength(columns, cuts, levels, levels)), BLOCK);

  expect(k.memory.buffer.byteLength).toBe(before);

  // A NaN at the very end is seen.
  scores[n - 1] = Number.NaN;
  expect(firstNaN(k, scores)).toBe(n - 1);
});

test('the profile of 2^26 voxels takes room for its positive scores alone', {
  timeout: 300_000,
}, async () => {
  const k = await loadKernels();
  const groupsBlock = labels((length) => new Uint8Array(length), BLOCK, 12, 1);
  const scoresBlock = specials(BLOCK, 3);
  const scores = repeat(scoresBlock, (length) => new Float32Array(length));
  const groups = repeat(groupsBlock, (length) => new Uint8Array(length));
  const found = profileScores(k, scores, groups, 12, { positions: true });
  const expected = scalar.profileScores(scoresBlock, groupsBlock, 12, { positions: false });
  same('voxels', found.voxels, times64(expected.voxels));
  same('offsets', found.offsets, times64(expected.offsets));
  for (let e = 0; e < expected.scores.length; e++) {
    const first = e * TIMES;
    // Each score of the block occurs 64 times, at ascending positions.
    if (
      found.scores[first] !== expected.scores[e] ||
      found.scores[first + TIMES - 1] !== expected.scores[e]
    ) {
      throw new Error(`entry ${first} is ${found.scores[first]}, expected ${expected.scores[e]}`);
    }
  }
  const positions = found.positions as Uint32Array;
  for (let g = 0; g < 12; g++) {
    for (let e = found.offsets[g]; e < found.offsets[g + 1]; e++) {
      const at = positions[e];
      if (scores[at] !== found.scores[e] || groups[at] !== g) throw new Error(`position ${at} is wrong`);
      const tie = e > found.offsets[g] && found.scores[e - 1] === found.scores[e];
      if (tie && positions[e - 1] >= at) throw new Error(`ties at ${at} are out of order`);
    }
  }
  const positives = found.scores.length;
  expect(k.memory.buffer.byteLength).toBeLessThan(20 * positives + 2 ** 24);
});
