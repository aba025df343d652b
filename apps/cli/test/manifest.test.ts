import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { semcrcHere } from './command.ts';
import { FITTING, writeCohort } from './fixture.ts';

let root: string;
let folder: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'semcrc-manifest-'));
  folder = join(root, 'cohort');
  rmSync(writeCohort(folder));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

test('a folder of scans becomes a manifest that calibrates', async () => {
  writeFileSync(join(folder, 's00', 'notes.nii.gz'), '');
  renameSync(join(folder, 's01', 'lower.nii.gz'), join(folder, 's01', 'lowest.nii.gz'));
  const { code, stderr, stdout } = await semcrcHere(['manifest', folder]);
  expect(code).toBe(0);
  expect(stderr).toMatch(/scan s01 is left out: it has no lower/);
  expect(stderr).toMatch(/s00\/notes\.nii\.gz has no place/);
  expect(stdout).toMatch(/scans +11/);
  const manifest = join(folder, 'manifest.csv');
  expect(readFileSync(manifest, 'utf8')).toContain('s00,s00/truth.nii.gz,s00/lower.nii.gz');
  const sizes = ['--n-opt', '2', '--n-cal', '9', '--n-test', '2', '--out', join(root, 'c.json')];
  expect(await semcrcHere(['calibrate', manifest, ...FITTING, ...sizes])).toMatchObject({ code: 0 });
});

test('nothing is replaced by it but on purpose, and never a volume', async () => {
  const kept = join(root, 'kept.csv');
  writeFileSync(kept, 'mine');
  expect((await semcrcHere(['manifest', folder, '--out', kept])).code).toBe(2);
  expect(readFileSync(kept, 'utf8')).toBe('mine');
  expect((await semcrcHere(['manifest', folder, '--out', kept, '--force'])).code).toBe(0);
  expect(readFileSync(kept, 'utf8')).toContain('cohort/s00/truth.nii.gz');
  const volume = join(folder, 's00', 'truth.nii.gz');
  const before = readFileSync(volume);
  const refused = await semcrcHere(['manifest', folder, '--out', volume, '--force']);
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringMatching(/a manifest is a \.csv file/)]);
  expect(readFileSync(volume).equals(before)).toBe(true);
});

test('a folder without scans, or none at all, is refused', async () => {
  const empty = mkdtempSync(join(root, 'empty-'));
  const none = await semcrcHere(['manifest', empty]);
  expect([none.code, none.stderr]).toEqual([3, expect.stringMatching(/holds no scan with/)]);
  expect(existsSync(join(empty, 'manifest.csv'))).toBe(false);
  expect((await semcrcHere(['manifest', join(root, 'nowhere')])).code).toBe(3);
});
