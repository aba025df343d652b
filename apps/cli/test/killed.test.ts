import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { semcrc } from './command.ts';
import { FITTING, SIZES, writeCohort } from './fixture.ts';
import { expectKept, expectWholeFiles, killAfter, readTimeless } from './killing.ts';

let root: string;
let manifest: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'semcrc-killed-'));
  manifest = writeCohort(join(root, 'cohort'));
}, 120_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Delays spread over a run by a fixed generator, so that a failure can be repeated. */
function delays(count: number, longest: number): number[] {
  return Array.from({ length: count }, (_, at) => Math.round(longest * (((at + 1) * 0.618034) % 1)));
}

describe('killed at any moment', () => {
  test('calibrate leaves the old file or the whole new one', async () => {
    const out = join(root, 'calibration.json');
    const args = ['calibrate', manifest, ...FITTING, '--out', out];
    const started = performance.now();
    expect(semcrc(args).code).toBe(0);
    const whole = JSON.parse(readFileSync(out, 'utf8'));
    const longest = performance.now() - started;
    const old = '{"schema": "semcrc/calibration@1", "old": true}';
    for (const delay of delays(3, longest)) {
      writeFileSync(out, old);
      await killAfter(args, delay);
      const found = JSON.parse(readFileSync(out, 'utf8'));
      if (found.old !== true) expect({ ...found, anchor: null }).toEqual({ ...whole, anchor: null });
    }
  });

  test('an experiment keeps its finished runs and comes out the same', async () => {
    const options = [
      manifest,
      '--labels',
      'suprem',
      ...SIZES,
      '--epsilon',
      '0.2',
      '--runs',
      '60',
      '--workers',
      '1',
    ];
    const reference = join(root, 'reference');
    const started = performance.now();
    expect(semcrc(['experiment', ...options, '--out', reference]).code).toBe(0);
    const longest = performance.now() - started;
    const out = join(root, 'killed');
    let kept = 0;
    for (const delay of delays(3, longest)) {
      await killAfter(['experiment', ...options, '--out', out], delay);
      kept = expectKept(out, kept);
    }
    expect(semcrc(['experiment', ...options, '--out', out]).code).toBe(0);
    expect(readTimeless(out)).toEqual(readTimeless(reference));
  });
});

describe('a full disk', () => {
  let mounted: string | undefined;
  beforeAll(() => {
    const folder = join(root, 'small-disk');
    mkdirSync(folder);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8k', 'tmpfs', folder], { stdio: 'pipe' });
      mounted = folder;
    } catch (error) {
      console.warn(
        `skipping the full disk: cannot mount a small tmpfs here (${(error as Error).message.trim()})`,
      );
    }
  }, 120_000);
  afterAll(() => {
    if (mounted !== undefined) execFileSync('umount', [mounted]);
  });

  test('calibrate says so, and leaves nothing', (context) => {
    if (mounted === undefined) return context.skip('cannot mount a small tmpfs here');
    writeFileSync(join(mounted, 'ballast'), new Uint8Array(4096));
    const out = join(mounted, 'calibration.json');
    const { code, stderr, stdout } = semcrc(['calibrate', manifest, ...FITTING, '--out', out]);
    expect(stderr).toMatch(`error: cannot write ${out}: the disk is full`);
    expect(code).toBe(3);
    expect(stdout).toBe('');
    expect(readdirSync(mounted)).toEqual(['ballast']);
    return undefined;
  });

  test('experiment says so, and what it wrote is whole', (context) => {
    if (mounted === undefined) return context.skip('cannot mount a small tmpfs here');
    const out = join(mounted, 'results');
    const { code, stderr } = semcrc([
      ...['experiment', manifest, '--labels', 'suprem', ...SIZES, '--epsilon', '0.2', '--out', out],
    ]);
    expect(stderr).toMatch(/error: cannot write .*results.*: the disk is full/);
    expect(code).toBe(3);
    expectWholeFiles(out);
    expect(readdirSync(out, { recursive: true }).filter((name) => String(name).endsWith('.partial'))).toEqual(
      [],
    );
    return undefined;
  });
});
