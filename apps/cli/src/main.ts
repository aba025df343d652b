#!/usr/bin/env node
import { SemcrcError } from '@semcrc/kernels';
import { EXIT_CODES } from './error-report.ts';
import { run } from './run.ts';
import { drained } from './terminal.ts';

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // The first Ctrl-C lets finished work be kept; the second does not wait.
    if (stop.signal.aborted) process.exit(EXIT_CODES.interrupted);
    process.stderr.write('interrupted: stopping; press Ctrl-C again to quit at once\n');
    stop.abort(new SemcrcError('interrupted', 'interrupted'));
  });
}

// A reader that closes the pipe (head, less) has seen enough; that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const exitCode = await run(process.argv.slice(2), stop.signal);
await drained(process.stdout);
await drained(process.stderr);
process.exit(exitCode);
