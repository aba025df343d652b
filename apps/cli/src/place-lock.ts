import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SemcrcError } from '@semcrc/kernels';
import { unwritable } from './output-file.ts';
import type { Terminal } from './terminal.ts';

/** Where one process at a time may write. */
export interface Place {
  /** What the user knows it by. */
  readonly name: string;
  /** A file that stands for it: locked while the place is in use, gone when it was left in peace. */
  readonly lockFile: string;
}

/** How long a process that was killed may take to be gone; one that lives is refused after it. */
const PATIENCE_MS = 1000;
const PAUSE_MS = 50;

/**
 * Does `use` while no other process that asks for one of the places gets it.
 *
 * The operating system holds the locks and drops them with the process, however it ends, on a shared file system for other
 * machines too: a lock file that is left behind is never in anyone's way. Where the platform or the file system has no locks,
 * a note says so and work goes on.
 *
 * @throws SemcrcError `usage` naming place and process where another has one of them
 */
export async function whileAlone<T>(
  places: readonly Place[],
  terminal: Terminal,
  use: () => Promise<T>,
): Promise<T> {
  const warn = (name: string, reason: string) =>
    terminal.note(`note: ${name} cannot be locked here (${reason}); let no second semcrc write there`);
  const tryLock = await loadTryLock();
  if (tryLock === undefined) {
    warn(places[0].name, 'no locks on this platform');
    return use();
  }
  const held: { readonly lockFile: string; readonly descriptor: number }[] = [];
  try {
    for (const { name, lockFile } of places) {
      const outcome = await lock(lockFile, tryLock);
      if (outcome.state === 'taken') throw taken(name, lockFile);
      if (outcome.state === 'unsupported') warn(name, outcome.reason);
      if (outcome.state === 'locked') held.push({ lockFile, descriptor: outcome.descriptor });
    }
    return await use();
  } finally {
    // The name goes before the lock does, so that nobody removes a file that the next one has locked.
    for (const { lockFile, descriptor } of held) {
      if (isAt(lockFile, descriptor)) rmSync(lockFile, { force: true });
      closeSync(descriptor);
    }
  }
}

type TryLock = (descriptor: number) => boolean;

/** Native code, so loaded only here: no other command needs it. */
async function loadTryLock(): Promise<TryLock | undefined> {
  return import('fs-native-extensions').then(
    ({ tryLock }) => tryLock,
    () => undefined,
  );
}

type Outcome =
  /** Closing the descriptor unlocks. */
  | { readonly state: 'locked'; readonly descriptor: number }
  | { readonly state: 'taken' }
  | { readonly state: 'read-only' }
  | { readonly state: 'unsupported'; readonly reason: string };

async function lock(lockFile: string, tryLock: TryLock): Promise<Outcome> {
  for (let waited = 0; ; waited += PAUSE_MS) {
    const descriptor = open(lockFile);
    if (descriptor === undefined) return { state: 'read-only' };
    let locked = false;
    try {
      locked = tryLock(descriptor);
    } catch (error) {
      closeSync(descriptor);
      rmSync(lockFile, { force: true });
      return { state: 'unsupported', reason: (error as NodeJS.ErrnoException).code ?? String(error) };
    }
    // Whoever had it before may have removed the file since it was opened here: such a lock keeps nobody out.
    if (locked && isAt(lockFile, descriptor)) {
      writeHolder(lockFile, descriptor);
      return { state: 'locked', descriptor };
    }
    closeSync(descriptor);
    if (waited >= PATIENCE_MS) return { state: 'taken' };
    await sleep(PAUSE_MS);
  }
}

/** Undefined where nothing can be written, so that there is nothing to guard: the first write will say why. */
function open(lockFile: string): number | undefined {
  try {
    mkdirSync(dirname(lockFile), { recursive: true });
    return openSync(lockFile, 'a+');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const readOnly = code === 'EROFS' || ((code === 'EACCES' || code === 'EPERM') && !existsSync(lockFile));
    if (readOnly) return undefined;
    throw unwritable(lockFile, error);
  }
}

function isAt(path: string, descriptor: number): boolean {
  const named = statSync(path, { bigint: true, throwIfNoEntry: false });
  const open = fstatSync(descriptor, { bigint: true });
  return named?.ino === open.ino && named.dev === open.dev;
}

function writeHolder(lockFile: string, descriptor: number): void {
  try {
    ftruncateSync(descriptor);
    const holder = { pid: process.pid, host: hostname(), since: new Date().toISOString() };
    writeSync(descriptor, `${JSON.stringify(holder)}\n`);
  } catch (error) {
    rmSync(lockFile, { force: true });
    closeSync(descriptor);
    throw unwritable(lockFile, error);
  }
}

function taken(name: string, lockFile: string): SemcrcError {
  const holder = readHolder(lockFile);
  const who = holder ? `process ${holder.pid} on ${holder.host}, since ${holder.since}` : 'another process';
  return new SemcrcError(
    'usage',
    `${name} is being written by another semcrc (${who}); wait until it has ended, or choose another --out`,
    { data: { directory: name, ...holder } },
  );
}

function readHolder(lockFile: string): { pid: number; host: string; since: string } | undefined {
  try {
    return JSON.parse(readFileSync(lockFile, 'utf8'));
  } catch {
    // Not written yet, gone by now, or locked against reading (Windows).
    return undefined;
  }
}
