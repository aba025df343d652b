import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Affine, identityAffine, makeVolume, orientTo, rasGrid } from '@semcrc/imaging';
import { readNifti, resolveLabelling } from '@semcrc/imaging/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type ApplyFiles,
  applyToFiles,
  beginStore,
  checkCohort,
  describeNotes,
  openManifest,
  openPreparation,
  readManifest,
  type ScanNote,
  type ScanOptions,
} from '../src/node.ts';
import { checkTruth } from '../src/scan/intensity-units.ts';
import { calibration } from './apply-scan.ts';
import { failure } from './failure.ts';
import { type PlainScan, plainScan, SIZE, VOXELS, writeCohort } from './plain-cohort.ts';
import { type PlainFile, writeNifti } from './plain-nifti.ts';

let folder: string;
let serial = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'semcrc-odd-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SUPREM: ScanOptions = { labels: 'suprem' };
const write = (...scans: PlainScan[]) => writeCohort(join(folder, `cohort-${serial++}`), scans);

/** A plain scan with a body around it that its air fills: HU as a scanner has them. */
function abdomen(): PlainScan {
  const scan = plainScan(7);
  const hu = Array.from(scan.ct.values, (value, voxel) => (voxel % 3 === 0 ? -1000 : Number(value)));
  return { ...scan, ct: { ...scan.ct, values: hu } };
}

/** What reading the first scan of a manifest gives, and every note. */
async function readFirst(manifest: string, options: ScanOptions = SUPREM) {
  const notes: ScanNote[] = [];
  const source = await openManifest(manifest, options, { note: (note) => notes.push(note) });
  return { sample: await source.read('s0'), notes };
}

describe('a ground truth that is not what it is said to be', () => {
  const withTruth = (change: (hu: number) => number, type: PlainFile['type'] = 'float32') => {
    const scan = abdomen();
    scan.ct = { ...scan.ct, type, values: Array.from(scan.ct.values, change) };
    return write(scan);
  };
  const windowed = (hu: number) => Math.min(1, Math.max(0, (hu + 175) / 425));

  it('is refused where it is windowed already, with the option that reads it', async () => {
    const manifest = withTruth(windowed);
    const { message, code, data } = await failure(readFirst(manifest));
    expect([code, data.options]).toEqual(['bad-input', ['truthUnits']]);
    expect(message).toMatch(/scan s0: .*ct\.nii\.gz lies within \[-1, 2\] at 100\.0% .*`truthUnits` window/);
    const { sample } = await readFirst(manifest, { ...SUPREM, truthUnits: 'window' });
    const plain = await readFirst(write(abdomen()));
    expect(sample).toEqual(plain.sample);
  });

  it('is refused where 1024 was added or the intercept was lost, with what reads it', async () => {
    const manifest = withTruth((hu) => Math.max(hu, -1024) + 1024, 'int16');
    const { message, data } = await failure(readFirst(manifest));
    expect(data.options).toEqual(['window']);
    expect(message).toMatch(/has no air .* within 849 to 1274.*subtract 1024 .*`window`/);
    const { sample } = await readFirst(manifest, { ...SUPREM, window: [849, 1274] });
    expect(sample.truth).toEqual((await readFirst(write(abdomen()))).sample.truth);
  });

  it('is judged on voxels of every column, also where rows and voxels are powers of two', () => {
    // 64 voxels a row, the first of them air: one voxel of 64 would be a sample of air alone.
    const values = Float32Array.from({ length: 2 ** 22 }, (_, voxel) => (voxel % 64 === 0 ? 24 : 1064));
    const files = { scan: 's', file: 'ct.nii' };
    expect(() => checkTruth(files, values, 'hu', [-175, 250])).toThrow(/has no air .* and 98% of its voxels/);
  });

  it('is refused where it is said to be windowed and is in HU', async () => {
    const { message } = await failure(readFirst(write(abdomen()), { ...SUPREM, truthUnits: 'window' }));
    expect(message).toMatch(/lies within \[-1, 2\] at \d+% .*`truthUnits` hu/);
  });

  it('is refused where it is infinite, with the number of voxels, in whatever way it is prepared', async () => {
    const scan = abdomen();
    const values = Array.from(scan.ct.values, Number);
    values[4] = Number.POSITIVE_INFINITY;
    values[40] = Number.NEGATIVE_INFINITY;
    scan.ct = { ...scan.ct, type: 'float32', values };
    const manifest = write(scan);
    const paper = {
      ...SUPREM,
      prepare: 'paper',
      windowSlices: 2,
      slices: 2,
      margin: 0,
      leastLabelled: 1,
    } as const;
    for (const open of [() => readFirst(manifest), () => openManifest(manifest, paper)]) {
      expect((await failure(open())).message).toMatch(
        /scan s0: .*ct\.nii\.gz holds 2 voxels that are infinite/,
      );
    }
  });
});

