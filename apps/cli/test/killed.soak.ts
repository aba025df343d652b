import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { semcrc } from './command.ts';
import { SIZES, writeCohort } from './fixture.ts';
import { expectKept, killAfter, readTimeless } from './killing.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'semcrc-killed-'));
}, 120_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

test('an experiment killed at 20 random moments loses no finished run and comes out the same', async () => {
  const manifest = writeCohort(join(root, 'cohort'));
  const options = [manifest, '--labels', 'suprem', ...SIZES, '--epsilon', '0.2', '--runs', '60'];
  const reference = join(root, 'reference');
  const started = performance.now();
  expect(semcrc(['experiment', ...options, '--out', reference]).code).toBe(0);
  const longest = performance.now() - started;
  const out = join(root, 'killed');
  let kept = 0;
  let killed = 0;
  while (killed < 20) {
    // Not seeded: whatever moment it is, nothing may be lost.
    if (await killAfter(['experiment', ...options, '--out', out], Math.random() * longest)) {
      killed++;
    } else {
      rmSync(out, { recursive: true, force: true });
      kept = 0;
      continue;
    }
    kept = expectKept(out, kept);
  }
  expect(semcrc(['experiment', ...options, '--out', out]).code).toBe(0);
  expect(readTimeless(out)).toEqual(readTimeless(reference));
});
