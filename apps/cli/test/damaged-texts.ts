import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { feedTexts, soundTexts, TEXT_KINDS } from './text-mutants.ts';

/** Claims what must hold of `count` damaged texts of every kind. Called once in a file of tests. */
export function describeDamagedTexts(count: number, seed: number): void {
  let root: string;
  let texts: Awaited<ReturnType<typeof soundTexts>>;
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'semcrc-mutants-'));
    texts = await soundTexts(root);
  }, 120_000);
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  describe(`${count} damaged texts are read or refused by a message that names the file, in little memory`, () => {
    it.each(TEXT_KINDS)(
      '%s',
      async (kind) => {
        const folder = join(root, kind);
        mkdirSync(folder);
        const { read, refused, faults, peak } = await feedTexts(kind, texts[kind], {
          seed,
          count,
          folder,
        });
        expect(faults).toEqual([]);
        expect(read + refused).toBe(count);
        expect(refused).toBeGreaterThan(count / 20);
        expect(peak).toBeLessThan(500 * 2 ** 20);
      },
      600_000,
    );
  });
}
