// What is measured: every kernel on arrays on kernel memory, its twin on heap arrays of fewer voxels.
import * as face from '@semcrc/kernels';
import * as scalar from '@semcrc/kernels/scalar';
import { GROUP_COUNT, PART_COUNT, PLANE } from './input.mjs';

const COLUMNS = [
  ...['truth', 'lower', 'upper', 'scores', 'out'],
  ...['sortedTruth', 'sortedLower', 'sortedUpper', 'sortedScores'],
  ...['keptTruth', 'keptLower', 'keptUpper'],
];

/** Puts the input on kernel memory: views by name, groups, and the offsets of the gathered (sorted) columns. */
export function place(k, input) {
  const n = input.truth.length;
  const blocks = new Map(COLUMNS.map((name) => [name, k.arena.float32(n + 4)]));
  const groupBlock = k.arena.uint8(n);
  const pixelBlock = k.arena.uint16(n);
  const regionBlock = k.arena.uint16(n);
  const markBlock = k.arena.uint8(n);
  // Sorts and profiles take room of their own: let the memory grow before any view is taken.
  const mark = k.arena.mark();
  k.arena.float32(7 * n);
  k.arena.release(mark);
  const views = Object.fromEntries([...blocks].map(([name, { view }]) => [name, view.subarray(0, n)]));
  const groups = groupBlock.view;
  for (const name of ['truth', 'lower', 'upper']) views[name].set(input[name]);
  groups.set(input.groups);
  // The pixels of sorted scores: in no order.
  const pixels = pixelBlock.view;
  for (let j = 0; j < n; j++) pixels[j] = Math.imul(j, 0x9e3779b1) >>> 16;
  const { truth, lower, upper, scores, sortedTruth, sortedLower, sortedUpper, sortedScores } = views;
  face.computeScores(k, { truth, lower, upper }, scores);
  const columns = [truth, lower, upper, scores];
  const sorted = [sortedTruth, sortedLower, sortedUpper, sortedScores];
  const offsets = face.gather(k, groups, GROUP_COUNT, columns, sorted);
  const [regions, marks] = [regionBlock.view, markBlock.view];
  return { ...views, groups, pixels, regions, marks, offsets };
}

/**
 * The benches. `bytes` is what a voxel must read and write at the least; `simd` whether lanes apply (counting sorts
 * and histograms move one voxel at a time).
 */
