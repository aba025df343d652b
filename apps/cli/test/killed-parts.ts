import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { semcrc, semcrcHere } from './command.ts';
import { folderBytes } from './folder-bytes.ts';
import { killAfter } from './killing.ts';

const OF = 3;

/**
 * Kills parts of a command, and merges of them, at moments spread over what they take, until so many were killed; whatever is gone on
 * with must come out as one process writes it.
 *
 * @param args the command without where it writes
 */
export async function killParts(
  args: readonly string[],
  { folder, suffix, kills }: { readonly folder: string; readonly suffix: string; readonly kills: number },
): Promise<void> {
  let outputs = 0;
  const newOut = () => join(folder, `out-${outputs++}${suffix}`);
  const succeed = async (words: readonly string[]) => {
    const { code, stderr } = await semcrcHere(words);
    expect(code, stderr).toBe(0);
  };
  const bytesOf = (out: string) =>
    statSync(out).isDirectory() ? folderBytes(out) : readFileSync(out).toString('base64');
  const one = newOut();
  await succeed([...args, '--out', one]);
  const started = performance.now();
  expect(semcrc([...args, '--out', newOut(), '--part', `1/${OF}`]).code).toBe(0);
  const longest = performance.now() - started;
  let out = newOut();
  let killed = 0;
  for (let at = 0; killed < kills; at++) {
    // A machine that is slow now and fast then lets some of them end.
    expect(at).toBeLessThan(4 * kills + 20);
    const part = `${1 + (at % OF)}/${OF}`;
    const delay = longest * (((at + 1) * 0.618034) % 1);
    if (await killAfter([...args, '--out', out, '--part', part], delay)) killed += 1;
    // Begun anew now and then, so that there is something to kill; the merge is killed, too.
    if (at % 7 !== 6 && killed < kills) continue;
    for (let index = 1; index <= OF; index++) {
      await succeed([...args, '--out', out, '--part', `${index}/${OF}`]);
    }
    await killAfter(['merge', out], longest * ((at * 0.618034) % 1));
    await succeed(['merge', out]);
    expect(existsSync(`${out}.parts`)).toBe(false);
    expect(bytesOf(out)).toEqual(bytesOf(one));
    out = newOut();
  }
}
