import { mkdtempSync, rmSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { SemcrcError } from '@semcrc/kernels';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openManifest, type ScanOptions } from '../src/node.ts';
import { failure } from './failure.ts';
import { type PlainScan, plainScan, SIZE, VOXELS, writeCohort } from './plain-cohort.ts';

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

describe('bad input', () => {
  it('wants a label scheme it knows', async () => {
    const manifest = write(plainScan(1));
    const none = await failure(openManifest(manifest, {}));
    expect(none.code).toBe('usage');
    expect(none.message).toMatch(
      /`labels`: suprem, totalsegmentator, totalsegmentator-mr, flare, abdomenatlas/,
    );
    expect((await failure(openManifest(manifest, { labels: 'btcv' }))).message).toMatch(
      /btcv is no label scheme/,
    );
    expect((await failure(openManifest(manifest, { labels: 'nowhere.json' }))).code).toBe('bad-input');
  });

  it('names the manifest that cannot be read', async () => {
    expect((await failure(openManifest(join(folder, 'none.csv'), SUPREM))).message).toMatch(
      /manifest .*none\.csv: cannot be read: no such file/,
    );
    expect((await failure(openManifest(folder, SUPREM))).message).toMatch(/found a folder/);
  });

  it('names the scan and the file that is missing, before any voxel is read', async () => {
    const manifest = write(plainScan(1), plainScan(2));
    unlinkSync(join(manifest, '..', 's1', 'upper.nii.gz'));
    const error = await failure(openManifest(manifest, SUPREM));
    expect(error.code).toBe('bad-input');
    expect(error.message).toMatch(
      /scan s1: .*upper\.nii\.gz: cannot be read: no such file or folder \(the upper of the scan\)/,
    );
  });

  it('refuses files of different shape, naming both files and both shapes', async () => {
    const { message } = await refusal({
      scan: (scan) => {
        scan.upper = { ...scan.upper, size: [4, 5, 3] };
      },
    });
    expect(message).toMatch(/ct\.nii\.gz has 5 × 4 × 3 in RAS order, .*upper\.nii\.gz has 4 × 5 × 3/);
  });

  it('refuses files of different affine, but for a hundredth of a voxel', async () => {
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
    const { message } = await refusal({ scan: shifted(0.016) });
    expect(message).toMatch(
      /differ in affine, by up to 0\.0160 mm at a corner \(allowed 0\.0150, more with `affineTolerance`\).*ct\.nii\.gz has \[.*seg\.nii\.gz has \[/,
    );
    const scan = plainScan(1);
    shifted(0.014)(scan);
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
    expect(message).toMatch(/median of .*lower\.nii\.gz is -?\d.*`predictionUnits` hu/);
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
