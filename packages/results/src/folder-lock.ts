import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { unwritable } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';

/** Where one process at a time may write. */
export interface Place {
  /** What the user knows it by. */
  readonly name: string;
  /** A file that stands for it: locked while the place is in use, gone once it was released. */
  readonly lockFile: string;
  /** What it is locked for: `begin` is soon over, and others wait for its end. */
  readonly purpose?: 'begin';
}

/** Called with something worth knowing that is no error. */
export type Note = (message: string) => void;

/** How long a process that was killed may take to be gone; after it, one that lives is in the way, unless it only begins. */
const PATIENCE_MS = 1000;
const PAUSE_MS = 50;
/** How long others wait for one that begins before they say so. */
const SILENCE_MS = 5000;

/**
 * Does `use` while no other process that locks one of the places gets it.
 *
 * @throws SemcrcError as {@link lockPlaces} does
 */
export async function whileLocked<T>(
  places: readonly Place[],
  note: Note,
  use: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const release = await lockPlaces(places, note, signal);
  try {
    return await use();
  } finally {
    release();
  }
}

/**
 * Locks places until the function returned is called.
 *
 * The operating system holds the locks and drops them with the process, however it ends, on a shared file system for other
 * machines too: a lock file that is left behind is never in anyone's way. Where the platform or the file system has no locks,
 * a note says so and work goes on. A file in a lock file's place that is none of ours is left as it is.
 *
 * @throws SemcrcError `usage` naming place and process where another has one of them; where a lock file's place is taken by a
 *   link or any other file
 */
export async function lockPlaces(
  places: readonly Place[],
  note: Note,
  signal?: AbortSignal,
): Promise<() => void> {
  const tryLock = await loadTryLock();
  const held: { readonly lockFile: string; readonly descriptor: number }[] = [];
  const release = () => {
    // The name goes before the lock does, so that nobody removes a file that the next one has locked.
    for (const { lockFile, descriptor } of held.splice(0)) {
      if (isAt(lockFile, descriptor)) rmSync(lockFile, { force: true });
      closeSync(descriptor);
    }
  };
  const unlocked = (name: string, reason: string) =>
    note(`${name} cannot be locked here (${reason}); let no second semcrc write there`);
  if (tryLock === undefined) {
    unlocked(places[0].name, 'no locks on this platform');
    return release;
  }
  try {
    for (const place of places) {
      const outcome = await lock(place, tryLock, note, signal);
      if (outcome.state === 'taken') throw taken(place.name, place.lockFile);
      if (outcome.state === 'unsupported') unlocked(place.name, outcome.reason);
      if (outcome.state === 'locked') held.push({ lockFile: place.lockFile, descriptor: outcome.descriptor });
    }
  } catch (error) {
    release();
    throw error;
  }
  return release;
}

/** Whether a process has a place locked now. Nothing is changed; where the file cannot be read, its being there decides. */
export async function isLocked(lockFile: string): Promise<boolean> {
  let descriptor: number;
  try {
    descriptor = openSync(lockFile, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
  try {
    const tryLock = await loadTryLock();
    // Shared, so that whoever asks at the same time is told the same.
    return tryLock !== undefined && isLockFile(descriptor) && !tryLock(descriptor, { shared: true });
  } catch {
    return false;
  } finally {
    closeSync(descriptor);
  }
}

type TryLock = (descriptor: number, options?: { readonly shared: boolean }) => boolean;

/** Native code, so loaded only here: readers of results do not need it. */
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

async function lock(
  { name, lockFile, purpose }: Place,
  tryLock: TryLock,
  note: Note,
  signal: AbortSignal | undefined,
): Promise<Outcome> {
  let nameless = 0;
  for (let waited = 0; ; waited += PAUSE_MS) {
    signal?.throwIfAborted();
    const descriptor = open(name, lockFile);
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
      writeHolder(lockFile, descriptor, purpose);
      return { state: 'locked', descriptor };
    }
    closeSync(descriptor);
    const holder = readHolder(lockFile);
    // Between two that begin, the file is gone, or not written yet.
    nameless = holder === undefined ? nameless + PAUSE_MS : 0;
    if (waited >= PATIENCE_MS && (nameless >= PATIENCE_MS || (holder && holder.purpose !== 'begin')))
      return { state: 'taken' };
    if (waited === SILENCE_MS && holder)
      note(`waiting for process ${holder.pid} on ${holder.host}, which is beginning ${name}`);
    await sleep(PAUSE_MS);
  }
}

const { O_RDONLY, O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;

/** Undefined where nothing can be written, so that there is nothing to guard: the first write will say why. */
function open(name: string, lockFile: string): number | undefined {
  let descriptor: number | undefined;
  try {
    mkdirSync(dirname(lockFile), { recursive: true });
    descriptor = openSync(lockFile, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o666);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const present = lstatSync(lockFile, { throwIfNoEntry: false });
    if (present !== undefined && !present.isFile()) throw foreign(name, lockFile);
    const readOnly = code === 'EROFS' || ((code === 'EACCES' || code === 'EPERM') && present === undefined);
    if (readOnly) return undefined;
    throw unwritable(lockFile, error);
  }
  if (isLockFile(descriptor)) return descriptor;
  closeSync(descriptor);
  throw foreign(name, lockFile);
}

/** Whether an open file is a lock file of ours: one that was just made, or says so. */
function isLockFile(descriptor: number): boolean {
  const found = fstatSync(descriptor);
  if (!found.isFile() || found.nlink > 1) return false;
  return (
    found.size === 0 ||
    (found.size < 1024 && /^\{"schema":"semcrc\/lock@/.test(readFileSync(descriptor, 'utf8')))
  );
}

function isAt(path: string, descriptor: number): boolean {
  const named = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  const open = fstatSync(descriptor, { bigint: true });
  return named?.ino === open.ino && named.dev === open.dev;
}

function writeHolder(lockFile: string, descriptor: number, purpose: Place['purpose']): void {
  try {
    ftruncateSync(descriptor);
    const since = new Date().toISOString();
    const holder = { pid: process.pid, host: hostname(), since, ...(purpose ? { purpose } : {}) };
    writeSync(descriptor, `${JSON.stringify({ schema: 'semcrc/lock@1', ...holder })}\n`);
  } catch (error) {
    rmSync(lockFile, { force: true });
    closeSync(descriptor);
    throw unwritable(lockFile, error);
  }
}

/** The error of a place that another process has. */
export function taken(name: string, lockFile: string): SemcrcError {
  const holder = readHolder(lockFile);
  const who = holder ? `process ${holder.pid} on ${holder.host}, since ${holder.since}` : 'another process';
  return new SemcrcError(
    'usage',
    `${name} is being written by another semcrc (${who}); wait until it has ended, or choose another \`out\``,
    { data: { options: ['out'], directory: name, ...holder } },
  );
}

function foreign(name: string, lockFile: string): SemcrcError {
  return new SemcrcError(
    'usage',
    `${name} cannot be locked: ${lockFile} is not a lock file of semcrc, and is left as it is; choose another \`out\``,
    { data: { options: ['out'], file: lockFile } },
  );
}

/** The process that has, or last had, a place. */
export interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly since: string;
  readonly purpose?: 'begin';
}

/** Undefined where a lock file does not say: none is there, or it is being written. */
export function readHolder(lockFile: string): Holder | undefined {
  try {
    const { pid, host, since, purpose } = JSON.parse(readFileSync(lockFile, 'utf8'));
    return { pid, host, since, ...(purpose === 'begin' ? { purpose } : {}) };
  } catch {
    // Not written yet, gone by now, or locked against reading (Windows).
    return undefined;
  }
}
