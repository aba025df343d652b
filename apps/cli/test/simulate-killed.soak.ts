import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { semcrc } from './command.ts';
import { folderBytes } from './folder-bytes.ts';
import { expectWholeFiles, killAfter } from './killing.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'semcrc-simulate-killed-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const KILLS = 20;

/** Files of a cohort that stand at their place, with digests of their bytes. */
function finished(folder: string): Record<string, string> {
  if (!existsSync(folder)) return {};
  return Object.fromEntries(
    Object.entries(folderBytes(folder)).filter(([name]) => !name.endsWith('.partial')),
  );
}

test.each(['manifest', 'semantic-uq', 'store'])(
  `simulate --layout %s, killed at ${KILLS} random moments, loses nothing and comes out the same byte for byte`,
  async (layout) => {
    const args = (out: string) => [
      ...['simulate', 'phantom', '-n', '16', '--size', '48,48,8', '--spacing', '8,8,16'],
      ...['--layout', layout, '--out', out],
    ];
    const reference = join(root, `${layout}-whole`);
    const started = performance.now();
    expect(semcrc(args(reference)).code).toBe(0);
    const longest = performance.now() - started;
    const whole = folderBytes(reference);
    const folder = join(root, layout);
    const out = join(folder, 'cohort');
    let kept: Record<string, string> = {};
    for (let killed = 0; killed < KILLS; ) {
      // Not seeded: whatever moment it is, nothing may be lost.
      if (!(await killAfter(args(out), Math.random() * longest))) {
        expect(folderBytes(out)).toEqual(whole);
        rmSync(folder, { recursive: true });
        kept = {};
        continue;
      }
      killed++;
      expectWholeFiles(out);
      const now = finished(out);
      for (const [name, digest] of Object.entries(now)) expect(digest, name).toBe(whole[name]);
      expect(now).toMatchObject(kept);
      kept = now;
    }
    expect(semcrc(args(out)).code).toBe(0);
    expect(folderBytes(out)).toEqual(whole);
    expect(readdirSync(folder)).toEqual(['cohort']);
  },
);
