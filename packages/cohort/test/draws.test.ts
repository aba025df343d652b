import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { resolveLabelling } from '@semcrc/imaging/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  beginStore,
  checkCohort,
  describeNotes,
  finishStore,
  openManifest,
  openPreparation,
  openStore,
  readManifest,
  type ScanOptions,
} from '../src/node.ts';
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
    expect(check).toMatchObject({ scans: 1, files: 6, problems: [], notes: [{ kind: 'labels' }] });
    expect(describeNotes(check.notes)).toEqual([]);
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
      expect(message).toMatch(/scan s0: .*draws holds 1 sample, expected at least 2/);
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
      /scan s1: .*draws\.nii\.gz holds 4 samples, expected 3 as scan s0 has: every scan must have the same number/,
    );
    const { scans } = await readManifest(four);
    const check = await checkCohort(scans, await resolveLabelling('suprem'));
    expect(check.problems).toEqual([
      {
        scan: 's1',
        file: expect.stringMatching(/s1\/draws\.nii\.gz$/),
        problem: 'holds 4 samples, expected 3 as scan s0 has: every scan must have the same number',
        options: [],
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
    const others = { point: false, measurement: false, surroundings: false };
    expect(plan.volumes).toEqual({ ...others, std: true, samples: 3 });
    await beginStore(path, plan);
    await prepare(path, 's0');
    await finishStore(path);
    const [store, source] = [await openStore(path), await openManifest(manifest, SUPREM)];
    expect(await store.read('s0')).toEqual(await source.read('s0'));
    expect([store.draws, source.draws]).toEqual([3, 3]);
  });
});
