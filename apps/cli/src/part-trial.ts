import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SemcrcError } from '@semcrc/kernels';
import { type PartState, readPartsState } from '@semcrc/results';

/** More parts than there are items, so that the first has a single one: a command does it alone to learn what an item takes. */
const ONE_ITEM = '1/1000000000';

/** What one item of a command took. */
export interface Trial {
  /** Items of the whole. */
  readonly items: number;
  readonly noun: 'scans' | 'runs';
  readonly resources: NonNullable<PartState['resources']>;
}

/**
 * Does one item of a command in a process of its own, with one worker, into a temporary folder; nothing is left of it.
 *
 * @param semcrc the command line of semcrc itself
 * @param words the command and its options
 * @throws SemcrcError the command's own error, as it printed it; `interrupted`
 */
export async function tryOneItem(
  semcrc: readonly string[],
  words: readonly string[],
  signal: AbortSignal,
): Promise<Trial> {
  const folder = mkdtempSync(join(tmpdir(), 'semcrc-trial-'));
  try {
    const out = join(folder, 'out');
    // Of an option that is given twice, the last counts.
    const args = [...words, '--out', out, '--workers', '1', '--part', ONE_ITEM, '--json'];
    const { code, stdout, stderr } = await ended([...semcrc, ...args], signal);
    if (code !== 0) throw failed(code, stdout, stderr);
    const { whole, parts } = await readPartsState(out);
    const { resources } = parts[0];
    if (resources === null) throw new SemcrcError('internal', 'the dry run left no record of its part');
    return { items: whole.items.length, noun: whole.noun, resources };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function ended(
  [program, ...args]: readonly string[],
  signal: AbortSignal,
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], signal, killSignal: 'SIGTERM' });
    const texts = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        texts[name] = (texts[name] + text).slice(-65536);
      });
    }
    child.on('error', reject).on('close', (code) => resolve({ code, ...texts }));
  });
}

/** The error that a command printed as JSON, as if it had been thrown here. */
function failed(code: number | null, stdout: string, stderr: string): SemcrcError {
  try {
    const { error } = JSON.parse(stdout) as {
      error: { code: SemcrcError['code']; message: string; data: object };
    };
    return new SemcrcError(error.code, `the dry run failed: ${error.message}`, { data: { ...error.data } });
  } catch {
    const last = stderr.trim().split('\n').at(-1) ?? '';
    return new SemcrcError('internal', `the dry run ended with exit code ${code}: ${last}`);
  }
}
