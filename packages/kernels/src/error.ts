/**
 * What went wrong, by who can mend it.
 *
 * - `usage`: the caller asked for something that does not fit (options, sizes, combinations).
 * - `bad-input`: a file, scan or array is not what it must be.
 * - `infeasible`: the data are fine but too few for the guarantee asked.
 * - `unsupported`: the machine cannot run this (no WebAssembly SIMD, say).
 * - `interrupted`: the caller stopped the work.
 * - `internal`: a bug of semcrc itself.
 */
export type ErrorCode = 'usage' | 'bad-input' | 'infeasible' | 'unsupported' | 'interrupted' | 'internal';

/** Plain facts behind a message: the file, what was expected, what was found. Survives structured cloning. */
export type ErrorData = Readonly<Record<string, string | number | boolean | readonly (string | number)[]>>;

/**
 * Every error semcrc throws on purpose. The message names the file or scan, what was expected and what was found.
 *
 * Libraries do not know how their caller spells options. A message names an option by its camelCase name in backticks, and
 * `data.options` lists the names it holds: "choose `sides` one" with `{ options: ['sides'] }`. A command line replaces each
 * by its flag.
 */
export class SemcrcError extends Error {
  override readonly name = 'SemcrcError';
  readonly code: ErrorCode;
  readonly data: ErrorData;

  constructor(code: ErrorCode, message: string, options: { data?: ErrorData; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.data = options.data ?? {};
  }
}

/** Longest text of a value in a message. */
const MOST_SHOWN = 80;

/**
 * A value found where another was expected, as a message shows it: numbers and texts, and lists of them, as JSON, cut where they are
 * long; what holds more only by its kind, however deep it is.
 */
export function describeFound(value: unknown): string {
  if (value === undefined) return 'nothing';
  const plain = (one: unknown): boolean => typeof one !== 'object' || one === null;
  if (!plain(value) && !(Array.isArray(value) && value.length <= MOST_SHOWN && value.every(plain)))
    return Array.isArray(value) ? `a list of ${value.length}` : 'an object';
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= MOST_SHOWN ? text : `${text.slice(0, MOST_SHOWN)}…`;
}
