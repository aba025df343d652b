import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CALIBRATION_SCHEMA, type Calibration } from '@semcrc/core';
import { readNifti } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApplyFiles, type ApplyOptions, applyToFiles, resolveLabelling } from '../src/node.ts';
import { type PlainFile, writeNifti } from './plain-nifti.ts';
import { uniform } from './random-cohort.ts';

const SIZE = [7, 6, 5] as const;
const VOXELS = 210;
const SUPREM_LABELS = {
  0: 'background',
  1: 'body',
  2: 'spleen',
  3: 'kidney_right',
  4: 'kidney_left',
  5: 'gallbladder',
  7: 'liver',
  8: 'stomach',
  9: 'aorta',
  10: 'inferior_vena_cava',
  12: 'pancreas',
};
const LAMBDA = Object.fromEntries(
  Object.keys(SUPREM_LABELS).map((id) => [id, Math.fround(0.01 * (Number(id) + 1))]),
);

function calibration(changes: Partial<Calibration> = {}): Calibration {
  return {
    schema: CALIBRATION_SCHEMA,
    procedure: 'sem-crc',
    epsilon: 0.1,
    bound: 'crc',
    delta: null,
    heuristic: 'quantile',
    weightFloor: 0.01,
    alpha: 0.1,
    sampleQuantiles: 'plain',
    within: 'scan',
    sides: 1,
    guarantee: 'what it promises',
    labels: SUPREM_LABELS,
    partition: { kind: 'organ' },
    lambda: LAMBDA,
    anchor: null,
    omega: 0,
    pathPosition: null,
    n: 28,
    organs: Object.fromEntries(
      Object.keys(SUPREM_LABELS).map((id) => [id, { status: 'calibrated', nCal: 28 }]),
    ),
    seed: 0,
    split: { opt: [], cal: [], test: [] },
    source: { name: 'a cohort', digest: '', scans: 40, preparing: {} },
    test: null,
    versions: {},
    ...changes,
  };
}

let folder: string;
let options: ApplyOptions;
let serial = 0;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'semcrc-apply-'));
  options = { labelling: await resolveLabelling('suprem') };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const AFFINE = [
  [-2, 0, 0, 30],
  [0, 2, 0, -20],
  [0, 0, 3, 5],
];

interface Scan {
  lower: Float32Array;
  upper: Float32Array;
  seg: Uint8Array;
  point?: Float32Array;
  body?: Uint8Array;
}

function randomScan(seed: number): Scan {
  const next = uniform(seed);
  const lower = Float32Array.from({ length: VOXELS }, () => next() * 0.6);
  return {
    lower,
    upper: lower.map((value) => value + next() * 0.3),
    seg: Uint8Array.from({ length: VOXELS }, () => Math.floor(next() * 12)),
  };
}

function write(scan: Scan, more: Partial<PlainFile> = {}): ApplyFiles {
  const home = join(folder, `scan-${serial++}`);
  mkdirSync(home);
  const put = (name: string, values: ArrayLike<number>, type: PlainFile['type']) => {
    const path = join(home, `${name}.nii.gz`);
    writeNifti(path, { size: SIZE, type, values, affine: AFFINE, ...more });
    return path;
  };
  return {
    lower: put('lower', scan.lower, 'float32'),
    upper: put('upper', scan.upper, 'float32'),
    segmentation: put('seg', scan.seg, 'uint8'),
    ...(scan.point ? { point: put('point', scan.point, 'float32') } : {}),
    ...(scan.body ? { body: put('body', scan.body, 'uint8') } : {}),
  };
}

const out = () => join(folder, `out-${serial++}`);
const values = async (home: string, name: string) =>
  (await readNifti(join(home, `${name}.nii.gz`))).volume.data;

