import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { SemcrcError } from '@semcrc/kernels';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cached } from '../src/index.ts';
import {
  beginStore,
  checkCohort,
  finishStore,
  openManifest,
  openPreparation,
  openStore,
  readManifest,
  resolveLabelling,
  type ScanOptions,
} from '../src/node.ts';
import { type PlainScan, plainScan, SIZE, VOXELS, writeCohort } from './plain-cohort.ts';
import { niftiBytes, writeNifti } from './plain-nifti.ts';

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

async function failure(work: Promise<unknown>): Promise<SemcrcError> {
  const error = await work.then(
    () => new Error('it worked'),
    (caught: unknown) => caught,
  );
  if (!(error instanceof SemcrcError)) throw error;
  return error;
}

/** What reading a cohort of one scan says, after `change` did something to the scan or its folder. */
async function refusal(
  change: { scan?: (scan: PlainScan) => void; folder?: (folder: string) => void },
  options: ScanOptions = SUPREM,
): Promise<SemcrcError> {
  const scan = plainScan(1);
  change.scan?.(scan);
  const manifest = write(scan);
  change.folder?.(resolve(manifest, '..'));
  const error = await failure(openManifest(manifest, options).then((source) => source.read('s0')));
  expect(error.code).toBe('bad-input');
  expect(error.message).toMatch(/^scan s0: /);
  return error;
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
        expect(sample.groups[voxel]).toBe(label === 0 ? 0 : organs.includes(label) ? label + 1 : 1);
      }
      expect(sample.mended).toEqual({ clipped: 0, crossed: 0 });
      expect(sample.point).toBeUndefined();
    }
  });

  it('merges the body mask: inside it nothing is background, organs outside it stay organs', async () => {
    const scan = plainScan(3);
    scan.body = {
      size: SIZE,
      type: 'float32',
      values: Array.from({ length: VOXELS }, (_, i) => (i % 3 === 0 ? 0 : i % 3)),
    };
    const source = await openManifest(write(scan), SUPREM);
    const { groups } = await source.read('s0');
    const without = await openManifest(write({ ...plainScan(3) }), SUPREM).then((plain) => plain.read('s0'));
    let changed = 0;
    groups.forEach((group, voxel) => {
      const before = without.groups[voxel] as number;
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

  it('takes predictions in HU when told so', async () => {
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

  it('windows the truth as told', async () => {
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
        expect(sample.groups[here]).toBe(straight.groups[there]);
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
    const { groups } = await (await openManifest(manifest, SUPREM)).read('s0');
    groups.forEach((group, voxel) => {
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

describe('a standard deviation and draws of the prediction', () => {
  /** A cohort of one scan with a std and three draws. */
  function withDraws(change: (home: string, scan: PlainScan) => void = () => {}): string {
    const scan = plainScan(9);
    const manifest = write(scan);
    const home = resolve(manifest, '..');
    writeNifti(join(home, 's0/std.nii.gz'), {
      ...scan.lower,
      values: Array.from(scan.lower.values, (v) => v / 4),
    });
    mkdirSync(join(home, 's0/draws'));
    for (const [index, by] of [0, 0.25, -0.75].entries()) {
      const values = Array.from(scan.upper.values, (value) => value + by);
      writeNifti(join(home, `s0/draws/d${index}.nii.gz`), { ...scan.upper, values });
    }
    change(home, scan);
    const text = readFileSync(manifest, 'utf8').replace(/^(scan.*)$/m, '$1,std,samples');
    writeFileSync(manifest, text.replace(/^(s0.*)$/m, '$1,s0/std.nii.gz,s0/draws'));
    return manifest;
  }

  it('come with the sample, draws clipped', async () => {
    const scan = plainScan(9);
    const sample = await (await openManifest(withDraws(), SUPREM)).read('s0');
    expect(sample.std).toEqual(Float32Array.from(scan.lower.values, (value) => value / 4));
    expect(sample.samples).toHaveLength(3);
    sample.samples?.[2]?.forEach((value, voxel) => {
      expect(value).toBe(Math.max(0, Math.fround((scan.upper.values[voxel] as number) - 0.75)));
    });
  });

  it('may lie in one file along its fourth axis', async () => {
    const manifest = withDraws();
    const home = resolve(manifest, '..');
    const inFolder = await (await openManifest(manifest, SUPREM)).read('s0');
    const scan = plainScan(9);
    const values = [0, 0.25, -0.75].flatMap((by) => Array.from(scan.upper.values, (value) => value + by));
    writeNifti(join(home, 'draws.nii.gz'), { ...scan.upper, volumes: 3, values });
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('s0/draws', 'draws.nii.gz'));
    const source = await openManifest(manifest, SUPREM);
    expect(await source.read('s0')).toEqual(inFolder);
    const { plan } = await openPreparation(await readManifest(manifest), SUPREM);
    expect(plan.volumes.samples).toBe(3);
    const check = await checkCohort((await readManifest(manifest)).scans, await resolveLabelling('suprem'));
    expect(check).toEqual({ scans: 1, files: 6, problems: [] });
    // Where one volume is expected, several are refused.
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('s0/lower.nii.gz', 'draws.nii.gz'));
    expect((await failure((await openManifest(manifest, SUPREM)).read('s0'))).message).toMatch(
      /scan s0: .*draws\.nii\.gz: expected one volume/,
    );
  });

  it('are refused when negative, or when there are none', async () => {
    const read = async (manifest: string) => failure((await openManifest(manifest, SUPREM)).read('s0'));
    const negative = withDraws((home, scan) =>
      writeNifti(join(home, 's0/std.nii.gz'), {
        ...scan.lower,
        values: new Float32Array(VOXELS).fill(-1, 7, 8),
      }),
    );
    expect((await read(negative)).message).toMatch(
      /scan s0: .*std\.nii\.gz is -1 at voxel \(2, 1, 0\), index 7/,
    );
    const none = withDraws((home) => rmSync(join(home, 's0/draws'), { recursive: true }));
    expect((await failure(openManifest(none, SUPREM))).message).toMatch(/scan s0: .*draws/);
    const empty = withDraws((home) => {
      rmSync(join(home, 's0/draws'), { recursive: true });
      mkdirSync(join(home, 's0/draws'));
    });
    expect((await failure(openManifest(empty, SUPREM))).message).toMatch(/scan s0: .*draws holds no sample/);
  });

  it('are refused when a scan has one only, or another number than the others', async () => {
    const one = withDraws((home) => {
      for (const name of ['d0', 'd1']) rmSync(join(home, `s0/draws/${name}.nii.gz`));
    });
    const failures = [
      await failure(openManifest(one, SUPREM)),
      await failure(openPreparation(await readManifest(one), SUPREM)),
    ];
    for (const { message } of failures) {
      expect(message).toMatch(/scan s0: .*draws holds 1 samples, expected at least 2/);
    }
    const four = withDraws((home) => {
      const [s0, s1] = [plainScan(9), plainScan(10)];
      writeCohort(home, [s0, s1]);
      const draws = { ...s1.upper, volumes: 4, values: Array.from({ length: 4 * VOXELS }, () => 0.5) };
      writeNifti(join(home, 's1/draws.nii.gz'), draws);
      writeNifti(join(home, 's1/std.nii.gz'), s1.lower);
    });
    writeFileSync(four, readFileSync(four, 'utf8').replace(/^(s1.*)$/m, '$1,s1/std.nii.gz,s1/draws.nii.gz'));
    const { message } = await failure(openManifest(four, SUPREM));
    expect(message).toMatch(
      /scan s1: .*draws\.nii\.gz holds 4 samples, expected 3 as scan s0 has, as many in every scan/,
    );
    const { scans } = await readManifest(four);
    const check = await checkCohort(scans, await resolveLabelling('suprem'));
    expect(check.problems).toEqual([
      {
        scan: 's1',
        file: expect.stringMatching(/s1\/draws\.nii\.gz$/),
        problem: 'holds 4 samples, expected 3 as scan s0 has, as many in every scan',
      },
    ]);
  });

  it('are refused on another grid than the ground truth, by the header', async () => {
    const values = Array.from({ length: 2 * VOXELS }, () => 0.5);
    const [x, y, z] = SIZE;
    const turned = withDraws((home, { upper }) => {
      rmSync(join(home, 's0/draws'), { recursive: true });
      writeNifti(join(home, 's0/draws'), { ...upper, size: [y, x, z], volumes: 2, values });
    });
    expect((await failure((await openManifest(turned, SUPREM)).read('s0'))).message).toMatch(
      /scan s0: its files differ in shape.*5 × 4 × 3.*draws has 4 × 5 × 3/,
    );
    const moved = withDraws((home, { upper }) => {
      const affine = [
        [1.5, 0, 0, 7],
        [0, 1.5, 0, 0],
        [0, 0, 1.5, 0],
      ];
      rmSync(join(home, 's0/draws'), { recursive: true });
      writeNifti(join(home, 's0/draws'), { ...upper, affine, volumes: 2, values });
    });
    const { scans } = await readManifest(moved);
    const { problems } = await checkCohort(scans, await resolveLabelling('suprem'));
    expect(problems).toMatchObject([{ scan: 's0', problem: expect.stringMatching(/differ in affine/) }]);
  });

  it('are stored with the cohort', async () => {
    const manifest = withDraws();
    const path = join(folder, `drawn-${serial++}.zarr`);
    const { plan, prepare } = await openPreparation(await readManifest(manifest), SUPREM);
    expect(plan.volumes).toEqual({ point: false, std: true, samples: 3 });
    await beginStore(path, plan);
    await prepare(path, 's0');
    await finishStore(path);
    const [store, source] = [await openStore(path), await openManifest(manifest, SUPREM)];
    expect(await store.read('s0')).toEqual(await source.read('s0'));
  });
});

describe('bad input', () => {
  it('wants a label scheme it knows', async () => {
    const manifest = write(plainScan(1));
    const none = await failure(openManifest(manifest, {}));
    expect(none.code).toBe('usage');
    expect(none.message).toMatch(/--labels: suprem, totalsegmentator, flare, abdomenatlas/);
    expect((await failure(openManifest(manifest, { labels: 'btcv' }))).message).toMatch(
      /btcv is no label scheme/,
    );
    expect((await failure(openManifest(manifest, { labels: 'nowhere.json' }))).code).toBe('bad-input');
  });

  it('names the manifest that cannot be read', async () => {
    expect((await failure(openManifest(join(folder, 'none.csv'), SUPREM))).message).toMatch(
      /manifest .*none\.csv: there is no such file/,
    );
    expect((await failure(openManifest(folder, SUPREM))).message).toMatch(/it is a folder/);
  });

  it('names the scan and the file that is missing, before any voxel is read', async () => {
    const manifest = write(plainScan(1), plainScan(2));
    unlinkSync(join(manifest, '..', 's1', 'upper.nii.gz'));
    const error = await failure(openManifest(manifest, SUPREM));
    expect(error.code).toBe('bad-input');
    expect(error.message).toMatch(/scan s1: .*upper\.nii\.gz: there is no such file \(expected the upper\)/);
  });

  it('refuses files of different shape, naming both files and both shapes', async () => {
    const { message } = await refusal({
      scan: (scan) => {
        scan.upper = { ...scan.upper, size: [4, 5, 3] };
      },
    });
    expect(message).toMatch(/ct\.nii\.gz has 5 × 4 × 3, .*upper\.nii\.gz has 4 × 5 × 3/);
  });

  it('refuses files of different affine, but for a thousandth of a millimetre', async () => {
    const shifted = (by: number) => (scan: PlainScan) => {
      scan.seg = {
        ...scan.seg,
        affine: [
          [1.5, 0, 0, by],
          [0, 1.5, 0, 0],
          [0, 0, 1.5, 0],
        ],
      };
    };
    const { message } = await refusal({ scan: shifted(0.002) });
    expect(message).toMatch(
      /differ in affine, by up to 0\.00200 mm.*ct\.nii\.gz has \[.*seg\.nii\.gz has \[/,
    );
    const scan = plainScan(1);
    shifted(0.0009)(scan);
    await expect((await openManifest(write(scan), SUPREM)).read('s0')).resolves.toBeDefined();
  });

  it('refuses labels that are no whole numbers', async () => {
    const { message } = await refusal({
      scan: (scan) => {
        scan.seg = {
          size: SIZE,
          type: 'float32',
          values: Array.from(scan.seg.values, (v, i) => (i === 9 ? 2.5 : v)),
        };
      },
    });
    expect(message).toMatch(/seg\.nii\.gz.*2\.5 at voxel 9/);
  });

  it('refuses a label outside the scheme with file, voxel, value and range', async () => {
    const { message, data } = await refusal({
      scan: (scan) => {
        scan.seg = { ...scan.seg, values: Array.from(scan.seg.values, (v, i) => (i === 33 ? 33 : v)) };
      },
    });
    expect(message).toMatch(
      /seg\.nii\.gz holds the label 33 at voxel \(3, 2, 1\), index 33; expected 0 to 32/,
    );
    expect(data).toMatchObject({ scan: 's0', value: 33, voxel: [3, 2, 1], index: 33 });
  });

  it('refuses a stray label wherever it stands among voxels without one', async () => {
    for (const stray of [0, 1, 2, 3, 57, 58, 59]) {
      const { message } = await refusal({
        scan: (scan) => {
          const values = Array.from({ length: VOXELS }, (_, voxel) => (voxel === stray ? 32768 : 0));
          scan.seg = { ...scan.seg, type: 'uint16', values };
        },
      });
      expect(message).toMatch(new RegExp(`holds the label 32768 at voxel .*, index ${stray};`));
    }
  });

  it('refuses label names in the file that contradict the scheme', async () => {
    const table =
      '<CaretExtension><LabelTable><Label Key="5"><![CDATA[liver]]></Label></LabelTable></CaretExtension>';
    const { message } = await refusal({
      scan: (scan) => {
        scan.seg = { ...scan.seg, extension: table };
      },
    });
    expect(message).toMatch(/names label 5 "liver".*suprem.*"esophagus"/);
  });

  it('refuses NaN with scan, file and voxel', async () => {
    for (const name of ['lower', 'upper', 'point', 'ct'] as const) {
      const { message } = await refusal({
        scan: (scan) => {
          const file = scan[name] ?? scan.lower;
          scan[name] = {
            ...file,
            type: 'float32',
            values: Array.from(file.values, (v, i) => (i === 44 ? Number.NaN : v)),
          };
        },
      });
      expect(message).toMatch(new RegExp(`${name}\\.nii\\.gz: voxel 44 \\(4, 0, 2\\) is NaN`));
    }
  });

  it('refuses predictions that cannot be windowed intensities, with a hint', async () => {
    const { message, data } = await refusal({
      scan: (scan) => {
        scan.lower = { ...scan.lower, values: Array.from(scan.lower.values, (v) => v * 425 - 175) };
      },
    });
    expect(message).toMatch(/median of .*lower\.nii\.gz is -?\d.*--prediction-units hu/);
    const values = Array.from(Float32Array.from(plainScan(1).lower.values, (v) => v * 425 - 175)).sort(
      (a, b) => a - b,
    );
    expect(data.median).toBeCloseTo(((values[29] as number) + (values[30] as number)) / 2, 3);
  });

  it('refuses truncated gzip, wrong magic and a body mask that is none', async () => {
    const lower = (path: string) => join(path, 's0', 'lower.nii.gz');
    expect((await refusal({ folder: (path) => truncateSync(lower(path), 100) })).message).toMatch(
      /lower\.nii\.gz/,
    );
    const { message } = await refusal({ folder: (path) => writeFileSync(lower(path), 'not a scan') });
    expect(message).toMatch(/lower\.nii\.gz: not a NIfTI file/);
    const body = await refusal({
      scan: (scan) => {
        scan.body = { size: SIZE, type: 'float32', values: new Float32Array(VOXELS).fill(0.5) };
      },
    });
    expect(body.message).toMatch(/body\.nii\.gz.*0\.5/);
  });

  it('knows no scan it does not list', async () => {
    const source = await openManifest(write(plainScan(1)), SUPREM);
    const error = await failure(source.read('s9'));
    expect(error.code).toBe('usage');
    expect(error.message).toMatch(/no scan "s9"/);
  });
});

describe('warnings', () => {
  it('tell of oblique scans, of truth that is no HU and of unread columns, once', async () => {
    const scan = plainScan(1);
    const tilted = [
      [1.5, 0.2, 0, 0],
      [-0.2, 1.5, 0, 0],
      [0, 0, 1.5, 0],
    ];
    for (const name of ['ct', 'lower', 'upper', 'seg'] as const)
      scan[name] = { ...scan[name], affine: tilted };
    scan.ct = { ...scan.ct, values: new Int16Array(VOXELS).fill(1) };
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
      expect.stringMatching(/should be in HU/),
    ]);
  });
});

describe('the digest', () => {
  it('stays when files are moved or touched, and changes with their content or the options', async () => {
    const manifest = write(plainScan(1), plainScan(2));
    const { digest } = await openManifest(manifest, SUPREM);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    const home = resolve(manifest, '..');
    const moved = join(folder, `moved-${serial++}`);
    cpSync(home, moved, { recursive: true });
    renameSync(join(moved, 's1', 'ct.nii.gz'), join(moved, 's1', 'image.nii.gz'));
    const copy = join(moved, 'manifest.csv');
    writeFileSync(copy, readFileSync(copy, 'utf8').replace('s1/ct', 's1/image'));
    utimesSync(join(moved, 's0', 'ct.nii.gz'), 1, 1);
    expect((await openManifest(copy, SUPREM)).digest).toBe(digest);

    for (const options of [
      { labels: 'totalsegmentator' },
      { ...SUPREM, extraLabels: ['duodenum'] },
      { ...SUPREM, window: [-100, 250] as const },
      { ...SUPREM, predictionUnits: 'hu' as const },
    ]) {
      expect((await openManifest(copy, options)).digest).not.toBe(digest);
    }
    const upper = join(moved, 's1', 'upper.nii.gz');
    const other = plainScan(2).upper;
    writeNifti(upper, { ...other, values: Array.from(other.values, (v, i) => (i === 30 ? 0.123 : v)) });
    const changed = await openManifest(copy, SUPREM);
    expect(changed.digest).not.toBe(digest);
    expect((await openManifest(copy, { ...SUPREM, digest })).digest).toBe(digest);
  });

  it('sees a changed byte at either end of a large file', async () => {
    const scan = plainScan(1);
    const large = { size: [100, 100, 20] as const, type: 'int16' as const, values: new Int16Array(200_000) };
    const manifest = write(scan);
    const path = join(manifest, '..', 's0', 'ct.nii.gz');
    const bytes = niftiBytes(large);
    const digests = new Set<string>();
    for (const position of [-1, 0, bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      if (position >= 0) changed[position] = (changed[position] as number) ^ 1;
      writeFileSync(path, changed);
      digests.add((await openManifest(manifest, SUPREM)).digest);
    }
    expect(digests.size).toBe(3);
  });
});

describe('a cached source', () => {
  it('reads a scan once while it fits, and drops the least recently read', async () => {
    const source = await openManifest(write(plainScan(1), plainScan(2), plainScan(3)), SUPREM);
    const reads: string[] = [];
    const counting = {
      ...source,
      read: (id: string) => {
        reads.push(id);
        return source.read(id);
      },
    };
    const bytes = VOXELS * 13; // three f32 volumes and one byte of groups
    const memory = cached(counting, 2 * bytes);
    const [first, again] = await Promise.all([memory.read('s0'), memory.read('s0')]);
    expect(again).toBe(first);
    await memory.read('s1');
    await memory.read('s0');
    await memory.read('s2'); // drops s1
    await memory.read('s0');
    await memory.read('s1');
    expect(reads).toEqual(['s0', 's1', 's2', 's1']);
    const none = cached(counting, bytes - 1);
    await none.read('s0');
    await none.read('s0');
    expect(reads.slice(4)).toEqual(['s0', 's0']);
    await expect(memory.read('s9')).rejects.toThrow(/no scan "s9"/);
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
      sample.groups.forEach((group, voxel) => {
        counts[group] = (counts[group] as number) + 1;
        const truth = sample.truth[voxel] as number;
        if (truth < (sample.lower[voxel] as number) || truth > (sample.upper[voxel] as number)) outside++;
      });
      voxels += sample.groups.length;
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
    const { shape, truth, lower, groups } = await source.read('real');
    expect(shape).toEqual([30, 101, 122]);
    expect(lower).toEqual(truth);
    // Voxels of spleen (1), liver (5), aorta (52) and vertebrae_L1 (31), counted by nibabel.
    const count = (group: number) => groups.reduce((sum, voxel) => sum + (voxel === group ? 1 : 0), 0);
    expect([2, 7, 9, 64].map(count)).toEqual([9452, 38634, 997, 2139]);
    const wrong = await openManifest(manifest, { labels: 'suprem', predictionUnits: 'hu' });
    expect((await failure(wrong.read('real'))).message).toMatch(/names label 5 "liver".*suprem.*"esophagus"/);
  });
});
