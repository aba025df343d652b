// What a bench asks about the process it runs in.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** Most memory the process, all its threads included, has held, in MiB; null where the system does not tell. */
export function peakRss() {
  try {
    return Math.round(
      Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024,
    );
  } catch {
    return null;
  }
}

/** CPU time of all threads, garbage collector's and zlib's included, that `work` takes; in milliseconds. */
export async function cpuTime(work) {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** Runs a script of this folder in a process of its own; what it prints last must be JSON. */
export async function inProcess(script, settings) {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [path, JSON.stringify(settings)]);
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
}