const groupOf = (label: number) =>
  label === 0 ? 0 : [1, 2, 3, 4, 6, 7, 8, 9, 11].includes(label) ? label + 1 : 1;

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
      let group = groupOf(scan.seg[voxel] as number);
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

  it('leaves nothing covered outside, to the last bit, in either unit', async () => {
    const next = uniform(7);
    const scan = randomScan(2);
    // Truths as near the edge of coverage as f32 can put them: a few ulp around lower − λ and upper + λ.
    const ulp = (value: number, steps: number) => {
      const float = Float32Array.of(value);
      const bits = new Int32Array(float.buffer);
      bits[0] = (bits[0] as number) + steps;
      return float[0] as number;
    };
    let covered = 0;
    const outside: number[] = [];
    for (let round = 0; round < 40; round++) {
      const lambda = Object.fromEntries(
        Object.keys(LAMBDA).map((id) => [id, round % 2 === 0 ? 0 : Math.fround(next() * 0.2)]),
      );
      scan.lower = Float32Array.from({ length: VOXELS }, () => next() * 0.6);
      scan.upper = scan.lower.map((value) => value + next() * 0.3);
      const files = write(scan);
      const [home, inHu] = [out(), out()];
      await applyToFiles(calibration({ lambda }), files, home, { ...options, level: 1 });
      await applyToFiles(calibration({ lambda }), files, inHu, { ...options, units: 'hu', level: 1 });
      const [low, high, lowHu, highHu] = await Promise.all([
        values(home, 'lower'),
        values(home, 'upper'),
        values(inHu, 'lower'),
        values(inHu, 'upper'),
      ]);
      for (let voxel = 0; voxel < VOXELS; voxel++) {
        const own = lambda[groupOf(scan.seg[voxel] as number)] as number;
        const [lower, upper] = [scan.lower[voxel] as number, scan.upper[voxel] as number];
        for (let steps = -3; steps <= 3; steps++) {
          for (const edge of [Math.fround(lower - own), Math.fround(upper + own)]) {
            if (edge <= 0.01 || edge >= 0.99) continue;
            const truth = ulp(edge, steps);
            const score = Math.max(Math.fround(lower - truth), Math.fround(truth - upper));
            if (score > own) continue;
            covered++;
            if (truth < (low[voxel] as number) || truth > (high[voxel] as number)) outside.push(truth);
            // HU that windowing rounds to this truth, from both ends of its rounding interval.
            for (const hu of [-4, -2, -1, 0, 1, 2, 4].map((part) => (truth + part * 2 ** -27) * 425 - 175)) {
              if (Math.fround((hu + 175) / 425) !== truth) continue;
              if (hu < (lowHu[voxel] as number) || hu > (highHu[voxel] as number)) outside.push(hu);
            }
          }
        }
      }
    }
    expect(outside).toEqual([]);
    expect(covered).toBeGreaterThan(10_000);
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
      expect.stringMatching(/liver \(group 7.*too few calibration scans.*whole range/),
      expect.stringMatching(/duodenum \(group 64.*does not know it.*whole range/),
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
      expect(value).toBe(Math.fround(2 * (LAMBDA[groupOf(scan.seg[voxel] as number)] as number)));
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
      const own = LAMBDA[groupOf(scan.seg[voxel] as number)] as number;
      expect(value).toBeCloseTo(Math.max(0, (scan.lower[voxel] as number) + 0.05 - own), 5);
    });
    await expect(applyToFiles(made, files, out(), options)).rejects.toThrow(/needs at least 2 samples/);
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

describe('applying refuses', () => {
  async function refusal(
    files: ApplyFiles,
    changes: Partial<Calibration> = {},
    more: Partial<ApplyOptions> = {},
  ) {
    const home = out();
    const error = await applyToFiles(calibration(changes), files, home, { ...options, ...more }).then(
      () => new Error('it worked'),
      (caught: unknown) => caught,
    );
    if (!(error instanceof SemcrcError)) throw error;
    expect(error.code).toBe('bad-input');
    // Nothing half-written stays.
    expect(existsSync(home) ? readdirSync(home) : []).toEqual([]);
    return error.message;
  }

  it('files that do not fit together', async () => {
    const files = write(randomScan(9));
    const other = write(randomScan(9), { affine: [...AFFINE.slice(0, 2), [0, 0, 3, 6]] });
    expect(await refusal({ ...files, segmentation: other.segmentation })).toMatch(/differ in affine/);
    expect(await refusal({ ...files, upper: join(folder, 'none.nii.gz') })).toMatch(/none\.nii\.gz/);
  });

  it('labels outside the scheme, in whatever slab', async () => {
    const scan = randomScan(10);
    scan.seg[200] = 99;
    expect(await refusal(write(scan))).toMatch(/holds the label 99 at voxel \(4, 4, 4\), index 200/);
  });

  it('predictions in HU that were not said to be', async () => {
    const scan = randomScan(11);
    expect(await refusal(write({ ...scan, lower: scan.lower.map((value) => value * 425 - 175) }))).toMatch(
      /--prediction-units hu/,
    );
  });

  it('groups that mean something else in the calibration', async () => {
    const labelling = await resolveLabelling('suprem', ['duodenum']);
    const labels = { ...SUPREM_LABELS, 64: 'esophagus' };
    const lambda = { ...LAMBDA, 64: Math.fround(0.1) };
    expect(await refusal(write(randomScan(12)), { labels, lambda }, { labelling })).toMatch(
      /group 64 is "esophagus" in the calibration but "duodenum" here/,
    );
  });

  it('a folder that is none', async () => {
    const file = join(folder, 'a-file');
    writeFileSync(file, '');
    await expect(applyToFiles(calibration(), write(randomScan(13)), file, options)).rejects.toThrow(
      /cannot write .*a-file/,
    );
  });
});
