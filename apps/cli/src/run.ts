import { SemcrcError } from '@semcrc/kernels';
import { CommanderError } from 'commander';
import { describeError, EXIT_CODES, toSemcrcError, withFlags } from './error-report.ts';
import { buildProgram, isCommand } from './program.ts';
import { Terminal, writeLine } from './terminal.ts';

/**
 * Runs one command line to its end, printing to stdout and stderr, and never throws.
 *
 * @param args without the interpreter and the script
 * @param signal aborted by Ctrl-C
 * @returns the exit code
 */
export async function run(args: readonly string[], signal: AbortSignal): Promise<number> {
  const terminal = new Terminal({ json: args.includes('--json'), quiet: args.includes('--quiet') });
  const words = args.length === 0 ? ['--help'] : withoutSeparator(args);
  try {
    const program = await buildProgram({ terminal, signal }, words);
    await program.parseAsync(words, { from: 'user' });
    return EXIT_CODES.done;
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return EXIT_CODES.done;
    const error = signal.aborted ? interrupted(thrown) : toSemcrcError(thrown);
    terminal.printJson({ error: { code: error.code, message: withFlags(error), data: error.data } });
    writeLine(describeError(error, isCommand(words[0]) ? words[0] : undefined));
    return EXIT_CODES[error.code];
  }
}

/** `pnpm run calibrate -- --epsilon 0.1` hands the dashes on; right after the command they would turn options into a source. */
function withoutSeparator(args: readonly string[]): string[] {
  return args[1] === '--' ? [args[0], ...args.slice(2)] : [...args];
}

/** After Ctrl-C, whatever broke off is an interruption; what a command says of its kept work stays. */
function interrupted(thrown: unknown): SemcrcError {
  const says = thrown instanceof SemcrcError && thrown.message.startsWith('interrupted');
  return says ? thrown : new SemcrcError('interrupted', 'interrupted', { cause: thrown });
}
