import { SemcrcError } from '@semcrc/kernels';
import { type Part, type PartWriter, partText, whileWriting } from '@semcrc/results';
import type { Invocation } from './invocation.ts';
import { VERSION } from './version.ts';

/** What decides whether a command may write its output now. */
export interface WritingChoice {
  readonly out: string;
  readonly part: Part | undefined;
  readonly force: boolean;
}

/**
 * Does `use` while no other process writes the same output, or the same part of it.
 *
 * @throws SemcrcError `usage` as `whileWriting` does, and for `force` with `part`
 */
export function writing<T>(
  { out, part, force }: WritingChoice,
  { terminal, signal }: Invocation,
  use: (part: PartWriter | null) => Promise<T>,
): Promise<T> {
  refuseForcedPart(part, force);
  const note = (message: string) => terminal.note(`note: ${message}`);
  return whileWriting(out, part ?? null, { note, version: VERSION, signal }, use);
}

/** Refuses to discard what other parts have written. @throws SemcrcError `usage` */
export function refuseForcedPart(part: Part | undefined, force: boolean): void {
  if (part === undefined || !force) return;
  throw new SemcrcError(
    'usage',
    `\`force\` would discard what other parts have written, so ${partText(part)} does not take it; choose another \`out\`, or remove ` +
      'what stands there before the first part begins',
    { data: { options: ['force', 'out'] } },
  );
}
