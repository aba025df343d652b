import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { writeCohort } from './fixture.ts';
import { killParts } from './killed-parts.ts';

let root: string;
let manifest: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'semcrc-killed-parts-'));
  manifest = writeCohort(join(root, 'cohort'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('killed twenty times at any moment, parts go on and come out the same', () => {
  const source = () => [manifest, '--labels', 'suprem', '--workers', '1'];
  test.each([
    ['prepare', () => ['prepare', ...source(), '--prepare', 'none'], '.zarr'],
    ['profile', () => ['profile', ...source()], '.profiles'],
    ['simulate', () => ['simulate', 'phantom', '-n', '9', '--size', '40,40,6', '--spacing', '10,10,20'], ''],
  ])('of %s', async (name, args, suffix) => {
    await killParts(args(), { folder: mkdtempSync(join(root, name)), suffix, kills: 20 });
  });
});
