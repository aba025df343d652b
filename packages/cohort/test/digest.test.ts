import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openManifest, type ScanOptions } from '../src/node.ts';
import { type PlainScan, plainScan, writeCohort } from './plain-cohort.ts';
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
    expect((await openManifest(copy, { ...SUPREM, known: { digest } })).digest).toBe(digest);
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
