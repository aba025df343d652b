import { readFileSync } from 'node:fs';
import { axisCodes, makeVolume, rasGrid, reorientToRas, type Volume } from '@semcrc/imaging';
import { describe, expect, it } from 'vitest';
import {
  bodyMask,
  type ImageModel,
  networkPredictor,
  networkSegmenter,
  openNetwork,
  predictScan,
  type SegmentationModel,
  segmentScan,
} from '../src/index.ts';
import { nodeRuntime } from '../src/node.ts';
import { imageRecord, oneOperator, organRecord, THREEFOLD } from './plain-onnx.ts';

const shifted = readFileSync(new URL('goldens/networks/shifted.onnx', import.meta.url));

async function imageNetwork(model: Uint8Array, changes: Readonly<Record<string, unknown>> = {}) {
  const record = imageRecord(model, changes) as ImageModel;
  return openNetwork({ record, model, file: 'unet.onnx' }, await nodeRuntime('wasm'));
}

async function organNetwork(changes: Readonly<Record<string, unknown>> = {}) {
  const model = oneOperator('Identity');
  const record = organRecord(model, changes) as SegmentationModel;
  return openNetwork({ record, model, file: 'organs.onnx' }, await nodeRuntime('wasm'));
}

/** LPS, 2 × 2 × 3 mm: what scanners write. */
const lps = [-2, 0, 0, 40, 0, -2, 0, 30, 0, 0, 3, -9, 0, 0, 0, 1];

/** Values that are linear in the place, so that trilinear resampling keeps them. */
function slope(affine: readonly number[]): Volume {
  const shape = [7, 12, 17] as const;
  const data = new Float32Array(7 * 12 * 17);
  for (let at = 0; at < data.length; at++) {
    const [x, y, z] = [at % 17, Math.floor(at / 17) % 12, Math.floor(at / 204)];
    data[at] = 0.3 + x / 64 + y / 64 - z / 32;
  }
  return makeVolume(data, shape, affine);
}

const options = { units: 'window', file: 'scan.nii' } as const;

describe('a scan comes back on its own grid', () => {
  it('in its own voxel order', async () => {
    const network = await imageNetwork(THREEFOLD);
    const scan = slope(lps);
    const { lower, point, upper, body } = await predictScan(network, scan, options);
    expect(axisCodes(point.affine)).toBe(axisCodes(scan.affine));
    for (const image of [lower, point, upper, body]) {
      expect(image.shape).toEqual(scan.shape);
      expect(image.affine).toEqual(scan.affine);
    }
    const off = point.data.reduce((most, value, at) => Math.max(most, Math.abs(value - scan.data[at])), 0);
    expect(off).toBeLessThan(1e-6);
    const ras = reorientToRas(scan);
    expect(rasGrid(scan).shape).toEqual(ras.shape);
    expect(reorientToRas(body).data).toEqual(
      Uint16Array.from(bodyMask(reorientToRas(point).data, ras.shape)),
    );
  });

  it('from the spacing of the network, images by linear interpolation', async () => {
    const network = await imageNetwork(THREEFOLD, { spacing: [3, 1.5, 4] });
    const scan = slope(lps);
    const { point } = await predictScan(network, scan, options);
    // Inside, linear interpolation of a linear image is exact; the last voxel of a coarse grid may stand before the scan's.
    for (let at = 0; at < scan.data.length; at++) {
      const [x, y, z] = [at % 17, Math.floor(at / 17) % 12, Math.floor(at / 204)];
      if (x < 2 || x > 14 || y < 2 || y > 9 || z < 2 || z > 4) continue;
      expect(Math.abs(point.data[at] - scan.data[at])).toBeLessThan(1e-5);
    }
  });

  it('labels by the nearest voxel, so that none arises between two', async () => {
    const network = await organNetwork({ labels: [11], spacing: [3, 3, 3] });
    const { segmentation, found } = await segmentScan(network, slope(lps), options);
    expect(found).toEqual([11]);
    expect(new Set(segmentation.data)).toEqual(new Set([0, 11]));
  });
});

