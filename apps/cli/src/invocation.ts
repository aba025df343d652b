import type { Terminal } from './terminal.ts';

/** What every command gets: where to print, and the signal that Ctrl-C aborts. */
export interface Invocation {
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}