describe('files of one place in other voxel orders', () => {
  const shape = [SIZE[2], SIZE[1], SIZE[0]] as const;
  const plain: Affine = identityAffine.map((value, i) => (i % 5 === 0 && i < 15 ? 1.5 : value));

  /** The same values in the order of other axes, at the same place. */
  function turned(file: PlainFile, axes: readonly number[], flips: readonly boolean[]): PlainFile {
    const own = makeVolume(Float32Array.from(file.values), shape, plain);
    const columns = axes.map((axis, column) =>
      [0, 1, 2].map((row) => (row === axis ? (flips[column] ? -1.5 : 1.5) : 0)),
    );
    const size = axes.map((axis) => SIZE[axis] as number);
    const offset = [0, 1, 2].map((row) => {
      const column = axes.indexOf(row);
      return flips[column] ? 1.5 * ((SIZE[row] as number) - 1) : 0;
    });
    const rows = [0, 1, 2].map((row) => [
      ...columns.map((column) => column[row] as number),
      offset[row] as number,
    ]);
    const affine = [...rows.flat(), 0, 0, 0, 1];
    const grid = { shape: [size[2], size[1], size[0]] as const, affine, spacing: [1.5, 1.5, 1.5] as const };
    expect(rasGrid(grid).affine).toEqual(plain);
    const { data } = orientTo(own as never, grid as never) as { data: Float32Array };
    return { ...file, size: size as unknown as PlainFile['size'], values: data, affine: rows };
  }

  const ORDERS = [
    ['LPS', [0, 1, 2], [true, true, false]],
    ['axes permuted', [2, 0, 1], [false, false, false]],
    ['axes permuted and flipped', [1, 2, 0], [true, false, true]],
  ] as const;

  it.each(ORDERS)('are read, turned and noted once a kind: %s', async (_, axes, flips) => {
    const expected = await readFirst(write(abdomen()));
    const scan = abdomen();
    for (const name of ['lower', 'upper', 'seg'] as const) scan[name] = turned(scan[name], axes, flips);
    const manifest = write(scan);
    const { sample, notes } = await readFirst(manifest);
    expect(sample).toEqual(expected.sample);
    // Preparing returns them as data, from whatever worker.
    const { prepare, plan } = await openPreparation(await readManifest(manifest), SUPREM);
    const store = join(folder, `store-${serial++}.zarr`);
    await beginStore(store, plan);
    expect(await prepare(store, 's0')).toMatchObject({ state: 'kept', notes });
    // The labels of these scans are drawn at random and follow no scheme.
    const orders = notes.filter(({ kind }) => kind !== 'labels');
    expect(orders.map(({ kind }) => kind)).toEqual(['voxel-order', 'voxel-order', 'voxel-order']);
    expect(describeNotes(orders)).toEqual([
      expect.stringMatching(/stored in .* order.*turned \(and 2 more like it\)$/),
    ]);
  });

  it.each(ORDERS)('are applied to as files of one order are: %s', async (_, axes, flips) => {
    const home = join(folder, `apply-${serial++}`);
    const files = (scan: PlainScan, name: string): ApplyFiles => {
      mkdirSync(join(home, name), { recursive: true });
      const path = (key: 'lower' | 'upper' | 'seg') => {
        writeNifti(join(home, name, `${key}.nii.gz`), scan[key]);
        return join(home, name, `${key}.nii.gz`);
      };
      return { lower: path('lower'), upper: path('upper'), segmentation: path('seg') };
    };
    const labelling = await resolveLabelling('suprem');
    const scan = abdomen();
    const other = { ...scan, upper: turned(scan.upper, axes, flips), seg: turned(scan.seg, axes, flips) };
    const said: string[] = [];
    await applyToFiles(calibration(), files(scan, 'plain'), join(home, 'a'), { labelling });
    await applyToFiles(calibration(), files(other, 'turned'), join(home, 'b'), {
      labelling,
      warn: (text) => said.push(text),
    });
    for (const name of ['lower', 'upper', 'width', 'lambda']) {
      const [a, b] = await Promise.all(['a', 'b'].map((out) => readNifti(join(home, out, `${name}.nii.gz`))));
      expect(b?.volume).toEqual(a?.volume);
    }
    expect(said).toContainEqual(
      expect.stringMatching(/upper\.nii\.gz is stored in .*\(and 1 more like it\)/),
    );
  });

  it('of headers that differ by rounding have the voxels of one grid, also where they are resampled', async () => {
    const paper: ScanOptions = {
      ...{
        ...SUPREM,
        prepare: 'paper',
        windowSlices: 2,
        slices: 2,
        margin: 0,
        leastLabelled: 1,
        size: [4, 5],
      },
    };
    const nudged = abdomen();
    const affine = [
      [1.5, 0, 0, 0.01],
      [0, 1.5, 0, 0],
      [0, 0, 1.5, -0.01],
    ];
    for (const name of ['lower', 'upper'] as const) nudged[name] = { ...nudged[name], affine };
    expect((await readFirst(write(nudged), paper)).sample).toEqual(
      (await readFirst(write(abdomen()), paper)).sample,
    );
    const { message } = await failure(readFirst(write(nudged), { ...paper, affineTolerance: 0.001 }));
    expect(message).toMatch(/differ in affine, by up to 0\.0141 mm/);
  });
});

