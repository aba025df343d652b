import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cached } from '@semcrc/core';
import { openManifest, type ScanOptions } from '../src/node.ts';
import { type PlainScan, plainScan, VOXELS, writeCohort } from './plain-cohort.ts';

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

describe('a cached source', () => {
  it('reads a scan once while it fits, and drops the least recently read', async () => {
    const source = await openManifest(write(plainScan(1), plainScan(2), plainScan(3)), SUPREM);
    const reads: string[] = [];
    const counting = {
      ...source,
      read: (id: string) => {
        reads.push(id);
        return source.read(id);
      },
    };
    const bytes = VOXELS * 13; // three f32 volumes and one byte of groups
    const memory = cached(counting, 2 * bytes);
    const [first, again] = await Promise.all([memory.read('s0'), memory.read('s0')]);
    expect(again).toBe(first);
    await memory.read('s1');
    await memory.read('s0');
    await memory.read('s2'); // drops s1
    await memory.read('s0');
    await memory.read('s1');
    expect(reads).toEqual(['s0', 's1', 's2', 's1']);
    const none = cached(counting, bytes - 1);
    await none.read('s0');
    await none.read('s0');
    expect(reads.slice(4)).toEqual(['s0', 's0']);
    await expect(memory.read('s9')).rejects.toThrow(/no scan "s9"/);
  });
});
