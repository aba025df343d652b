// The same loops in C, compiled at run time and run as a child on the same input.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Seconds of every repeat by kernel name; undefined where gcc is missing. */
export function runNative(input, repeats) {
  const folder = mkdtempSync(join(tmpdir(), 'semcrc-bench-'));
  try {
    const source = fileURLToPath(new URL('kernels.c', import.meta.url));
    const binary = join(folder, 'kernels');
    const compiled = spawnSync('gcc', ['-O3', '-msse4.1', '-o', binary, source], { encoding: 'utf8' });
    if (compiled.error) return undefined;
    if (compiled.status !== 0) throw new Error(`gcc cannot compile kernels.c:\n${compiled.stderr}`);
    const { truth, lower, upper, groups, lambda, grid } = input;
    const arrays = [Uint32Array.of(truth.length, repeats), truth, lower, upper, groups, lambda, grid];
    const bytes = Buffer.concat(arrays.map((a) => new Uint8Array(a.buffer, a.byteOffset, a.byteLength)));
    const run = spawnSync(binary, { input: bytes, encoding: 'utf8' });
    if (run.status !== 0) throw new Error(`the C kernels failed: ${run.stderr}`);
    const lines = run.stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' '));
    return new Map(lines.map(([name, ...seconds]) => [name, seconds.map(Number)]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