describe('segmentations', () => {
  it('of scaled numbers are rounded and noted', async () => {
    const scan = abdomen();
    const mask = Uint8Array.from({ length: VOXELS }, (_, voxel) => (voxel % 2 === 0 ? 255 : 0));
    scan.body = { size: SIZE, type: 'uint8', values: mask, slope: Math.fround(1 / 255) };
    const { sample, notes } = await readFirst(write(scan));
    expect(notes.filter(({ kind }) => kind !== 'labels')).toMatchObject([
      { kind: 'rounded-labels', message: expect.stringMatching(/30 labels of .*body/) },
    ]);
    sample.organs.forEach((organ, voxel) => {
      if (organ === 0) expect(mask[voxel]).toBe(0);
    });
  });

  it('given as masks hold one number each: a volume of labels among them is refused by its name', async () => {
    const manifest = write(abdomen());
    const masks = join(manifest, '..', 's0', 'masks');
    mkdirSync(masks);
    const values = Uint8Array.from({ length: VOXELS }, (_, voxel) => voxel % 5);
    writeNifti(join(masks, 'liver.nii.gz'), { size: SIZE, type: 'uint8', values });
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('s0/seg.nii.gz', 's0/masks'));
    expect((await failure(readFirst(manifest))).message).toMatch(
      /liver\.nii\.gz: expected the mask of one organ.*found 1 and 2/,
    );
    const home = join(manifest, '..', 's0');
    const files = {
      lower: join(home, 'lower.nii.gz'),
      upper: join(home, 'upper.nii.gz'),
      segmentation: masks,
    };
    const labelling = await resolveLabelling('suprem');
    const applied = applyToFiles(calibration(), files, join(home, 'out'), { labelling });
    expect((await failure(applied)).message).toMatch(/liver\.nii\.gz: expected the mask of one organ/);
  });
});

describe('looking through a cohort', () => {
  it('finds what reading it refuses: predictions in HU or NaN, a truth in other units, a scan listed twice', async () => {
    const inHu = abdomen();
    inHu.lower = { ...inHu.lower, values: Array.from(inHu.lower.values, (value) => 425 * value - 1175) };
    const broken = abdomen();
    broken.upper = {
      ...broken.upper,
      values: Array.from(broken.upper.values, (v, i) => (i === 3 ? Number.NaN : v)),
    };
    const shifted = abdomen();
    shifted.ct = { ...shifted.ct, values: Array.from(shifted.ct.values, (value) => value + 1024) };
    const manifest = write(inHu, broken, shifted, abdomen());
    const { scans } = await readManifest(manifest);
    const labelling = await resolveLabelling('suprem');
    const rows = (depth: 'headers' | 'voxels') =>
      checkCohort(scans, labelling, { depth }).then(({ problems }) =>
        problems.map(({ scan, file, problem, options }) => [scan, file.split('/').pop(), problem, options]),
      );
    const twice = (scan: string, first: string) => [
      ...[scan, 'ct.nii.gz', expect.stringMatching(`is the ground truth of scan ${first}, too`), []],
    ];
    expect(await rows('headers')).toEqual([twice('s1', 's0'), twice('s3', 's0')]);
    expect(await rows('voxels')).toEqual([
      ['s0', 'lower.nii.gz', expect.stringMatching(/the median .*`predictionUnits` hu/), ['predictionUnits']],
      twice('s1', 's0'),
      ['s1', 'upper.nii.gz', expect.stringMatching(/voxel 3 \(3, 0, 0\) is NaN/), []],
      ['s2', 'ct.nii.gz', expect.stringMatching(/has no air/), ['window']],
      twice('s3', 's0'),
    ]);
    const notes: ScanNote[] = [];
    await openManifest(manifest, SUPREM, { note: (note) => notes.push(note) });
    expect(describeNotes(notes)).toEqual([
      expect.stringMatching(/scans s0 and s1 have the same ground truth .*\(and 1 more like it\)/),
    ]);
  });
});
