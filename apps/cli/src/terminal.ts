import { styleText } from 'node:util';
import { SingleBar } from 'cli-progress';

/** Advances with the work; stderr only. */
export interface Progress {
  /** Units done so far, out of the total: the one given at the start, or another. */
  update(done: number, total?: number): void;
  stop(): void;
}

const SILENT_SECONDS = 10;

/** Colours of what needs a look. */
export type Colour = 'green' | 'yellow' | 'red';

/** A terminal shows colours unless its user said not to (https://no-color.org). */
function showsColours(): boolean {
  return process.stdout.isTTY === true && (process.env.NO_COLOR ?? '') === '';
}

/** Characters that steer a terminal or turn text around, which names and values of files may hold. */
const CONTROL = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Text with every such character written out as JSON writes it. */
function printable(text: string): string {
  return text.replace(CONTROL, (character) =>
    Array.from({ length: character.length }, (_, at) => unitText(character.charCodeAt(at))).join(''),
  );
}

function unitText(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}

/** Writes lines to stderr. */
export function writeLine(text: string): void {
  process.stderr.write(`${printable(text)}\n`);
}

/**
 * Results on stdout, everything else on stderr. With `--json`, stdout holds one JSON document and nothing else.
 */
export class Terminal {
  readonly json: boolean;
  readonly quiet: boolean;

  /** @param quiet nothing is written but errors, what `json` prints, and files */
  constructor({ json = false, quiet = false }: { readonly json?: boolean; readonly quiet?: boolean }) {
    this.json = json;
    this.quiet = quiet;
  }

  /** Text for the reader of results, in a colour where stdout shows colours; dropped under `--json` and `--quiet`. */
  print(text: string, colour?: Colour): void {
    if (this.json || this.quiet) return;
    const shown = printable(text);
    process.stdout.write(`${colour && showsColours() ? styleText(colour, shown) : shown}\n`);
  }

  /** The machine-readable result; dropped without `--json`. */
  printJson(value: unknown): void {
    if (this.json) process.stdout.write(`${printable(JSON.stringify(value, null, 2))}\n`);
  }

  /** A remark that is not a result; dropped under `--quiet`. */
  note(text: string): void {
    if (!this.quiet) writeLine(text);
  }

  /** A bar with the time left where stderr is a terminal; elsewhere a line now and then, and none for short work. */
  progress(label: string, total: number, done = 0): Progress {
    if (this.quiet) return { update() {}, stop() {} };
    return process.stderr.isTTY ? bar(label, total, done) : sparseLines(label, total, done);
  }
}

function bar(label: string, total: number, done: number): Progress {
  const single = new SingleBar({
    format: `${label} [{bar}] {value}/{total} | {duration_formatted} | left {eta_formatted}`,
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: true,
    etaBuffer: 20,
    formatTime: timeText,
  });
  single.start(total, done);
  return {
    update(value, newTotal) {
      if (newTotal !== undefined) single.setTotal(newTotal);
      single.update(value);
    },
    stop: () => single.stop(),
  };
}

/** Seconds as 1m 20s; a word (INF, NULL) where cli-progress has no estimate yet. */
function timeText(seconds: number | string): string {
  if (typeof seconds !== 'number' || !Number.isFinite(seconds)) return '…';
  if (seconds < 60) return `${Math.round(seconds)}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${Math.round(seconds % 60)}s`;
  return `${Math.floor(seconds / 3600)}h ${Math.round((seconds % 3600) / 60)}m`;
}

function sparseLines(label: string, total: number, done: number): Progress {
  const started = Date.now();
  let lastLine = started;
  return {
    update(value, newTotal = total) {
      const now = Date.now();
      if (now - lastLine < SILENT_SECONDS * 1000 || value >= newTotal) return;
      lastLine = now;
      const elapsed = (now - started) / 1000;
      const fresh = value - done;
      const left = fresh > 0 ? `, about ${Math.ceil((elapsed / fresh) * (newTotal - value))} s left` : '';
      process.stderr.write(`${label} ${value}/${newTotal}, ${Math.round(elapsed)} s${left}\n`);
    },
    stop() {},
  };
}

/** Resolves once everything written to a stream has left the process, or cannot, so that exiting loses nothing. */
export function drained(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed) resolve();
    else stream.write('', () => resolve());
  });
}