export function kernelBenches(k, placed, { lambda, grid, parts }, few) {
  const { truth, lower, upper, scores, out, groups, pixels, offsets } = placed;
  const { sortedTruth, sortedLower, sortedUpper, sortedScores, keptTruth, keptLower, keptUpper } = placed;
  const n = truth.length;
  const bounds = { truth, lower, upper };
  const sorted = { truth: sortedTruth, lower: sortedLower, upper: sortedUpper };
  const kept = { truth: keptTruth, lower: keptLower, upper: keptUpper };
  const levels = Float64Array.from(lambda);
  const floor = { gamma: 0.5, shift: levels, side: 'both' };
  const positions = { positions: true };
  const shifts = levels.slice(0, PART_COUNT);
  const regionLambda = { below: lambda, above: lambda };
  const widened = { lower: keptLower, upper: keptUpper };
  const { marks } = placed;
  const widthSums = new Float64Array(GROUP_COUNT);
  // Whole slices.
  const plane = PLANE <= few ? parts : parts.subarray(0, few);
  const whole = (name, voxels) => placed[name].subarray(0, voxels - (voxels % plane.length));
  const slices = { lower: whole('lower', n), upper: whole('upper', n), groups: whole('groups', n) };
  const regions = whole('regions', n);
  const fewRegions = whole('regions', few).slice();
  const fewSides = new Uint16Array(few);
  const fewSlices = {
    lower: whole('lower', few).slice(),
    upper: whole('upper', few).slice(),
    groups: whole('groups', few).slice(),
  };

  const small = Object.fromEntries(
    ['truth', 'lower', 'upper', 'scores', 'out', 'groups', 'pixels'].map((name) => [
      name,
      placed[name].slice(0, few),
    ]),
  );
  const smallKept = { truth: small.out.slice(), lower: small.out.slice(), upper: small.out.slice() };
  const smallMarks = marks.slice(0, few);
  const smallOffsets = offsets.map((offset) => Math.floor((offset * few) / n));

  return [
    {
      name: 'computeScores',
      bytes: 16,
      simd: true,
      wasm: () => face.computeScores(k, bounds, out),
      twin: () => scalar.computeScores(small, small.out),
    },
    {
      name: 'firstNaN',
      bytes: 4,
      simd: true,
      wasm: () => face.firstNaN(k, truth),
      twin: () => scalar.firstNaN(small.truth),
    },
    {
      name: 'countGroups',
      bytes: 1,
      simd: true,
      wasm: () => face.countGroups(k, groups, GROUP_COUNT)[1],
      twin: () => scalar.countGroups(small.groups, GROUP_COUNT)[1],
    },
    {
      name: 'gather',
      bytes: 26,
      simd: false,
      wasm: () => face.gather(k, groups, GROUP_COUNT, Object.values(bounds), Object.values(kept))[1],
      twin: () =>
        scalar.gather(
          small.groups,
          GROUP_COUNT,
          [small.truth, small.lower, small.upper],
          Object.values(smallKept),
        )[1],
    },
    {
      name: 'missesBySegment',
      bytes: 4,
      simd: true,
      wasm: () => face.missesBySegment(k, sortedScores, offsets, lambda)[1],
      twin: () => scalar.missesBySegment(small.scores, smallOffsets, lambda)[1],
    },
    {
      name: 'coverageSweep',
      bytes: 5,
      simd: true,
      wasm: () => face.coverageSweep(k, scores, groups, GROUP_COUNT, grid)[1],
      twin: () => scalar.coverageSweep(small.scores, small.groups, GROUP_COUNT, grid)[1],
    },
    {
      name: 'lossSweep',
      bytes: 12,
      simd: true,
      wasm: () => face.lossSweep(k, sorted, offsets, levels, 0.5).loss[1],
      twin: () => scalar.lossSweep(small, smallOffsets, levels, 0.5).loss[1],
    },
    {
      name: 'clampedLength',
      bytes: 8,
      simd: true,
      wasm: () => face.clampedLength(k, sorted, offsets, levels, levels)[1],
      twin: () => scalar.clampedLength(small, smallOffsets, levels, levels)[1],
    },
    {
      name: 'widenIntervals',
      bytes: 17,
      simd: true,
      wasm: () => face.widenIntervals(k, bounds, groups, regionLambda, widened),
      twin: () => scalar.widenIntervals(small, small.groups, regionLambda, smallKept),
    },
    {
      name: 'markMissed',
      bytes: 14,
      simd: true,
      wasm: () => face.markMissed(k, bounds, groups, regionLambda, marks),
      twin: () => scalar.markMissed(small, small.groups, regionLambda, smallMarks),
    },
    {
      name: 'sumWidths',
      bytes: 13,
      simd: false,
      wasm: () => face.sumWidths(k, bounds, groups, widthSums, out),
      twin: () => scalar.sumWidths(small, small.groups, widthSums, small.out),
    },
    {
      name: 'countMarked',
      bytes: 2,
      simd: false,
      wasm: () => face.countMarked(k, marks, groups, GROUP_COUNT)[1],
      twin: () => scalar.countMarked(smallMarks, small.groups, GROUP_COUNT)[1],
    },
    {
      name: 'clampedLengthByPixel',
      bytes: 9,
      simd: true,
      wasm: () => face.clampedLengthByPixel(k, slices, slices.groups, GROUP_COUNT, plane, shifts, shifts)[1],
      twin: () =>
        scalar.clampedLengthByPixel(fewSlices, fewSlices.groups, GROUP_COUNT, plane, shifts, shifts)[1],
    },
    {
      name: 'divideGroups',
      bytes: 4,
      simd: true,
      wasm: () => face.divideGroups(k, slices.groups, GROUP_COUNT, plane, PART_COUNT, regions),
      twin: () => scalar.divideGroups(fewSlices.groups, plane, PART_COUNT, fewRegions),
    },
    {
      name: 'divideSides',
      bytes: 11,
      simd: true,
      wasm: () => face.divideSides(k, groups, GROUP_COUNT, truth, upper, placed.regions),
      twin: () => scalar.divideSides(small.groups, GROUP_COUNT, small.truth, small.upper, fewSides),
    },
    {
      name: 'divideByPixel',
      bytes: 10,
      simd: false,
      wasm: () => face.divideByPixel(k, scores, pixels, offsets, parts, PART_COUNT, out)[1],
      twin: () =>
        scalar.divideByPixel(small.scores, small.pixels, smallOffsets, parts, PART_COUNT, small.out)[1],
    },
    {
      name: 'filterActive',
      bytes: 12,
      simd: true,
      wasm: () => face.filterActive(k, sorted, offsets, floor, kept)[1],
      twin: () => scalar.filterActive(small, smallOffsets, floor, smallKept)[1],
    },
    {
      name: 'radixSort',
      bytes: 36,
      simd: false,
      wasm: () => {
        out.set(scores);
        face.radixSort(k, out);
      },
      twin: () => {
        small.out.set(small.scores);
        scalar.radixSort(small.out);
      },
    },
    {
      name: 'profileScores',
      bytes: 10,
      simd: false,
      wasm: () => face.profileScores(k, scores, groups, GROUP_COUNT, positions).offsets[1],
      twin: () => scalar.profileScores(small.scores, small.groups, GROUP_COUNT, positions).offsets[1],
    },
    {
      name: 'profileEdges',
      bytes: 18,
      simd: false,
      wasm: () => face.profileEdges(k, bounds, groups, GROUP_COUNT, 0.125).width[1],
      twin: () => scalar.profileEdges(small, small.groups, GROUP_COUNT, 0.125).width[1],
    },
    {
      name: 'binEdges',
      bytes: 9,
      simd: false,
      wasm: () => face.binEdges(k, bounds, groups, GROUP_COUNT, { reach: 0.125, shift: 19 }).below[1],
      twin: () => scalar.binEdges(small, small.groups, GROUP_COUNT, { reach: 0.125, shift: 19 }).below[1],
    },
  ];
}
