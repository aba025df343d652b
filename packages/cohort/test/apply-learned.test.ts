import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  applyLambda,
  buildProfile,
  type Calibration,
  type CalibrationData,
  describeCalibration,
  type Fit,
  fitSplit,
  makePartition,
  PAPER_OPTIONS,
  parseCalibration,
  placeSample,
  planRuns,
  type Sample,
  type Source,
  UNKNOWN_PREPARING,
} from '@semcrc/core';
import { reorientToRas } from '@semcrc/imaging';
import { readNifti, resolveLabelling } from '@semcrc/imaging/node';
import { type Kernels, loadKernels } from '@semcrc/kernels';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  applyToFiles,
  beginStore,
  finishStore,
  openManifest,
  openPreparation,
  openStore,
  readManifest,
  writeScan,
} from '../src/node.ts';
import { type PlainFile, writeNifti } from './plain-nifti.ts';
import { kept, uniform } from './random-cohort.ts';

const SCANS = 20;
const SIZE = [24, 20, 3] as const;
const VOXELS = 24 * 20 * 3;
/** Columns from left to right and rows from back to front in the file: the other way round than RAS. */
const TURNED = [
  [-2, 0, 0, 30],
  [0, -2, 0, 20],
  [0, 0, 3, 5],
];
/** Rows and columns change places, too. */
const TRANSPOSED = [
  [0, 2, 0, 30],
  [-2, 0, 0, 20],
  [0, 0, -3, 5],
];

