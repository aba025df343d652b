// The kernels' work in plain C, compiled at run time and run as a child on the same input.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Seconds of every repeat and one value of the result by kernel; undefined where gcc is missing.
 * @param {readonly ArrayBufferView[]} input
 */
export function runNative(input) {
  const folder = mkdtempSync(join(tmpdir(), 'semcrc-bench-'));
  try {
    const source = fileURLToPath(new URL('projector.c', import.meta.url));
    const binary = join(folder, 'projector');
    const compiled = spawnSync('gcc', ['-O3', '-msse4.1', '-o', binary, source, '-lm'], { encoding: 'utf8' });
    if (compiled.error) return undefined;
    if (compiled.status !== 0) throw new Error(`gcc cannot compile projector.c:\n${compiled.stderr}`);
    const bytes = Buffer.concat(input.map((a) => new Uint8Array(a.buffer, a.byteOffset, a.byteLength)));
    const run = spawnSync(binary, { input: bytes, encoding: 'utf8', maxBuffer: 1 << 20 });
    if (run.status !== 0) throw new Error(`the C kernels failed: ${run.stderr}`);
    const lines = run.stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' '));
    return new Map(
      lines.map(([name, ...numbers]) => [
        name,
        { seconds: numbers.slice(0, -1).map(Number), sample: Number(numbers.at(-1)) },
      ]),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}
