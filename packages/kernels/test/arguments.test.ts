import { beforeAll, describe, expect, test } from 'vitest';
import * as face from '../src/index.ts';

let k: face.Kernels;
beforeAll(async () => {
  k = await face.loadKernels();
});

const four = new Float32Array(4);
const three = new Float32Array(3);
const zero = new Uint8Array(4);
const whole = Uint32Array.of(0, 4);
const one = Float64Array.of(0);
const bounds = { truth: four, lower: four, upper: four };
const none = new Float32Array(0);
const regionLambda = { below: Float32Array.of(0), above: Float32Array.of(0) };
const four2 = { lower: new Float32Array(4), upper: new Float32Array(4) };

function refusal(call: () => unknown): face.SemcrcError {
  try {
    call();
  } catch (error) {
    if (error instanceof face.SemcrcError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

const binning: face.Binning = {
  grid: { shift: 23, firstColumn: 126, columns: 2, offset: 1, firstRow: 127, rows: 1 },
  gamma: 0.5,
  side: 'both',
  weight: 1,
};

const refusals: Record<string, [() => unknown, RegExp]> = {
  'columns of different length': [
    () => face.computeScores(k, { ...bounds, upper: three }, four),
    /upper has 3 values but truth has 4/,
  ],
  'an output of another length': [() => face.computeScores(k, bounds, three), /out has 3/],
  'a column of another type': [
    () => face.computeScores(k, { ...bounds, lower: new Float64Array(4) as never }, four),
    /lower must be a Float32Array, found Float64Array/,
  ],
  'no column at all': [
    () => face.firstNaN(k, undefined as never),
    /values must be a Float32Array, found undefined/,
  ],
  'weights missing': [
    () => face.computeScaledScores(k, { ...bounds, lowerWeight: four, upperWeight: three }, four),
    /upperWeight has 3/,
  ],
  'groups of another type': [
    () => face.countGroups(k, new Int8Array(4) as never, 2),
    /Uint8Array or Uint16Array/,
  ],
  'groups of another length': [
    () => face.coverageSweep(k, four, new Uint8Array(5), 1, three),
    /groups has 5 values, expected one for each of 4/,
  ],
  'a group count of 0': [() => face.countGroups(k, zero, 0), /groupCount/],
  'a group count beyond u16': [() => face.countGroups(k, zero, 65537), /groupCount/],
  'a u8 group out of range': [() => face.countGroups(k, Uint8Array.of(0, 1, 5, 9), 5), /groups\[2\] is 5/],
  'a u16 group out of range': [
    () => face.countGroups(k, Uint16Array.of(0, 299, 300), 300),
    /groups\[2\] is 300/,
  ],
  'a group out of range in a sweep': [
    () => face.coverageSweep(k, four, Uint8Array.of(0, 7, 0, 0), 2, four),
    /groups\[1\] is 7/,
  ],
  'a group out of range in a profile': [
    () => face.profileScores(k, four, Uint16Array.of(0, 7, 0, 0), 2, { positions: false }),
    /groups\[1\] is 7/,
  ],
  'a group out of range among edges': [
    () => face.profileEdges(k, { lower: four, upper: four }, Uint8Array.of(0, 0, 2, 0), 2, 0.5),
    /groups\[2\] is 2/,
  ],
  'a reach that is no f32 above 0': [
    () => face.profileEdges(k, { lower: four, upper: four }, zero.subarray(0, 4), 1, 0.1),
    /reach must be an f32 above 0, found 0\.1/,
  ],
  'a reach beyond the range of bins': [
    () => face.binEdges(k, { lower: four, upper: four }, zero.subarray(0, 4), 1, { reach: 2, shift: 19 }),
    /reach must be an f32 above 0 and at most 1, found 2/,
  ],
  'a group out of range among sides': [
    () => face.divideSides(k, Uint8Array.of(0, 3, 1, 2), 2, four, four, new Uint16Array(4)),
    /groups\[1\] is 3/,
  ],
  'a group out of range while gathering': [
    () => face.gather(k, Uint8Array.of(3, 0, 0, 0), 2, [four], [new Float32Array(4)]),
    /groups\[0\] is 3/,
  ],
  'more columns than outputs': [
    () => face.gather(k, zero, 1, [four, four], [four]),
    /2 columns but 1 arrays/,
  ],
  'columns longer than groups': [
    () => face.gather(k, zero.subarray(1), 1, [four], [four]),
    /columns\[0\] has 4 values, expected one for each of 3 voxels/,
  ],
  'a λ too few': [
    () => face.missesBySegment(k, four, Uint32Array.of(0, 2, 4), Float32Array.of(0)),
    /lambda has 1 values, expected 2/,
  ],
  'a NaN λ': [
    () => face.missesBySegment(k, four, Uint32Array.of(0, 2, 4), Float32Array.of(0, NaN)),
    /lambda\[1\] is NaN/,
  ],
  'f64 λ for f32': [
    () => face.missesBySegment(k, four, whole, one as never),
    /lambda must be a Float32Array/,
  ],
  'weights of one side alone': [
    () => face.widenIntervals(k, { lower: four, upper: four, lowerWeight: four }, zero, regionLambda, four2),
    /upperWeight must be a Float32Array, found undefined/,
  ],
  'a negative λ with weights': [
    () =>
      face.widenIntervals(
        k,
        { lower: four, upper: four, lowerWeight: four, upperWeight: four },
        zero,
        { below: Float32Array.of(0), above: Float32Array.of(-1) },
        four2,
      ),
    /lambda\.above\[0\] is -1, expected at least 0/,
  ],
  'no λ for any region': [
    () => face.widenIntervals(k, { lower: four, upper: four }, zero, { below: none, above: none }, four2),
    /lambda is empty/,
  ],
  'λ of more regions on one side': [
    () => face.widenIntervals(k, { lower: four, upper: four }, zero, { below: four, above: three }, four2),
    /lambda\.above has 3 values, expected 4/,
  ],
  'bounds of another length to be widened into': [
    () =>
      face.widenIntervals(k, { lower: four, upper: four }, zero, regionLambda, { lower: four, upper: three }),
    /out\.upper has 3/,
  ],
  'marks of another type': [
    () => face.markMissed(k, bounds, zero, regionLambda, new Uint8ClampedArray(4) as never),
    /out must be a Uint8Array/,
  ],
  'marks of another length': [
    () => face.markMissed(k, bounds, zero, regionLambda, new Uint8Array(3)),
    /out has 3 values, expected one for each of 4 voxels/,
  ],
  'truth of other voxels': [
    () => face.markMissed(k, { ...bounds, truth: three }, zero, regionLambda, new Uint8Array(4)),
    /truth has 3 values/,
  ],
  'a group without a sum': [
    () =>
      face.sumWidths(k, { lower: four, upper: four }, Uint8Array.of(0, 1, 2, 0), new Float64Array(2), four),
    /groups\[2\] is 2/,
  ],
  'marks of other voxels': [
    () => face.countMarked(k, new Uint8Array(3), zero, 1),
    /marks has 3 values, expected one for each of 4 voxels/,
  ],
  'no offsets': [() => face.missesBySegment(k, four, new Uint32Array(0), three), /offsets is empty/],
  'offsets that decrease': [
    () => face.missesBySegment(k, four, Uint32Array.of(0, 3, 2), three),
    /offsets decrease at 2/,
  ],
  'offsets beyond the voxels': [
    () => face.missesBySegment(k, four, Uint32Array.of(0, 5), Float32Array.of(0)),
    /offsets end at 5, beyond the 4 voxels/,
  ],
  'a grid that descends': [
    () => face.coverageSweep(k, four, zero, 1, Float32Array.of(0, 2, 1)),
    /grid must ascend, but grid\[2\] = 1 follows 2/,
  ],
  'a NaN in the grid': [
    () => face.coverageSweep(k, four, zero, 1, Float32Array.of(0, NaN)),
    /grid\[1\] is NaN/,
  ],
  'γ of 1': [() => face.lossSweep(k, bounds, whole, one, 1), /gamma/],
  'γ below 0': [() => face.lossSweep(k, bounds, whole, one, -0.1), /gamma/],
  'a NaN γ': [() => face.lossSweep(k, bounds, whole, one, NaN), /gamma/],
  'a negative λ in a loss sweep': [
    () => face.lossSweep(k, bounds, whole, Float64Array.of(-1), 0.5),
    /lambda\[0\] is -1/,
  ],
  'a NaN λ in a length': [
    () => face.clampedLength(k, bounds, whole, one, Float64Array.of(NaN)),
    /lambdaAbove\[0\] is NaN/,
  ],
  'pixels of another type': [
    () => face.divideByPixel(k, four, zero as never, whole, zero, 1, new Float32Array(4)),
    /pixels must be a Uint16Array or Uint32Array, found Uint8Array/,
  ],
  'a pixel too few': [
    () => face.divideByPixel(k, four, new Uint16Array(3), whole, zero, 1, new Float32Array(4)),
    /pixels has 3 values, expected one for each of 4/,
  ],
  'a u16 pixel outside the plane': [
    () => face.divideByPixel(k, four, Uint16Array.of(0, 3, 4, 0), whole, zero, 1, new Float32Array(4)),
    /pixels\[2\] is 4, expected a pixel of the plane, below 4/,
  ],
  'a u32 pixel outside the plane': [
    () => face.divideByPixel(k, four, Uint32Array.of(0, 3, 0, 2 ** 31), whole, zero, 1, new Float32Array(4)),
    /pixels\[3\] is 2147483648, expected a pixel of the plane, below 4/,
  ],
  'a part out of range': [
    () => face.divideByPixel(k, four, new Uint16Array(4), whole, Uint8Array.of(0, 1), 1, new Float32Array(4)),
    /parts\[1\] is 1, expected a number below partCount = 1/,
  ],
  'parts of another type': [
    () => face.divideByPixel(k, four, new Uint16Array(4), whole, four as never, 1, new Float32Array(4)),
    /parts must be a Uint8Array, found Float32Array/,
  ],
  'a part count beyond u8': [
    () => face.divideByPixel(k, four, new Uint16Array(4), whole, zero, 257, new Float32Array(4)),
    /partCount must be an integer from 1 to 256/,
  ],
  'an output of a division of another length': [
    () => face.divideByPixel(k, four, new Uint16Array(4), whole, zero, 1, three),
    /out has 3/,
  ],
  'more regions than u16 tell apart': [
    () => face.divideGroups(k, zero, 257, zero, 256, new Uint16Array(4)),
    /groupCount · partCount must be an integer from 1 to 65536, found 65792/,
  ],
  'regions of another type': [
    () => face.divideGroups(k, zero, 1, zero, 1, new Uint8Array(4) as never),
    /out must be a Uint16Array, found Uint8Array/,
  ],
  'a region too few': [
    () => face.divideGroups(k, zero, 1, zero, 1, new Uint16Array(3)),
    /out has 3 values, expected one for each of 4/,
  ],
  'a group out of range while dividing groups': [
    () => face.divideGroups(k, Uint8Array.of(0, 0, 0, 2), 2, zero, 1, new Uint16Array(4)),
    /groups\[3\] is 2/,
  ],
  'slices of groups that are not whole': [
    () => face.divideGroups(k, zero, 1, new Uint8Array(3), 1, new Uint16Array(4)),
    /4 voxels do not fill whole slices of 3 pixels/,
  ],
  'slices that are not whole': [
    () => face.clampedLengthByPixel(k, bounds, zero, 1, new Uint8Array(3), one, one),
    /4 voxels do not fill whole slices of 3 pixels/,
  ],
  'a plane without pixels': [
    () => face.clampedLengthByPixel(k, bounds, zero, 1, new Uint8Array(0), one, one),
    /4 voxels do not fill whole slices of 0 pixels/,
  ],
  'a group out of range in a length by pixel': [
    () => face.clampedLengthByPixel(k, bounds, Uint8Array.of(0, 1, 0, 0), 1, zero, one, one),
    /groups\[1\] is 1/,
  ],
  'a part beyond its λ': [
    () => face.clampedLengthByPixel(k, bounds, zero, 1, Uint8Array.of(0, 1, 0, 0), one, one),
    /parts\[1\] is 1/,
  ],
  'more λ above than below': [
    () => face.clampedLengthByPixel(k, bounds, zero, 1, zero, one, Float64Array.of(0, 0)),
    /lambdaAbove has 2 values, expected 1/,
  ],
  'a NaN λ in a length by pixel': [
    () => face.clampedLengthByPixel(k, bounds, zero, 1, zero, Float64Array.of(NaN), one),
    /lambdaBelow\[0\] is NaN/,
  ],
  'a negative λ in a loss of cells': [
    () => face.cellLoss(k, { weight: one, residual: one, width: one }, -1, 0.5, new Float64Array(2)),
    /lambda\[0\] is -1/,
  ],
  'tables of cells that do not lie on kernel memory': [
    () => face.binResiduals(k, bounds, binning, new Float64Array(8), new Uint32Array(2), 0),
    /must lie on kernel memory/,
  ],
  'tables of too few cells': [
    () => face.binResiduals(k, bounds, binning, k.arena.float64(8).view, k.arena.uint32(2).view, 0),
    /a grid of 2 cells needs 8 and 3/,
  ],
  'a weight of nothing': [
    () => face.binResiduals(k, bounds, { ...binning, weight: 0 }, one, Uint32Array.of(0), 0),
    /weight must be positive and finite, found 0/,
  ],
};

describe('arguments that do not fit are refused as bad input', () => {
  test.each(Object.entries(refusals))('%s', (_, [call, message]) => {
    const error = refusal(call);
    expect(error.code).toBe('bad-input');
    expect(error.message).toMatch(message);
  });

  test('a bad group is found wherever it stands', () => {
    for (const make of [(n: number) => new Uint8Array(n), (n: number) => new Uint16Array(n)]) {
      for (let at = 0; at < 41; at++) {
        const groups = make(41);
        groups[at] = 3;
        expect(refusal(() => face.countGroups(k, groups, 3)).data).toMatchObject({ index: at, found: 3 });
      }
    }
  });

  test('the index of a bad group counts from the start of the array, across chunks', () => {
    const groups = new Uint8Array(50_000);
    groups[40_001] = 4;
    expect(refusal(() => face.countGroups(k, groups, 4)).data).toMatchObject({ index: 40_001, found: 4 });
  });

  test('the index of a bad pixel counts from the start of the array, across chunks', () => {
    const pixels = new Uint16Array(50_000);
    pixels[40_001] = 4;
    const values = new Float32Array(pixels.length);
    const offsets = Uint32Array.of(0, 20_000, pixels.length);
    const error = refusal(() => face.divideByPixel(k, values, pixels, offsets, zero, 1, values.slice()));
    expect(error.data).toMatchObject({ index: 40_001, found: 4, expected: 4 });
  });

  test('the index of a NaN counts from the start of the array, across chunks', () => {
    const scores = new Float32Array(50_000);
    scores[40_001] = NaN;
    const groups = new Uint8Array(50_000);
    const error = refusal(() => face.profileScores(k, scores, groups, 1, { positions: true }));
    expect(error.data).toMatchObject({ index: 40_001 });
  });

  test('gather writes nothing when a group is out of range', () => {
    const groups = new Uint8Array(50_000);
    groups[49_999] = 1;
    const out = new Float32Array(50_000).fill(5);
    refusal(() => face.gather(k, groups, 1, [new Float32Array(50_000)], [out]));
    expect(out.every((value) => value === 5)).toBe(true);
  });
});