let folder: string;
let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
  folder = mkdtempSync(join(tmpdir(), 'semcrc-learned-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/**
 * Writes scans whose error depends on what slices show, and their manifest.
 *
 * @param air columns at one side where the truth, not the prediction, is air
 */
function writeCohort(home: string, affine: number[][], air = 0): string {
  const lines = ['scan,ground_truth,lower,point,upper,segmentation'];
  for (let s = 0; s < SCANS; s++) {
    const next = uniform(s + 1);
    const at = join(home, `s${s}`);
    mkdirSync(at, { recursive: true });
    const seg = Uint8Array.from({ length: VOXELS }, (_, v) => [0, 1, 6][Math.floor((v % 24) / 8)] as number);
    const point = Float32Array.from(seg, () => 0.2 + 0.6 * next());
    const half = point.map(() => 0.01 + 0.04 * next());
    const truth = point.map((p, v) =>
      v % 24 < air ? -1000 : -175 + 425 * (p + (p > 0.5 ? 0.05 : -0.03) + 0.06 * (next() - 0.5)),
    );
    const put = (name: string, values: ArrayLike<number>, type: PlainFile['type']) => {
      writeNifti(join(at, `${name}.nii.gz`), { size: SIZE, type, values, affine });
      return join(`s${s}`, `${name}.nii.gz`);
    };
    const files = [
      put('truth', truth, 'float32'),
      put(
        'lower',
        point.map((p, v) => p - (half[v] as number)),
        'float32',
      ),
      put('point', point, 'float32'),
      put(
        'upper',
        point.map((p, v) => p + (half[v] as number)),
        'float32',
      ),
      put('seg', seg, 'uint8'),
    ];
    lines.push([`s${s}`, ...files].join(','));
  }
  const manifest = join(home, 'manifest.csv');
  writeFileSync(manifest, `${lines.join('\n')}\n`);
  return manifest;
}

async function calibrate(source: Source, procedure: 'shortest' | 'recentred') {
  const organs = makePartition({ kind: 'organ' }, source.labels);
  const samples = new Map<string, Sample>();
  for (const id of source.ids) samples.set(id, await source.read(id));
  const profiles = new Map([...samples].map(([id, sample]) => [id, buildProfile(kernels, sample, organs)]));
  const data: CalibrationData = {
    ...{ kernels, labels: source.labels, preparing: source.preparing },
    profileOf: (id) => profiles.get(id) as NonNullable<ReturnType<typeof profiles.get>>,
    read: async (id) => samples.get(id) as Sample,
  };
  const split = { opt: source.ids.slice(0, 6), cal: source.ids.slice(6, 19), test: [] };
  const [fitted] = await fitSplit(data, split, [procedure], [0.1], PAPER_OPTIONS, { seed: 0, run: 0 });
  const fit = fitted?.fits[0] as Fit;
  const written = describeCalibration(fit, {
    ...{ epsilon: 0.1, options: PAPER_OPTIONS, labels: source.labels, seed: 0, split, cohort: source },
    source: {
      ...{ name: 'drawn', digest: '0', scans: SCANS, leftOut: 0 },
      preparing: source.preparing ?? UNKNOWN_PREPARING,
    },
    ...{ test: null, versions: {} },
  });
  return { fit, calibration: parseCalibration(JSON.stringify(written), 'calibration.json'), split };
}

/** Applies a calibration to a scan's files; reads a volume that came of it, in RAS order. */
async function applied(
  calibration: Calibration,
  home: string,
  id: string,
): Promise<(volume: string) => Promise<Float32Array>> {
  const file = (volume: string) => join(home, id, `${volume}.nii.gz`);
  const out = join(home, `applied-${id}`);
  await applyToFiles(
    calibration,
    { lower: file('lower'), upper: file('upper'), point: file('point'), segmentation: file('seg') },
    out,
    { labelling: await resolveLabelling('suprem') },
  );
  return async (volume) => reorientToRas((await readNifti(join(out, `${volume}.nii.gz`))).volume).data;
}

describe.each([
  ['turned', TURNED],
  ['transposed', TRANSPOSED],
] as const)('what is learned of slices, on files stored %s', (name, affine) => {
  it.each(['shortest', 'recentred'] as const)(
    '%s: the interval applied to a calibrated scan is, to the bit, the one that was counted, in the store, too',
    async (procedure) => {
      const home = join(folder, `${name}-${procedure}`);
      const manifest = writeCohort(home, affine);
      const source = await openManifest(manifest, { labels: 'suprem' });
      const { fit, calibration, split } = await calibrate(source, procedure);
      expect(fit.partition.keys.length).toBeGreaterThan(9);
      const store = join(home, 'cohort.zarr');
      const { ids, patients, labels, preparing } = source;
      await beginStore(store, {
        ...{ digest: source.digest, ids, patients, labels, labelBytes: 1, name: 'drawn' },
        volumes: { point: true, std: false, samples: 0 },
        preparing: preparing ?? UNKNOWN_PREPARING,
      });
      for (const id of ids) await writeScan(store, id, kept(await source.read(id)));
      await finishStore(store);
      const prepared = await openStore(store);
      for (const id of [split.cal[0], split.opt[0]] as string[]) {
        const counted = await source.read(id);
        const { shrink = false, centre = null, partition } = fit;
        const own = placeSample(counted, partition, { ...PAPER_OPTIONS, shrink }, centre);
        const kept = placeSample(await prepared.read(id), partition, { ...PAPER_OPTIONS, shrink }, centre);
        expect(kept.regions).toEqual(own.regions);
        expect(kept.interval).toEqual(own.interval);
        const expected = applyLambda(kernels, own.interval, own.regions, fit);
        const read = await applied(calibration, home, id);
        expect(await read('lower')).toEqual(expected.lower);
        expect(await read('upper')).toEqual(expected.upper);
        expect(await read('lambda-above')).toEqual(expected.lambdaAbove);
        if (procedure === 'recentred') expect(await read('point')).toEqual(own.interval.lower);
      }
    },
  );
});

/** Where the voxels of slices that were cropped and padded lie in the whole ones: found by their truth. */
function placesOf(cut: Sample, whole: Sample): Map<number, number> {
  const [slices, height, width] = cut.shape;
  const [wholeSlices, wholeHeight, wholeWidth] = whole.shape;
  const places = new Map<number, number>();
  for (let z = 0; z < slices; z++) {
    const own = Array.from({ length: height * width }, (_, i) => z * height * width + i).filter(
      (v) => (cut.truth[v] as number) > 0,
    );
    let found: number[] | undefined;
    for (let wz = 0; wz < wholeSlices; wz++) {
      for (let row = -height; row < wholeHeight; row++) {
        for (let column = -width; column < wholeWidth; column++) {
          const at = own.map((v) => {
            const [y, x] = [(Math.floor(v / width) % height) + row, (v % width) + column];
            const inside = y >= 0 && y < wholeHeight && x >= 0 && x < wholeWidth;
            return inside ? (wz * wholeHeight + y) * wholeWidth + x : -1;
          });
          if (at.every((voxel, i) => whole.truth[voxel] === cut.truth[own[i] as number])) found = at;
        }
      }
    }
    own.forEach((v, i) => {
      places.set(v, found?.[i] as number);
    });
  }
  return places;
}

describe.each([
  ['turned', TURNED],
  ['transposed', TRANSPOSED],
] as const)('what is learned of slices that are cropped and padded, on files stored %s', (name, affine) => {
  const cutting: Parameters<typeof openManifest>[1] = {
    ...{ labels: 'suprem', slices: 2, windowSlices: 3, margin: 0, leastLabelled: 0 },
    prepare: 'paper',
  };
  it.each([
    ['shortest', [14, 30]],
    ['recentred', [26, 12]],
  ] as const)(
    '%s: the interval applied to a calibrated voxel is, to the bit, the one that was counted, in the store, too',
    async (procedure, size) => {
      const home = join(folder, `cut-${name}-${procedure}`);
      const manifest = writeCohort(home, affine, 1);
      const options = { ...cutting, size };
      const source = await openManifest(manifest, options);
      const { fit, calibration, split } = await calibrate(source, procedure);
      expect(fit.partition.spec.kind).toBe('learned');
      const preparation = await openPreparation(await readManifest(manifest), options);
      const store = join(home, 'cohort.zarr');
      await beginStore(store, preparation.plan);
      for (const id of source.ids) await preparation.prepare(store, id);
      await finishStore(store);
      const prepared = await openStore(store);
      expect(prepared.preparing).toEqual(source.preparing);
      const uncut = await openManifest(manifest, { labels: 'suprem' });
      for (const id of [split.cal[0], split.opt[0]] as string[]) {
        const counted = await source.read(id);
        const { shrink = false, centre = null, partition } = fit;
        const place = (sample: Sample) =>
          placeSample(sample, partition, { ...PAPER_OPTIONS, shrink }, centre);
        const own = place(counted);
        for (const again of [await prepared.read(id), (await prepared.view?.(id)) as Sample]) {
          const kept = place(again);
          expect(kept.regions).toEqual(own.regions);
          expect(kept.interval).toEqual(own.interval);
        }
        const expected = applyLambda(kernels, own.interval, own.regions, fit);
        const read = await applied(calibration, home, id);
        const [lower, upper] = [await read('lower'), await read('upper')];
        const places = placesOf(counted, await uncut.read(id));
        expect(places.size).toBeGreaterThan(counted.truth.length / 3);
        for (const [v, voxel] of places) {
          expect(lower[voxel]).toBe(expected.lower[v]);
          expect(upper[voxel]).toBe(expected.upper[v]);
        }
      }
    },
  );

  it('is refused by name where slices are resampled, and shortest takes strata of a voxel alone', async () => {
    const home = join(folder, `resampled-${name}`);
    const manifest = writeCohort(home, affine, 1);
    const source = await openManifest(manifest, { ...cutting, size: [14, 30], spacing: [2.5, 2.5, 3] });
    expect(source.preparing).toMatchObject({ surroundings: false });
    const { fit } = await calibrate(source, 'shortest');
    expect(fit.partition.spec.kind).toBe('strata');
    const plan = { epsilons: [0.1], runs: 1, seed: 0, nOpt: 6, nCal: 19, nTest: 1, options: PAPER_OPTIONS };
    expect(() => planRuns({ ...plan, procedures: ['recentred'] }, source)).toThrow(/without `spacing`/);
  });
});
