import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openManifest, type ScanOptions } from '../src/node.ts';
import { failure } from './failure.ts';
import { type PlainScan, plainScan, SIZE, VOXELS, writeCohort } from './plain-cohort.ts';
import { writeNifti } from './plain-nifti.ts';

let folder: string;
let serial = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'semcrc-cohort-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SUPREM: ScanOptions = { labels: 'suprem' };

function write(...scans: PlainScan[]): string {
  return writeCohort(join(folder, `cohort-${serial++}`), scans);
}

describe('a cohort from a manifest', () => {
  it('reads each scan as plain loops over its files would', async () => {
    const scans = [plainScan(1), plainScan(2)];
    const source = await openManifest(write(...scans), SUPREM);
    expect(source.ids).toEqual(['s0', 's1']);
    expect(source.patients).toEqual(['s0', 's1']);
    for (const [index, { ct, lower, upper, seg }] of scans.entries()) {
      const sample = await source.read(`s${index}`);
      expect(sample.shape).toEqual([SIZE[2], SIZE[1], SIZE[0]]);
      const organs = [1, 2, 3, 4, 6, 7, 8, 9, 11];
      for (let voxel = 0; voxel < VOXELS; voxel++) {
        const hu = ct.values[voxel] as number;
        expect(sample.truth[voxel]).toBe(Math.fround(Math.min(1, Math.max(0, (hu + 175) / 425))));
        expect(sample.lower[voxel]).toBe(lower.values[voxel]);
        expect(sample.upper[voxel]).toBe(upper.values[voxel]);
        const label = seg.values[voxel] as number;
        expect(sample.organs[voxel]).toBe(label === 0 ? 0 : organs.includes(label) ? label + 1 : 1);
      }
      expect(sample.mended).toEqual({ clipped: 0, crossed: 0 });
      expect(sample.point).toBeUndefined();
    }
  });

  it('reads what the predictor saw where the manifest names it, and says where a whole scan lies', async () => {
    const scan = plainScan(5);
    const values = Float32Array.from({ length: VOXELS }, (_, voxel) => (voxel % 7) / 8);
    const affine = [
      [2, 0, 0, -7],
      [0, 3, 0, 5],
      [0, 0, 4, 11],
    ];
    const { ct, lower, upper, seg } = scan;
    Object.assign(scan, {
      ct: { ...ct, affine },
      lower: { ...lower, affine },
      upper: { ...upper, affine },
      seg: { ...seg, affine },
    });
    const plain = await openManifest(write(scan), SUPREM);
    expect(await plain.measurement?.('s0')).toBeNull();
    scan.measurement = { size: SIZE, type: 'float32', values, affine };
    const source = await openManifest(write(scan), SUPREM);
    expect(Array.from((await source.measurement!('s0'))!)).toEqual(Array.from(values));
    expect((await source.read('s0')).affine).toEqual([...affine.flat(), 0, 0, 0, 1]);
    // What is only looked at decides no sample.
    expect(source.digest).toBe(plain.digest);
  });

  it('refuses a manifest whose measurement is not there', async () => {
    const scan = plainScan(6);
    scan.measurement = { ...scan.lower };
    const manifest = write(scan);
    rmSync(join(manifest, '..', 's0', 'measurement.nii.gz'));
    const error = await failure(openManifest(manifest, SUPREM));
    expect(error.code).toBe('bad-input');
    expect(error.message).toMatch(/s0.*measurement\.nii\.gz/);
  });

  it('merges the body mask: inside it nothing is background, organs outside it stay organs', async () => {
    const scan = plainScan(3);
    scan.body = {
      size: SIZE,
      type: 'float32',
      values: Array.from({ length: VOXELS }, (_, i) => (i % 3 === 0 ? 0 : i % 3)),
    };
    const source = await openManifest(write(scan), SUPREM);
    const { organs } = await source.read('s0');
    const without = await openManifest(write({ ...plainScan(3) }), SUPREM).then((plain) => plain.read('s0'));
    let changed = 0;
    organs.forEach((group, voxel) => {
      const before = without.organs[voxel] as number;
      expect(group).toBe(before === 0 && voxel % 3 !== 0 ? 1 : before);
      if (group !== before) changed++;
    });
    expect(changed).toBeGreaterThan(0);
  });

  it('clips predictions and swaps crossed bounds, and counts both', async () => {
    const scan = plainScan(4);
    const lower = Float32Array.from(scan.lower.values);
    const upper = Float32Array.from(scan.upper.values);
    lower[0] = -0.5;
    lower[1] = 0.75;
    upper[1] = 0.25;
    upper[2] = 1.5;
    lower[3] = 1.25; // clipped to 1, then crossed with what lies above it unless that is 1
    upper[3] = 0.5;
    scan.lower = { ...scan.lower, values: lower };
    scan.upper = { ...scan.upper, values: upper };
    scan.point = {
      ...scan.lower,
      values: lower.map((value, i) => (i === 5 ? 2 : Math.min(1, Math.max(0, value)))),
    };
    const sample = await (await openManifest(write(scan), SUPREM)).read('s0');
    expect(sample.mended).toEqual({ clipped: 4, crossed: 2 });
    expect([sample.lower[0], sample.lower[1], sample.upper[1], sample.upper[2]]).toEqual([0, 0.25, 0.75, 1]);
    expect([sample.lower[3], sample.upper[3], sample.point?.[5]]).toEqual([0.5, 1, 1]);
    sample.lower.forEach((low, voxel) => {
      expect(low).toBeLessThanOrEqual(sample.upper[voxel] as number);
    });
  });

  it('takes predictions in HU where the options say so', async () => {
    const scan = plainScan(5);
    const hu = (values: ArrayLike<number>) => Float32Array.from(values, (value) => value * 425 - 175);
    const inHu = {
      ...scan,
      lower: { ...scan.lower, values: hu(scan.lower.values) },
      upper: { ...scan.upper, values: hu(scan.upper.values) },
    };
    const sample = await (await openManifest(write(inHu), { ...SUPREM, predictionUnits: 'hu' })).read('s0');
    sample.lower.forEach((value, voxel) => {
      expect(value).toBeCloseTo(scan.lower.values[voxel] as number, 5);
    });
  });

  it('windows the truth as the options say', async () => {
    const scan = plainScan(6);
    const sample = await (await openManifest(write(scan), { ...SUPREM, window: [-100, 100] })).read('s0');
    const hu = scan.ct.values[7] as number;
    expect(sample.truth[7]).toBe(Math.fround(Math.min(1, Math.max(0, (hu + 100) / 200))));
  });

  it('turns every file to RAS together', async () => {
    const scan = plainScan(7);
    const flipped = [
      [-1.5, 0, 0, 6],
      [0, 1.5, 0, 0],
      [0, 0, 1.5, 0],
    ];
    const turned = Object.fromEntries(
      Object.entries(scan).map(([name, file]) => [name, { ...file, affine: flipped }]),
    ) as unknown as PlainScan;
    const sample = await (await openManifest(write(turned), SUPREM)).read('s0');
    const straight = await (await openManifest(write(scan), SUPREM)).read('s0');
    for (let row = 0; row < SIZE[1] * SIZE[2]; row++) {
      for (let x = 0; x < SIZE[0]; x++) {
        const [here, there] = [row * SIZE[0] + x, row * SIZE[0] + (SIZE[0] - 1 - x)];
        expect(sample.truth[here]).toBe(straight.truth[there]);
        expect(sample.lower[here]).toBe(straight.lower[there]);
        expect(sample.organs[here]).toBe(straight.organs[there]);
      }
    }
  });

  it('reads one mask per organ where the segmentation is a folder', async () => {
    const scan = plainScan(8);
    const manifest = write(scan);
    const masks = join(manifest, '..', 'masks');
    mkdirSync(masks);
    const mask = (label: number) =>
      Uint8Array.from(scan.seg.values as Uint8Array, (v) => (v === label ? 1 : 0));
    for (const [name, label] of [
      ['spleen', 1],
      ['liver', 6],
      ['duodenum', 14],
      ['not_a_label', 2],
    ] as const) {
      writeNifti(join(masks, `${name}.nii.gz`), { size: SIZE, type: 'uint8', values: mask(label) });
    }
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('s0/seg.nii.gz', 'masks'));
    const { organs } = await (await openManifest(manifest, SUPREM)).read('s0');
    organs.forEach((group, voxel) => {
      const label = scan.seg.values[voxel];
      expect(group).toBe(label === 1 ? 2 : label === 6 ? 7 : 0);
    });
    rmSync(masks, { recursive: true });
    mkdirSync(masks);
    expect((await failure((await openManifest(manifest, SUPREM)).read('s0'))).message).toMatch(
      /masks holds no mask named/,
    );
  });
});

