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
