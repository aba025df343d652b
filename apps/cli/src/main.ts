#!/usr/bin/env node
import { SemcrcError } from '@semcrc/kernels';
import { CommanderError } from 'commander';
import { describeError, EXIT_CODES, toSemcrcError } from './fault.ts';
import { buildProgram } from './program.ts';
import { drained, Terminal } from './terminal.ts';

/** `pnpm run calibrate -- --epsilon 0.1` hands the dashes on; right after the command they would turn options into a source. */
function withoutSeparator(args: readonly string[]): string[] {
  return args[1] === '--' ? [args[0]!, ...args.slice(2)] : [...args];
}

async function run(args: readonly string[]): Promise<number> {
  const terminal = new Terminal(args.includes('--json'));
  const stop = new AbortController();
  const interrupt = (): void => {
    // The first Ctrl-C lets finished work be kept; the second does not wait.
    if (stop.signal.aborted) process.exit(EXIT_CODES.interrupted);
    terminal.note('interrupted: stopping; press Ctrl-C again to quit at once');
    stop.abort(new SemcrcError('interrupted', 'interrupted'));
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  try {
    await buildProgram({ terminal, signal: stop.signal }).parseAsync(withoutSeparator(args), {
      from: 'user',
    });
    return 0;
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return 0;
    const error = stop.signal.aborted ? interrupted(thrown) : toSemcrcError(thrown);
    terminal.printJson({ error: { code: error.code, message: error.message, data: error.data } });
    const command = args.find((arg) => !arg.startsWith('-'));
    if (!(thrown instanceof CommanderError && thrown.code === 'commander.help')) {
      process.stderr.write(describeError(error, command));
    }
    return EXIT_CODES[error.code];
  }
}

/** After Ctrl-C, whatever broke off says so; what the work itself said about it is kept. */
function interrupted(thrown: unknown): SemcrcError {
  if (thrown instanceof SemcrcError && thrown.code === 'interrupted') return thrown;
  return new SemcrcError('interrupted', 'interrupted', { cause: thrown });
}

// A reader that closes the pipe (head, less) has seen enough; that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const exitCode = await run(process.argv.slice(2));
await drained(process.stdout);
await drained(process.stderr);
process.exit(exitCode);