describe('warnings', () => {
  it('tell of oblique scans, and of unread columns, once', async () => {
    const scan = plainScan(1);
    const tilted = [
      [1.5, 0.2, 0, 0],
      [-0.2, 1.5, 0, 0],
      [0, 0, 1.5, 0],
    ];
    for (const name of ['ct', 'lower', 'upper', 'seg'] as const)
      scan[name] = { ...scan[name], affine: tilted };
    const manifest = write(scan);
    writeFileSync(
      manifest,
      readFileSync(manifest, 'utf8')
        .replace(/^(scan.*)$/m, '$1,age')
        .replace(/^(s0.*)$/m, '$1,70'),
    );
    const said: string[] = [];
    const source = await openManifest(manifest, SUPREM, { warn: (message) => said.push(message) });
    await source.read('s0');
    await source.read('s0');
    expect(said).toEqual([
      expect.stringMatching(/column age/),
      expect.stringMatching(/scan s0: .*ct\.nii\.gz is oblique/),
    ]);
  });
});

describe('forty semi-synthetic patients', () => {
  const manifest = resolve(import.meta.dirname, '../../../../shared/data/abdomen40/manifest.csv');

  it('read whole, with a fifth of the voxels outside at λ = 0', async (context) => {
    if (!existsSync(manifest)) {
      console.warn(`skipped: ${manifest} is not there`);
      return context.skip(`${manifest} is not there`);
    }
    const source = await openManifest(manifest, SUPREM);
    const named = JSON.parse(readFileSync(join(manifest, '..', 'labels.json'), 'utf8'));
    expect(source.labels).toEqual(named);
    expect(source.ids).toHaveLength(40);
    const scansWith = new Map<number, number>();
    let outside = 0;
    let voxels = 0;
    for (const id of source.ids) {
      const sample = await source.read(id);
      expect(sample.shape).toEqual([16, 96, 112]);
      expect(sample.mended).toEqual({ clipped: 0, crossed: 0 });
      const counts = new Uint32Array(13);
      sample.organs.forEach((group, voxel) => {
        counts[group] = (counts[group] as number) + 1;
        const truth = sample.truth[voxel] as number;
        if (truth < (sample.lower[voxel] as number) || truth > (sample.upper[voxel] as number)) outside++;
      });
      voxels += sample.organs.length;
      counts.forEach((count, group) => {
        if (count > 0) scansWith.set(group, (scansWith.get(group) ?? 0) + 1);
      });
    }
    // The same count by numpy and nibabel: 0.19755815778.
    expect(outside / voxels).toBeCloseTo(0.19755815778, 10);
    expect([...scansWith.keys()].sort((a, b) => a - b).map(String)).toEqual(Object.keys(named));
    expect(scansWith.get(0)).toBe(40);
    expect(scansWith.get(1)).toBe(40);
  });
});

