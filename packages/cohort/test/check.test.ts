import { mkdtempSync, rmSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveLabelling } from '@semcrc/imaging/node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { checkCohort, readManifest } from '../src/node.ts';
import { plainScan, writeCohort } from './plain-cohort.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'semcrc-check-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('lists every problem of every scan, and goes on after each', async () => {
  const scans = Array.from({ length: 6 }, (_, seed) => plainScan(seed));
  scans[1]!.upper = { ...scans[1]!.upper, size: [4, 5, 3] };
  scans[1]!.seg = {
    ...scans[1]!.seg,
    values: Array.from(scans[1]!.seg.values, (v, i) => (i === 59 ? 40 : v)),
  };
  scans[2]!.lower = {
    ...scans[2]!.lower,
    affine: [
      [2, 0, 0, 0],
      [0, 2, 0, 0],
      [0, 0, 2, 0],
    ],
  };
  scans[5]!.seg = {
    ...scans[5]!.seg,
    extension: '<LabelTable><Label Key="1"><![CDATA[liver]]></Label></LabelTable>',
  };
  const manifest = writeCohort(folder, scans);
  unlinkSync(join(folder, 's3', 'seg.nii.gz'));
  truncateSync(join(folder, 's4', 'ct.nii.gz'), 150);
  writeFileSync(join(folder, 's4', 'lower.nii.gz'), 'x');

  const done: number[] = [];
  const { scans: listed } = await readManifest(manifest);
  const check = await checkCohort(listed, await resolveLabelling('suprem'), {
    onScan: (count) => done.push(count),
  });
  expect(done).toEqual([1, 2, 3, 4, 5, 6]);
  expect(check).toMatchObject({ scans: 6, files: 24 });
  const rows = check.problems.map(({ scan, file, problem }) => [scan, file.split('/').pop(), problem]);
  expect(rows).toEqual([
    ['s1', 'upper.nii.gz', expect.stringMatching(/differ in shape.*5 × 4 × 3.*4 × 5 × 3/)],
    ['s1', 'seg.nii.gz', expect.stringMatching(/holds the label 40 at voxel \(4, 3, 2\)/)],
    ['s2', 'lower.nii.gz', expect.stringMatching(/differ in affine/)],
    ['s3', 'seg.nii.gz', expect.stringMatching(/no such file|does not exist|missing|cannot/i)],
    ['s4', 'ct.nii.gz', expect.stringMatching(/truncated|damaged|unexpected end/i)],
    ['s4', 'lower.nii.gz', expect.stringMatching(/not a NIfTI file/)],
    ['s5', 'seg.nii.gz', expect.stringMatching(/names label 1 "liver"/)],
  ]);
});

it('finds nothing wrong with a cohort that can be used', async () => {
  const manifest = writeCohort(join(folder, 'fine'), [plainScan(1), plainScan(2)]);
  const { scans } = await readManifest(manifest);
  expect(await checkCohort(scans, await resolveLabelling('suprem'))).toEqual({
    scans: 2,
    files: 8,
    problems: [],
    leftOut: [],
    advice: null,
    notes: [expect.objectContaining({ kind: 'labels' }), expect.objectContaining({ kind: 'labels' })],
  });
});