describe('what a network gives', () => {
  it('is clipped to 0..1 and uncrossed, and both are counted', async () => {
    const crossing = await imageNetwork(shifted, { channels: ['upper', 'point', 'lower'] });
    const scan = makeVolume(
      Float32Array.from({ length: 512 }, (_, at) => (at < 100 ? 0.05 : at < 300 ? 0.5 : 0.99)),
      [8, 8, 8],
      lps,
    );
    const { lower, upper, mended } = await predictScan(crossing, scan, options);
    // −0.075 in 100 voxels, 1.115 in 212; `upper` is the lower one everywhere.
    expect(mended).toEqual({ clipped: 312, crossed: 512 });
    expect(lower.data.every((value, at) => value <= upper.data[at])).toBe(true);
    expect(Math.min(...lower.data)).toBe(0);
    expect(Math.max(...upper.data)).toBe(1);
  });

  it('is no label where its largest channel does not exceed the threshold', async () => {
    const network = await organNetwork({ threshold: 0.5 });
    const scan = makeVolume(
      Float32Array.from({ length: 512 }, (_, at) => (at % 4) / 4),
      [8, 8, 8],
      lps,
    );
    const { segmentation } = await segmentScan(network, scan, options);
    expect(Array.from(segmentation.data)).toEqual(Array.from(scan.data, (value) => (value > 0.5 ? 6 : 0)));
  });
});

describe('units', () => {
  const hounsfield = makeVolume(
    Float32Array.from({ length: 512 }, (_, at) => -1000 + 4 * at),
    [8, 8, 8],
    lps,
  );

  it('HU go through the window of the network, clipped where it says so', async () => {
    const wide = await imageNetwork(THREEFOLD, { window: [-1000, 1044], clip: true });
    const { point } = await predictScan(wide, hounsfield, { units: 'hu', file: 'ct.nii' });
    const expected = hounsfield.data.map((value) => (value + 1000) / 2044);
    const off = point.data.reduce((most, value, at) => Math.max(most, Math.abs(value - expected[at])), 0);
    expect(off).toBeLessThan(1e-6);
  });

  it('of another kind than was said are refused, either way', async () => {
    const network = await imageNetwork(THREEFOLD);
    await expect(predictScan(network, hounsfield, options)).rejects.toThrow('for HU choose `units` hu');
    await expect(predictScan(network, slope(lps), { units: 'hu', file: 'x.nii' })).rejects.toThrow(
      'x.nii: expected HU, found no value outside −1..2',
    );
  });
});

describe('behind the interfaces', () => {
  it('a predictor gives the slices asked for, the point between its bounds', async () => {
    const swapped = await imageNetwork(shifted, { channels: ['point', 'lower', 'upper'] });
    const scan = makeVolume(
      new Float32Array(512).fill(0.5),
      [8, 8, 8],
      [2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1],
    );
    const { lower, point, upper } = await networkPredictor(swapped).predict(scan, [2, 5]);
    expect(point.length).toBe(128);
    // The network's point, 0.375, lies below its lower bound, 0.5.
    expect(new Set([...lower, ...point])).toEqual(new Set([0.5]));
    expect(new Set(upper)).toEqual(new Set([0.625]));
    await expect(networkPredictor(swapped).predict(scan, [8])).rejects.toMatchObject({ code: 'usage' });
  });

  it('a segmenter gives group ids, and none for what is no organ', async () => {
    const affine = [2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1];
    const measurement = makeVolume(new Float32Array(512), [8, 8, 8], affine);
    const point = Float32Array.from({ length: 512 }, (_, at) => at % 2);
    const input = { measurement, slices: [0, 1, 2, 3, 4, 5, 6, 7], point, body: new Uint8Array(512).fill(1) };
    const liver = networkSegmenter(await organNetwork({ labels: [6] }));
    expect(await liver.segment(input)).toEqual(Uint8Array.from(point, (value) => 7 * value));
    const colon = networkSegmenter(await organNetwork({ labels: [18] }));
    expect(new Set(await colon.segment(input))).toEqual(new Set([0]));
  });
});