describe('a real segmentation with label names in its extension', () => {
  const data = resolve(import.meta.dirname, '../../../../shared/data/totalsegmentator-sample');

  it('is read in the scheme it follows and refused in another', async (context) => {
    if (!existsSync(data)) {
      console.warn(`skipped: ${data} is not there`);
      return context.skip(`${data} is not there`);
    }
    const manifest = join(folder, `real-${serial++}.json`);
    const ct = join(data, 'example_ct_sm.nii.gz');
    const segmentation = join(data, 'example_seg.nii.gz');
    writeFileSync(
      manifest,
      JSON.stringify([{ scan: 'real', ground_truth: ct, lower: ct, upper: ct, segmentation }]),
    );
    const options = {
      labels: 'totalsegmentator',
      predictionUnits: 'hu',
      extraLabels: ['vertebrae_L1'],
    } as const;
    const source = await openManifest(manifest, options);
    expect(source.labels['64']).toBe('vertebrae_L1');
    const { shape, truth, lower, organs } = await source.read('real');
    expect(shape).toEqual([30, 101, 122]);
    expect(lower).toEqual(truth);
    // Voxels of spleen (1), liver (5), aorta (52) and vertebrae_L1 (31), counted by nibabel.
    const count = (group: number) => [...organs].filter((voxel) => voxel === group).length;
    expect([2, 7, 9, 64].map(count)).toEqual([9452, 38634, 997, 2139]);
    const wrong = await openManifest(manifest, { labels: 'suprem', predictionUnits: 'hu' });
    expect((await failure(wrong.read('real'))).message).toMatch(/names label 5 "liver".*suprem.*"esophagus"/);
  });
});
