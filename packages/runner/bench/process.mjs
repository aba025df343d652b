// Measuring processes: the one a bench runs in, and others that it starts.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

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
