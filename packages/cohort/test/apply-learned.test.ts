import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  applyLambda,
  buildProfile,
  type CalibrationData,
  describeCalibration,
  type Fit,
  fitSplit,
  makePartition,
  PAPER_OPTIONS,
  parseCalibration,
  placeSample,
  type Sample,
  type Source,
  UNKNOWN_PREPARING,
} from '@semcrc/core';
import { reorientToRas } from '@semcrc/imaging';
import { readNifti, resolveLabelling } from '@semcrc/imaging/node';
import { loadKernels } from '@semcrc/kernels';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyToFiles, beginStore, finishStore, openManifest, openStore, writeScan } from '../src/node.ts';
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
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'semcrc-learned-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Writes scans whose error depends on what slices show, and their manifest. */
function writeCohort(home: string, affine: number[][]): string {
  const lines = ['scan,ground_truth,lower,point,upper,segmentation'];
  for (let s = 0; s < SCANS; s++) {
    const next = uniform(s + 1);
    const at = join(home, `s${s}`);
    mkdirSync(at, { recursive: true });
    const seg = Uint8Array.from({ length: VOXELS }, (_, v) => [0, 1, 6][Math.floor((v % 24) / 8)] as number);
    const point = Float32Array.from(seg, () => 0.2 + 0.6 * next());
    const half = point.map(() => 0.01 + 0.04 * next());
    const truth = point.map((p) => -175 + 425 * (p + (p > 0.5 ? 0.05 : -0.03) + 0.06 * (next() - 0.5)));
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
  const kernels = await loadKernels();
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
        const expected = applyLambda(own.interval, own.regions, fit);
        const file = (volume: string) => join(home, id, `${volume}.nii.gz`);
        const out = join(home, `applied-${id}`);
        await applyToFiles(
          calibration,
          { lower: file('lower'), upper: file('upper'), point: file('point'), segmentation: file('seg') },
          out,
          { labelling: await resolveLabelling('suprem') },
        );
        const read = async (volume: string) =>
          reorientToRas((await readNifti(join(out, `${volume}.nii.gz`))).volume).data;
        expect(await read('lower')).toEqual(expected.lower);
        expect(await read('upper')).toEqual(expected.upper);
        expect(await read('lambda-above')).toEqual(expected.lambdaAbove);
        if (procedure === 'recentred') expect(await read('point')).toEqual(own.interval.lower);
      }
    },
  );
});
