#!/usr/bin/env node
import { dirname } from 'node:path';
import { reasonOf } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';
import { EXIT_CODES } from './error-report.ts';
import { run } from './run.ts';
import { drained, writeLine } from './terminal.ts';

standWhereTheUserDid();

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // The first Ctrl-C lets finished work be kept; the second does not wait.
    if (stop.signal.aborted) process.exit(EXIT_CODES.interrupted);
    writeLine('interrupted: stopping; press Ctrl-C again to quit at once');
    stop.abort(new SemcrcError('interrupted', 'interrupted'));
  });
}

// The work goes on where nobody can read of it: what it writes to files counts.
let unprinted: unknown;
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // A reader that closes the pipe (head, less) has seen enough; that is no error.
  if (error.code !== 'EPIPE') unprinted ??= error;
});
process.stderr.on('error', () => {});

let exitCode = await run(process.argv.slice(2), stop.signal);
await drained(process.stdout);
if (unprinted !== undefined && exitCode === 0) {
  writeLine(`error: cannot write the results to standard output: ${reasonOf(unprinted)}`);
  exitCode = EXIT_CODES['bad-input'];
}
await drained(process.stderr);
process.exit(exitCode);

/** pnpm and npm run a script in its package's folder; paths are meant from where the user called them. */
function standWhereTheUserDid(): void {
  const { INIT_CWD, npm_package_json, npm_package_name } = process.env;
  const isOurScript = npm_package_name === 'semcrc-workspace' || npm_package_name === 'semcrc';
  if (INIT_CWD === undefined || npm_package_json === undefined || !isOurScript) return;
  if (dirname(npm_package_json) === process.cwd()) process.chdir(INIT_CWD);
}
