import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { MAIN } from './command.ts';
import { readPlainNifti } from './plain-nifti.ts';

/** Runs `semcrc` and kills it (SIGKILL) after some milliseconds. @returns whether it was killed before its end; throws if it ended badly. */
export function killAfter(args: readonly string[], milliseconds: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [MAIN, ...args], { stdio: 'ignore' });
    const timer = setTimeout(() => child.kill('SIGKILL'), milliseconds);
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      if (signal === null && code !== 0) reject(new Error(`semcrc ${args[0]} exited with ${code}`));
      else resolve(signal === 'SIGKILL');
    });
  });
}

/**
 * Runs `semcrc` and kills it (SIGKILL) some milliseconds after a path has come into being.
 *
 * @returns whether it was killed before its end; throws if it ended badly.
 */
export function killOnceThere(args: readonly string[], path: string, milliseconds: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [MAIN, ...args], { stdio: 'ignore' });
    let timer: NodeJS.Timeout | undefined;
    const watch = setInterval(() => {
      if (timer || !existsSync(path)) return;
      timer = setTimeout(() => child.kill('SIGKILL'), milliseconds);
    }, 2);
    child.on('exit', (code, signal) => {
      clearInterval(watch);
      clearTimeout(timer);
      if (signal === null && code !== 0) reject(new Error(`semcrc ${args[0]} exited with ${code}`));
      else resolve(signal === 'SIGKILL');
    });
  });
}

/** Throws unless every file of a folder is whole. Files still beside their place (.partial) are none yet. */
export function expectWholeFiles(folder: string): void {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder, { recursive: true }).map(String)) {
    const path = join(folder, name);
    if (name.endsWith('.json')) JSON.parse(readFileSync(path, 'utf8'));
    if (name.endsWith('.nii.gz')) readPlainNifti(path);
    if (name.endsWith('.csv') && !readFileSync(path, 'utf8').endsWith('\n'))
      throw new Error(`${path} is cut off`);
  }
}

/** How many finished runs an experiment's folder keeps. */
export function countKept(folder: string): number {
  const runs = join(folder, 'runs');
  return existsSync(runs) ? readdirSync(runs).filter((name) => /^run-\d+\.json$/.test(name)).length : 0;
}

/** Expects whole files, and no fewer finished runs than were kept before; returns how many there are now. */
export function expectKept(folder: string, before: number): number {
  expectWholeFiles(folder);
  const kept = countKept(folder);
  expect(kept).toBeGreaterThanOrEqual(before);
  return kept;
}

/** experiment.json without what the clock decides. */
export function readTimeless(folder: string): unknown {
  const document = JSON.parse(readFileSync(join(folder, 'experiment.json'), 'utf8'));
  return { ...document, runs: document.runs.map(({ seconds: _, ...run }: { seconds: unknown }) => run) };
}
