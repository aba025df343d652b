import { basename } from 'node:path';
import type { PartRecord } from '@semcrc/core';
import { SemcrcError } from '@semcrc/kernels';
import { isLocked, type Note, taken, whileLocked } from './folder-lock.ts';
import { numbersText, type Part, partItems } from './part.ts';
import {
  neededParts,
  partPlace,
  placeOf,
  readRecord,
  readWhole,
  recordNumbers,
  removeParts,
  type Whole,
} from './parts-folder.ts';

/** What a merge hands to the command whose parts they are: the whole, and the records of all parts that have items, in order. */
export type FinishParts<T> = (whole: Whole, records: readonly PartRecord[]) => Promise<T>;

/**
 * Makes a whole of parts: checks that each is there and belongs to it, lets `finish` write what only the whole has, and removes
 * what kept the parts. Interrupted at any moment it can be called again.
 *
 * @throws SemcrcError `bad-input` naming the parts that are missing, double, damaged or of another whole; `usage` while one of
 *   them, or the output, is being written
 */
export async function mergeParts<T>(
  out: string,
  { note, signal }: { readonly note: Note; readonly signal?: AbortSignal | undefined },
  finish: FinishParts<T>,
): Promise<T> {
  readWhole(out);
  return whileLocked(
    [placeOf(out)],
    note,
    async () => {
      const { whole, digest } = readWhole(out);
      const parts = neededParts(whole);
      // None can begin from here on, for that takes the lock which is held.
      for (const part of parts) {
        const { name, lockFile } = partPlace(out, part);
        if (await isLocked(lockFile)) throw taken(name, lockFile);
      }
      const found = parts.map((part) => readRecord(out, part, digest, whole.items.length));
      const strange = found.flatMap((record) => (record.state === 'foreign' ? [record.reason] : []));
      const beyond = recordNumbers(out).filter((number) => number < 1 || number > parts.length);
      for (const number of beyond)
        strange.push(`a record of part ${number} stands there, but ${parts.length} parts have ${whole.noun}`);
      if (strange.length > 0) throw foreign(out, strange);
      const missing = parts.filter((_, at) => found[at].state === 'none');
      if (missing.length > 0) throw lacking(out, whole, missing);
      const records = found.flatMap((record) => (record.state === 'done' ? [record.record] : []));
      const result = await finish(whole, records);
      removeParts(out);
      return result;
    },
    signal,
  );
}

function foreign(out: string, reasons: readonly string[]): SemcrcError {
  return new SemcrcError(
    'bad-input',
    `parts of ${out} do not belong together: ${reasons.slice(0, 3).join('; ')}; remove those records and do these parts again`,
    { data: { directory: out, reasons } },
  );
}

function lacking(out: string, whole: Whole, missing: readonly Part[]): SemcrcError {
  const numbers = missing.map(({ index }) => index);
  const items = missing.flatMap((part) =>
    partItems(part, whole.items.length).map((place) => whole.items[place]),
  );
  const shown = items.length <= 8 ? items.join(', ') : `${items.slice(0, 8).join(', ')}, …`;
  return new SemcrcError(
    'bad-input',
    `${out} lacks ${numbers.length === 1 ? 'part' : 'parts'} ${numbersText(numbers)} of ${whole.of}, that is ${items.length} of ` +
      `${whole.items.length} ${whole.noun} (${shown}); run ${whole.command} with \`part\` ${numbers[0]}/${whole.of}` +
      `${numbers.length === 1 ? '' : ' and so on'}, then merge again`,
    { data: { directory: out, missing: numbers, of: whole.of, items, options: ['part'] } },
  );
}

/** The output that a path names: itself, or the folder of its parts. */
export function outputOf(path: string): string {
  const plain = path.replace(/[/\\]+$/, '');
  return basename(plain).endsWith('.parts') && plain.length > '.parts'.length
    ? plain.slice(0, -'.parts'.length)
    : path;
}
