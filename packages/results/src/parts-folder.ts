import { createHash } from 'node:crypto';
import { existsSync, readdirSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { PartRecord, PartsDocument } from '@semcrc/core';
import { SemcrcError } from '@semcrc/kernels';
import { documentKind, readDocument } from './document-file.ts';
import type { Place } from './folder-lock.ts';
import { type Part, partItems, partText } from './part.ts';

/**
 * Where parts of an output meet: `<out>.parts`, beside it. `whole.json` says what all parts together make, and every part says the
 * same; `part-3.json` is written when part 3 is done, `part-3.lock` is there while it is being done.
 */
export const partsFolder = (out: string): string => `${resolve(out)}.parts`;
const WHOLE = 'whole.json';
export const wholeFile = (out: string): string => join(partsFolder(out), WHOLE);
export const partFile = (out: string, index: number, suffix: string): string =>
  join(partsFolder(out), `part-${index}${suffix}`);

export const sharedFile = (out: string, suffix: string): string => join(partsFolder(out), `whole${suffix}`);

const wholeKind = documentKind('description of parts', PartsDocument);
const recordKind = documentKind('record of a part', PartRecord);

/** What all parts of an output make together. Nothing in it depends on the part, the machine, the workers or the clock. */
export type Whole = Omit<PartsDocument, 'schema'>;

/** What the command that writes parts says of the whole. */
export type WholePlan = Omit<Whole, 'of' | 'version'>;

/** The lock of a whole output: held all along by a process that writes all of it, and by a part while it begins. */
export const placeOf = (out: string): Place => ({ name: out, lockFile: `${resolve(out)}.lock` });

/** The lock of one part. */
export const partPlace = (out: string, part: Part): Place => ({
  name: `${partText(part)} of ${out}`,
  lockFile: partFile(out, part.index, '.lock'),
});

/** As a file has it. */
export const wholeText = (whole: Whole): string =>
  `${JSON.stringify({ schema: 'semcrc/parts@1', ...whole })}\n`;

export const digestOfText = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Whether an output is being written in parts. */
export const hasParts = (out: string): boolean => existsSync(wholeFile(out));

/**
 * What the parts of an output make together.
 *
 * @throws SemcrcError `bad-input` where nothing says so, or the file is damaged
 */
export function readWhole(out: string): { readonly whole: Whole; readonly digest: string } {
  if (!hasParts(out)) {
    const found = statSync(out, { throwIfNoEntry: false });
    const what = found === undefined ? 'neither it nor its parts are there' : 'it has no parts';
    throw new SemcrcError(
      'bad-input',
      `${out}: expected ${basename(partsFolder(out))} beside it, which a command with \`part\` writes; ${what}`,
      { data: { file: wholeFile(out), options: ['part'] } },
    );
  }
  const { schema: _, ...whole } = readDocument(wholeFile(out), wholeKind);
  return { whole, digest: digestOfText(wholeText(whole)) };
}

/** What stands where the record of a part would. */
export type FoundRecord =
  | { readonly state: 'none' }
  | { readonly state: 'done'; readonly record: PartRecord }
  /** Damaged, of another whole, or of another part. */
  | { readonly state: 'foreign'; readonly reason: string };

/** Reads the record of a part. Never throws for what is in the file. */
export function readRecord(out: string, part: Part, digest: string, total: number): FoundRecord {
  const path = partFile(out, part.index, '.json');
  if (!existsSync(path)) return { state: 'none' };
  let record: PartRecord;
  try {
    record = readDocument(path, recordKind);
  } catch (error) {
    return { state: 'foreign', reason: (error as Error).message };
  }
  const own = partItems(part, total).length;
  if (record.part !== part.index || record.of !== part.of || record.items !== own) {
    const reason = `${path} is the record of ${partText({ index: record.part, of: record.of })}, not of ${partText(part)}`;
    return { state: 'foreign', reason };
  }
  if (record.whole !== digest) {
    return {
      state: 'foreign',
      reason: `${path} belongs to other parts: its source, options or version differ`,
    };
  }
  return { state: 'done', record };
}

/** Numbers of the parts that records stand for, whatever is in them, ascending. */
export function recordNumbers(out: string): number[] {
  return readdirSync(partsFolder(out))
    .flatMap((name) => /^part-(\d{1,10})\.json$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

/**
 * Removes what parts keep beside an output, and nothing else. The description of the whole goes first: without it, what is left of the
 * rest means nothing.
 */
export function removeParts(out: string): void {
  const folder = partsFolder(out);
  rmSync(join(folder, WHOLE), { force: true });
  for (const name of readdirSync(folder)) {
    if (/^\.?(part-\d{1,10}|whole)\./.test(name))
      rmSync(join(folder, name), { force: true, recursive: true });
  }
  // Files of the user's stay, and their folder with them.
  if (readdirSync(folder).length === 0) rmdirSync(folder);
}

/** Parts that have items: all that a whole needs. */
export const neededParts = ({ of, items }: Whole): readonly Part[] =>
  Array.from({ length: Math.min(of, items.length) }, (_, at) => ({ index: at + 1, of }));

/** The first thing that two wholes differ in, in words; undefined where they are the same. */
export function differenceOfWholes(kept: Whole, asked: Whole): string | undefined {
  const now = JSON.parse(JSON.stringify(asked)) as Whole;
  if (kept.command !== now.command) return `they are parts of ${kept.command}, not of ${now.command}`;
  if (kept.of !== now.of) return `they are ${kept.of} parts, not ${now.of}`;
  if (kept.version !== now.version) return `semcrc ${kept.version} began them, not ${now.version}`;
  const total = kept.items.length;
  if (total !== now.items.length) return `they have ${total} ${kept.noun}, not ${now.items.length}`;
  const odd = kept.items.findIndex((item, at) => item !== now.items[at]);
  if (odd >= 0) return `${kept.noun} ${odd + 1} was ${kept.items[odd]}, now ${now.items[odd]}`;
  if (kept.digest !== now.digest) return 'their source or an option is another';
  return JSON.stringify(kept.details) === JSON.stringify(now.details)
    ? undefined
    : 'an option or a path is another';
}
