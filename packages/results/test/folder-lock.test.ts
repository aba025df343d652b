import { spawn } from 'node:child_process';
import {
  existsSync,
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { whileLocked } from '../src/index.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'semcrc-folder-lock-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe("a file in the lock file's place that is none of ours is left as it is", () => {
  const text = '# yarn lockfile v1\n';
  test.each([
    ['a file of the user', (path: string) => writeFileSync(path, text)],
    [
      'a link to one',
      (path: string) => {
        writeFileSync(`${path}.target`, text);
        symlinkSync(`${path}.target`, path);
      },
    ],
    ['a link to nothing', (path: string) => symlinkSync(`${path}.nowhere`, path)],
    [
      'a second name of a file',
      (path: string) => {
        writeFileSync(`${path}.first`, '');
        linkSync(`${path}.first`, path);
      },
    ],
  ])('%s', async (_, make) => {
    const folder = mkdtempSync(join(root, 'foreign-'));
    const lockFile = join(folder, 'x.lock');
    make(lockFile);
    const before = contents(folder);
    let used = false;
    const use = async () => {
      used = true;
    };
    await expect(whileLocked([{ name: 'x', lockFile }], () => {}, use)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining(lockFile),
    });
    expect(used).toBe(false);
    expect(contents(folder)).toEqual(before);
  });
});

function contents(folder: string): [string, string | undefined][] {
  return readdirSync(folder)
    .sort()
    .map((name) => [
      name,
      existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8') : undefined,
    ]);
}

// Finds, in most of its runs, a lock that is taken on a file which its last holder has just removed.
test('of many processes that come and go, never two are inside', async () => {
  const lockFile = join(root, 'many.lock');
  const inside = join(root, 'inside');
  const module = fileURLToPath(new URL('../dist/folder-lock.js', import.meta.url));
  const program = `
    import { mkdirSync, rmdirSync } from 'node:fs';
    import { whileLocked } from ${JSON.stringify(module)};
    let entered = 0;
    while (entered < 400) {
      await whileLocked([{ name: 'many', lockFile: ${JSON.stringify(lockFile)} }], () => process.exit(3), async () => {
        mkdirSync(${JSON.stringify(inside)}); // throws where another is inside
        entered++;
        await new Promise(setImmediate);
        rmdirSync(${JSON.stringify(inside)});
      }).catch((error) => {
        if (error.code !== 'usage') throw error;
      });
    }`;
  const codes = Array.from({ length: 6 }, () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'inherit' });
    return new Promise((resolve) => child.on('exit', resolve));
  });
  expect(await Promise.all(codes)).toEqual([0, 0, 0, 0, 0, 0]);
  expect(existsSync(lockFile)).toBe(false);
});
