import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { goldenPath } from './goldens.ts';

/** A seeded generator of integers below a bound. */
export function dice(seed: number): (bound: number) => number {
  let state = seed >>> 0;
  return (bound) => {
    state = (state + 0x9e3779b9) >>> 0;
    let x = state;
    x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
    x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
    return ((x ^ (x >>> 15)) >>> 0) % bound;
  };
}

/** Values that readers trip over. */
const edges = [
  0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0x7fc00000,
];

function mutateBytes(
  bytes: Uint8Array,
  from: number,
  to: number,
  roll: (bound: number) => number,
): Uint8Array {
  const out = new Uint8Array(bytes);
  const view = new DataView(out.buffer);
  const span = Math.max(1, Math.min(to, out.length) - from);
  for (let times = 1 + roll(4); times > 0; times--) {
    const at = from + roll(span);
    const kind = roll(4);
    if (kind === 0) out[at] ^= 1 << roll(8);
    else if (kind === 1) out[at] = roll(256);
    else if (kind === 2 && at + 4 <= out.length)
      view.setUint32(at & ~3, edges[roll(edges.length)], roll(2) === 0);
    else if (at + 2 <= out.length) view.setUint16(at & ~1, edges[roll(edges.length)], roll(2) === 0);
  }
  return out;
}

function cutOrStretch(bytes: Uint8Array, roll: (bound: number) => number): Uint8Array {
  if (roll(2) === 0) return bytes.subarray(0, roll(bytes.length));
  const longer = new Uint8Array(bytes.length + roll(5000));
  longer.set(bytes);
  return longer;
}

/**
 * Mutant number i of the golden files: odd ones are mutated under a valid gzip, in header, extensions or data by turns;
 * even ones anywhere in the bytes on disk, gzip framing included.
 */
export function mutant(files: readonly Uint8Array[], seed: number, i: number): Uint8Array {
  const roll = dice(Math.imul(seed, 7919) + i);
  const source = files[roll(files.length)];
  if (i % 2 === 0) {
    const bytes = roll(3) === 0 ? gzipSync(source) : source;
    return roll(5) === 0 ? cutOrStretch(bytes, roll) : mutateBytes(bytes, 0, bytes.length, roll);
  }
  const inflated = source[0] === 0x1f ? new Uint8Array(gunzipSync(source)) : source;
  const [from, to] = [
    [0, 352],
    [40, 124],
    [344, 800],
    [352, inflated.length],
  ][roll(4)];
  const changed =
    roll(6) === 0
      ? cutOrStretch(inflated, roll)
      : mutateBytes(inflated, Math.min(from, inflated.length - 4), to, roll);
  return gzipSync(changed, { level: 1 + roll(9) });
}

/** The golden NIfTI files, those of several volumes among them. */
export function goldenFiles(): readonly Uint8Array[] {
  return ['reading', 'series'].map(goldenPath).flatMap((folder) =>
    readdirSync(folder)
      .sort()
      .map((file) => new Uint8Array(readFileSync(join(folder, file)))),
  );
}

/** What a reading child says of a file: read, refused as bad input, or anything else, which is a fault of ours. */
export interface Verdict {
  readonly outcome: 'read' | 'refused' | 'fault';
  readonly message: string;
  /** The most memory the child has had resident so far, in bytes. */
  readonly peak: number;
}

/** Address space that the child may take, in KiB: what Node itself reserves, and some 400 MB. */
const addressSpace = 1_800_000;

/**
 * A child process that reads files one by one. Its address space is limited, so that it fails or dies when it asks for
 * more memory than small files can justify, whether it touches that memory or not.
 */
export class ReadingChild {
  readonly #child: ChildProcess;
  #answer: ((verdict: Verdict | Error) => void) | null = null;

  constructor() {
    const script = fileURLToPath(new URL('reading-child.mjs', import.meta.url));
    const command = `ulimit -v ${addressSpace}; exec "$0" --max-old-space-size=64 "$1"`;
    this.#child = spawn('sh', ['-c', command, process.execPath, script], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child.on('message', (verdict) => this.#answer?.(verdict as Verdict));
    this.#child.on('exit', (code, signal) => {
      this.#answer?.(new Error(`the reading child died with ${signal ?? `exit code ${code}`}`));
    });
  }

  /** Reads a file in the child; rejects when the child dies or takes longer than `milliseconds`. */
  read(path: string, milliseconds: number): Promise<Verdict> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => this.#answer?.(new Error(`no answer in ${milliseconds} ms`)),
        milliseconds,
      );
      this.#answer = (verdict) => {
        clearTimeout(timer);
        this.#answer = null;
        if (verdict instanceof Error) reject(verdict);
        else resolve(verdict);
      };
      this.#child.send(path);
    });
  }

  close(): void {
    this.#child.kill('SIGKILL');
  }
}

/**
 * Feeds mutants [from, to) to one child and returns how many were read and refused.
 *
 * @param folder where each mutant is written.
 * @throws when the child dies, hangs, fails in a way of its own or takes more than 160 MiB.
 */
export async function feedMutants(
  folder: string,
  seed: number,
  from: number,
  to: number,
): Promise<{ read: number; refused: number }> {
  const files = goldenFiles();
  const child = new ReadingChild();
  const counts = { read: 0, refused: 0 };
  const path = join(folder, `mutant-${seed}.nii.gz`);
  try {
    for (let i = from; i < to; i++) {
      writeFileSync(path, mutant(files, seed, i));
      const verdict = await child.read(path, 5000).catch((cause: unknown) => {
        throw new Error(`mutant ${i} of seed ${seed}`, { cause });
      });
      if (verdict.outcome === 'fault') throw new Error(`mutant ${i} of seed ${seed}: ${verdict.message}`);
      if (verdict.peak > 160 * 2 ** 20)
        throw new Error(`mutant ${i} of seed ${seed}: ${verdict.peak} bytes resident`);
      counts[verdict.outcome]++;
    }
  } finally {
    child.close();
  }
  return counts;
}
