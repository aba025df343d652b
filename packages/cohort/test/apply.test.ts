import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { namedScheme } from '@semcrc/imaging';
import { readNifti, resolveLabelling } from '@semcrc/imaging/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApplyOptions, applyToFiles } from '../src/node.ts';
import {
  AFFINE,
  calibration,
  LAMBDA,
  labelOf,
  randomScan,
  type Scan,
  SIZE,
  VOXELS,
  writeScanFiles,
} from './apply-scan.ts';
import { type PlainFile, writeNifti } from './plain-nifti.ts';

let folder: string;
let options: ApplyOptions;
let serial = 0;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'semcrc-apply-'));
  options = { labelling: await resolveLabelling('suprem') };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const write = (scan: Scan, more: Partial<PlainFile> = {}) =>
  writeScanFiles(join(folder, `scan-${serial++}`), scan, more);
const out = () => join(folder, `out-${serial++}`);
const values = async (home: string, name: string) =>
  (await readNifti(join(home, `${name}.nii.gz`))).volume.data;

describe('applying a calibration to files', () => {
  it('widens every voxel by the λ of its organ, and keeps grid and header', async () => {
    const scan = randomScan(1);
    scan.body = Uint8Array.from({ length: VOXELS }, (_, voxel) => voxel % 2);
    const files = write(scan, { extension: 'kept as it is   ' });
    const home = out();
    const summary = await applyToFiles(calibration(), files, home, options);
    const [lower, upper, width, lambda] = await Promise.all(
      ['lower', 'upper', 'width', 'lambda'].map((name) => values(home, name)),
    );
    const counts = new Map<number, { voxels: number; width: number }>();
    for (let voxel = 0; voxel < VOXELS; voxel++) {
      let group = labelOf(scan.seg[voxel] as number);
      if (group === 0 && voxel % 2 === 1) group = 1;
      const own = LAMBDA[group] as number;
      expect(lambda?.[voxel]).toBe(own);
      expect(lower?.[voxel]).toBeCloseTo(Math.max(0, (scan.lower[voxel] as number) - own), 6);
      expect(upper?.[voxel]).toBeCloseTo(Math.min(1, (scan.upper[voxel] as number) + own), 6);
      expect(width?.[voxel]).toBe(Math.fround((upper?.[voxel] as number) - (lower?.[voxel] as number)));
      const count = counts.get(group) ?? { voxels: 0, width: 0 };
      counts.set(group, { voxels: count.voxels + 1, width: count.width + (width?.[voxel] as number) });
    }
    expect(summary.voxels).toBe(VOXELS);
    for (const [group, count] of counts) {
      expect(summary.organs[group]).toMatchObject({ voxels: count.voxels, status: 'calibrated' });
      expect(summary.organs[group]?.meanWidth).toBeCloseTo(count.width / count.voxels, 10);
      expect(summary.organs[group]?.lambda).toEqual({ [group]: LAMBDA[group] });
    }
    expect(summary.warnings).toEqual([]);
    expect(summary.guarantee).toBe('what it promises');
    expect(summary.condition).toMatch(/prepared as the calibration scans were/);
    expect(JSON.parse(readFileSync(join(home, 'summary.json'), 'utf8'))).toEqual(
      JSON.parse(JSON.stringify(summary)),
    );
    const written = (await readNifti(join(home, 'upper.nii.gz'))).header;
    expect(written.affine).toEqual([...AFFINE.flat(), 0, 0, 0, 1]);
    expect(new TextDecoder().decode(written.extensions[0]?.content)).toMatch(/^kept as it is/);
  });

  it('publishes HU that stay open at the edges of the window', async () => {
    const scan = randomScan(3);
    scan.lower[0] = 0;
    scan.upper[0] = 1;
    const home = out();
    const summary = await applyToFiles(calibration(), write(scan), home, { ...options, units: 'hu' });
    const [lower, upper, width] = [
      await values(home, 'lower'),
      await values(home, 'upper'),
      await values(home, 'width'),
    ];
    expect([lower[0], upper[0], width[0]]).toEqual([-175, 250, 425]);
    expect(Math.min(...lower)).toBe(-175);
    lower.forEach((value, voxel) => {
      expect(width[voxel]).toBe((upper[voxel] as number) - value);
      expect(width[voxel]).toBeGreaterThan(0);
    });
    expect(summary.condition).toMatch(/-175 HU means -175 or less/);
    expect(summary.units).toBe('hu');
  });

  it('opens the whole range where λ is infinite or the group unknown, and says so', async () => {
    const scan = randomScan(4);
    scan.seg.set([1, 6, 14], 0);
    const labelling = await resolveLabelling('suprem', ['duodenum']);
    const home = out();
    const said: string[] = [];
    const organs = { ...calibration().organs, 7: { status: 'infeasible' as const, nCal: 3 } };
    const summary = await applyToFiles(
      calibration({ procedure: 'organ-crc', lambda: { ...LAMBDA, 7: 'Infinity' }, organs }),
      write(scan),
      home,
      { labelling, warn: (message) => said.push(message) },
    );
    const [lower, upper, lambda] = [
      await values(home, 'lower'),
      await values(home, 'upper'),
      await values(home, 'lambda'),
    ];
    for (let voxel = 0; voxel < VOXELS; voxel++) {
      const label = scan.seg[voxel] as number;
      const whole = label === 6 || label === 14;
      expect(lambda[voxel] === Number.POSITIVE_INFINITY).toBe(whole);
      if (whole) expect([lower[voxel], upper[voxel]]).toEqual([0, 1]);
    }
    expect(summary.organs['7']).toMatchObject({
      status: 'infeasible',
      lambda: { 7: 'Infinity' },
      meanWidth: 1,
    });
    expect(summary.organs['64']).toMatchObject({
      name: 'duodenum',
      status: 'unknown',
      lambda: {},
      meanWidth: 1,
    });
    expect(said).toEqual([
      expect.stringMatching(/liver \(label 7.*too few calibration scans.*whole range/),
      expect.stringMatching(/duodenum \(label 64.*does not know it.*whole range/),
    ]);
    expect(summary.warnings).toEqual(said);
  });

  it('writes two volumes of λ where the sides differ', async () => {
    const lambda = Object.fromEntries(
      Object.entries(LAMBDA).map(([id, value]) => [id, { below: value, above: Math.fround(2 * value) }]),
    );
    const scan = randomScan(5);
    const home = out();
    await applyToFiles(calibration({ sides: 2, lambda }), write(scan), home, options);
    expect(readdirSync(home).sort()).toEqual([
      'lambda-above.nii.gz',
      'lambda-below.nii.gz',
      'lower.nii.gz',
      'summary.json',
      'upper.nii.gz',
      'width.nii.gz',
    ]);
    const [above, upper] = [await values(home, 'lambda-above'), await values(home, 'upper')];
    above.forEach((value, voxel) => {
      expect(value).toBe(Math.fround(2 * (LAMBDA[labelOf(scan.seg[voxel] as number)] as number)));
      expect(upper[voxel]).toBeCloseTo(Math.min(1, (scan.upper[voxel] as number) + value), 6);
    });
  });

  it('lays the positions of K-CRC over a file that is not stored in RAS order', async () => {
    // Stored right to left: x of the file runs against x of the map.
    const [width, height] = SIZE;
    const map = Uint8Array.from({ length: width * height }, (_, pixel) => (pixel % width < 2 ? 0 : 1));
    const partition = {
      kind: 'position',
      height,
      width,
      groupCount: 2,
      map: Buffer.from(map).toString('base64'),
    } as const;
    const lambda = { 0: Math.fround(0.1), 1: Math.fround(0.2) };
    const home = out();
    const kcrc = calibration({ procedure: 'k-crc', partition, lambda });
    await applyToFiles(kcrc, write(randomScan(6)), home, options);
    (await values(home, 'lambda')).forEach((value, voxel) => {
      expect(value).toBe(voxel % width >= width - 2 ? lambda[0] : lambda[1]);
    });
    const sideways = [
      [0, 0, 2, 0],
      [0, 2, 0, 0],
      [2, 0, 0, 0],
    ];
    const files = write(randomScan(6), { affine: sideways });
    await expect(applyToFiles(kcrc, files, out(), options)).rejects.toThrow(/third axis.*RAS order/);
    const other = { ...partition, height: 5, map: Buffer.from(map.subarray(width)).toString('base64') };
    await expect(
      applyToFiles(
        calibration({ procedure: 'k-crc', partition: other, lambda }),
        write(randomScan(6)),
        out(),
        options,
      ),
    ).rejects.toThrow(/slices of 5 × 7, found 6 × 7/);
  });

  it('takes a folder of one mask per organ as one file of their labels', async () => {
    // Slices of 2¹⁹ voxels make slabs of four; the masks must go on together from one to the next.
    const size = [1024, 512, 5] as const;
    const count = size[0] * size[1] * size[2];
    const home = join(folder, `scan-${serial++}`);
    mkdirSync(join(home, 'masks'), { recursive: true });
    const put = (name: string, values: ArrayLike<number>) => {
      const path = join(home, `${name}.nii.gz`);
      writeNifti(path, { size, type: 'uint8', values, affine: AFFINE });
      return path;
    };
    const labels = Uint8Array.from({ length: count }, (_, index) => ((index >> 9) + (index & 1)) % 12);
    const bounds = {
      lower: put('lower', new Uint8Array(count)),
      upper: put('upper', new Uint8Array(count).fill(1)),
    };
    const segmentation = put('labels', labels);
    const names = namedScheme('suprem')?.names ?? expect.fail();
    for (const [label, name] of names) {
      if (label > 11) continue;
      // A mask says where, with any number; where two overlap the larger label wins.
      put(
        `masks/${name}`,
        labels.map((found) => (found === label || (label === 3 && found === 4) ? 255 : 0)),
      );
    }
    const folders = [out(), out()];
    const fast = { ...options, level: 1 };
    const [first, second] = [segmentation, join(home, 'masks')];
    await applyToFiles(calibration(), { ...bounds, segmentation: first }, folders[0] as string, fast);
    const summary = await applyToFiles(
      calibration(),
      { ...bounds, segmentation: second },
      folders[1] as string,
      fast,
    );
    expect(summary.voxels).toBe(count);
    const [whole, merged] = await Promise.all(folders.map((path) => values(path, 'lambda')));
    expect(
      Buffer.compare(
        Buffer.from((whole as Float32Array).buffer),
        Buffer.from((merged as Float32Array).buffer),
      ),
    ).toBe(0);
    writeNifti(join(home, 'masks/spleen.nii.gz'), {
      size: [4, 4, 4],
      type: 'uint8',
      values: new Uint8Array(64),
      affine: AFFINE,
    });
    await expect(
      applyToFiles(calibration(), { ...bounds, segmentation: second }, out(), options),
    ).rejects.toThrow(/differ in shape.*spleen/);
  });

  it('takes draws of the prediction where the calibration was made with them', async () => {
    const scan = randomScan(14);
    const files = write(scan);
    const draws = join(folder, `draws-${serial++}.nii.gz`);
    const drawn = [0, 0.1, 0.2].flatMap((by) => Array.from(scan.lower, (value) => value + by));
    writeNifti(draws, { size: SIZE, volumes: 3, type: 'float32', values: drawn, affine: AFFINE });
    const home = out();
    const made = calibration({ heuristic: 'samples', alpha: 0.25 });
    await applyToFiles(made, { ...files, samples: draws }, home, options);
    // The quarter quantile of three draws 0.1 apart lies half a step above the lowest.
    (await values(home, 'lower')).forEach((value, voxel) => {
      const own = LAMBDA[labelOf(scan.seg[voxel] as number)] as number;
      expect(value).toBeCloseTo(Math.max(0, (scan.lower[voxel] as number) + 0.05 - own), 5);
    });
    await expect(applyToFiles(made, files, out(), options)).rejects.toThrow(/needs at least 2 samples/);
  });

  it('goes on where it was from slab to slab, through every file at once', async () => {
    // Three slices of 2²⁰ voxels are more than one slab takes; each slice has one value, told apart by its number.
    const size = [1024, 1024, 3] as const;
    const area = size[0] * size[1];
    const home = join(folder, `slabs-${serial++}`);
    mkdirSync(home);
    const put = (name: string, volumes: readonly (readonly number[])[], slope?: number) => {
      const values = new Uint8Array(volumes.length * 3 * area);
      volumes.flat().forEach((value, slice) => {
        values.fill(value, slice * area, (slice + 1) * area);
      });
      const path = join(home, `${name}.nii.gz`);
      const many = volumes.length > 1 ? { volumes: volumes.length } : {};
      writeNifti(path, { size, type: 'uint8', values, ...many, ...(slope ? { slope } : {}) });
      return path;
    };
    const files = {
      lower: put('lower', [[0, 40, 80]], 1 / 200),
      upper: put('upper', [[20, 60, 100]], 1 / 200),
      segmentation: put('segmentation', [[1, 6, 11]]),
      samples: put(
        'samples',
        [
          [60, 80, 120],
          [80, 100, 140],
        ],
        1 / 200,
      ),
    };
    const made = calibration({ heuristic: 'samples', alpha: 0.25 });
    const slices: number[] = [];
    const applied = out();
    await applyToFiles(made, files, applied, { ...options, level: 1, progress: (done) => slices.push(done) });
    expect(slices).toEqual([2, 3]);
    const [lower, lambda] = [await values(applied, 'lower'), await values(applied, 'lambda')];
    for (const [slice, group] of [2, 7, 12].entries()) {
      const own = LAMBDA[group] as number;
      const drawn = [0.325, 0.425, 0.625][slice] as number;
      const [first, last] = [slice * area, (slice + 1) * area];
      expect(lambda.subarray(first, last).every((value) => value === own)).toBe(true);
      expect(lower[first]).toBeCloseTo(drawn - own, 6);
      expect(lower.subarray(first, last).every((value) => value === lower[first])).toBe(true);
    }
  });

  it('reads predictions in HU', async () => {
    const scan = randomScan(8);
    const hu = (data: Float32Array) => data.map((value) => value * 425 - 175);
    const home = out();
    await applyToFiles(
      calibration(),
      write({ ...scan, lower: hu(scan.lower), upper: hu(scan.upper) }),
      home,
      {
        ...options,
        predictionUnits: 'hu',
      },
    );
    const reference = out();
    await applyToFiles(calibration(), write(scan), reference, options);
    const expected = await values(reference, 'lower');
    (await values(home, 'lower')).forEach((value, voxel) => {
      expect(value).toBeCloseTo(expected[voxel] as number, 5);
    });
  });
});
