import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename } from 'node:path';
import type { PartRecord } from '@semcrc/core';
import { unwritable, writeFileAtomic } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';
import { lockPlaces, type Note, type Place, whileLocked } from './folder-lock.ts';
import { numbersText, type Part, partItems, partText } from './part.ts';
import {
  differenceOfWholes,
  digestOfText,
  hasParts,
  neededParts,
  partFile,
  partPlace,
  partsFolder,
  placeOf,
  readRecord,
  readWhole,
  removeParts,
  sharedFile,
  type Whole,
  type WholePlan,
  wholeFile,
  wholeText,
} from './parts-folder.ts';

/** What a command that writes an output, or a part of it, needs of its surroundings. */
export interface WritingOptions {
  readonly note: Note;
  /** Of semcrc: parts of different versions do not go together. */
  readonly version: string;
  readonly signal?: AbortSignal | undefined;
}

/** Texts that the first part leaves for the others. */
interface SharedTexts {
  readonly shared?: Readonly<Record<string, string>>;
}

/** One part while it is being written; whoever does the work tells it what the whole is, and when the part is done. */
export interface PartWriter {
  readonly part: Part;
  /** A file of this part's own, for what the merge needs beside the output: `own('.profiles')`. */
  own(suffix: string): string;
  /** A file beside the description of the whole, which every part may read: `shared('.stand-in.json')`. */
  shared(suffix: string): string;
  /** What parts that began before said of the whole; null for the first. */
  begun(): Whole | null;
  /** From here to the end of {@link begin} no other part begins: what all of them need is made once. */
  enter(): Promise<void>;
  /**
   * Begins the part, once the items are known and the output can take them; enters before, where that was not done.
   *
   * @param plan `shared`: texts to be kept for other parts by suffix, for {@link shared}
   * @returns places of this part's items
   * @throws SemcrcError `usage` where the parts begun before are of another whole, or another process does this part
   */
  begin(plan: WholePlan & SharedTexts): Promise<readonly number[]>;
  /** What comes before the first item is over; without it, that moment is the end of `begin`. */
  ready(): void;
  /**
   * Keeps that the part is done: every item of it stands.
   *
   * @param outcome what the merge says or writes of these items, as JSON
   * @param made items made by this process; the others stood before
   */
  finish(outcome: unknown, made: number): Promise<void>;
}

/**
 * Does `use` while no other process writes the same: the whole output where `part` is null, else that part of it. Processes that
 * write other parts work beside it.
 *
 * @throws SemcrcError `usage` where another process writes the same, or the output is being written in parts and `part` is null
 */
export async function whileWriting<T>(
  out: string,
  part: Part | null,
  options: WritingOptions,
  use: (part: PartWriter | null) => Promise<T>,
): Promise<T> {
  const { note, signal } = options;
  if (part === null) {
    const whole = async (): Promise<T> => {
      refuseParts(out);
      return use(null);
    };
    return whileLocked([placeOf(out)], note, whole, signal);
  }
  const writer = new OpenPart(out, part, options);
  try {
    return await use(writer);
  } finally {
    writer.release();
  }
}

/** Refuses to write all of an output of which parts are written. @throws SemcrcError `usage` */
export function refuseParts(out: string): void {
  if (!hasParts(out)) return;
  const folder = basename(partsFolder(out));
  throw new SemcrcError(
    'usage',
    `${out} is being written in parts: merge them (semcrc merge ${out}), go on with \`part\`, or remove ${folder} beside it`,
    { data: { directory: out, options: ['part', 'out'] } },
  );
}

class OpenPart implements PartWriter {
  readonly part: Part;
  readonly #out: string;
  readonly #options: WritingOptions;
  readonly #opened = performance.now();
  #releases: (() => void)[] = [];
  #begun: { readonly whole: Whole; readonly digest: string } | undefined;
  #ready = this.#opened;

  constructor(out: string, part: Part, options: WritingOptions) {
    this.part = part;
    this.#out = out;
    this.#options = options;
  }

  async enter(): Promise<void> {
    if (this.#releases.length > 0) return;
    const beginning: Place = { ...placeOf(this.#out), purpose: 'begin' };
    const { note, signal } = this.#options;
    this.#releases.push(await lockPlaces([beginning], note, signal));
  }

  begun(): Whole | null {
    return hasParts(this.#out) ? readWhole(this.#out).whole : null;
  }

  own(suffix: string): string {
    return partFile(this.#out, this.part.index, suffix);
  }

  shared(suffix: string): string {
    return sharedFile(this.#out, suffix);
  }

  async begin({ shared = {}, ...plan }: WholePlan & SharedTexts): Promise<readonly number[]> {
    const { note, version, signal } = this.#options;
    const whole: Whole = { ...plan, of: this.part.of, version };
    await this.enter();
    const text = wholeText(whole);
    if (hasParts(this.#out)) {
      const difference = differenceOfWholes(readWhole(this.#out).whole, whole);
      if (difference !== undefined) throw this.#misfit(difference);
    } else {
      // A merge that was killed at its very end may have left records.
      if (existsSync(partsFolder(this.#out))) removeParts(this.#out);
      await mkdir(partsFolder(this.#out), { recursive: true }).catch((cause: unknown) => {
        throw unwritable(partsFolder(this.#out), cause);
      });
      for (const [suffix, content] of Object.entries(shared))
        await writeFileAtomic(this.shared(suffix), content);
      await writeFileAtomic(wholeFile(this.#out), text);
    }
    const items = partItems(this.part, whole.items.length);
    if (items.length > 0)
      this.#releases.push(await lockPlaces([partPlace(this.#out, this.part)], note, signal));
    this.#releases.shift()?.();
    this.#begun = { whole, digest: digestOfText(text) };
    this.ready();
    note(`${this.#description(items)}; ${this.#missing()}`);
    return items;
  }

  ready(): void {
    this.#ready = performance.now();
  }

  async finish(outcome: unknown, made: number): Promise<void> {
    if (this.#begun === undefined) throw new SemcrcError('internal', 'a part ended before it began');
    const { whole, digest } = this.#begun;
    const items = partItems(this.part, whole.items.length).length;
    if (items === 0) return;
    const now = performance.now();
    const { user, system } = process.cpuUsage();
    const record: PartRecord = {
      schema: 'semcrc/part@1',
      part: this.part.index,
      of: this.part.of,
      whole: digest,
      items,
      outcome,
      resources: {
        made,
        beforeSeconds: (this.#ready - this.#opened) / 1000,
        seconds: (now - this.#ready) / 1000,
        processorSeconds: (user + system) / 1e6,
        peakBytes: process.resourceUsage().maxRSS * 1024,
      },
    };
    await writeFileAtomic(this.own('.json'), `${JSON.stringify(record)}\n`);
    this.#options.note(`${partText(this.part)} is done; ${this.#missing()}`);
  }

  /** Lets others have the part; what was not finished is to be done again, and goes on from what stands. */
  release(): void {
    for (const release of this.#releases.splice(0)) release();
  }

  /** Which items are this part's, in words. */
  #description(items: readonly number[]): string {
    const { whole } = this.#begun!;
    const total = `of ${whole.items.length}`;
    if (items.length === 0)
      return `${partText(this.part)}: no ${whole.noun}, for there are ${whole.items.length}`;
    const [first, last] = [items[0], items[items.length - 1]];
    const one = whole.noun.replace(/s$/, '');
    return first === last
      ? `${partText(this.part)}: ${one} ${first + 1} ${total}, ${whole.items[first]}`
      : `${partText(this.part)}: ${whole.noun} ${first + 1} to ${last + 1} ${total}, ${whole.items[first]} … ${whole.items[last]}`;
  }

  /** Which parts are still to be done, in words. */
  #missing(): string {
    const { whole, digest } = this.#begun!;
    const missing = neededParts(whole)
      .filter((part) => readRecord(this.#out, part, digest, whole.items.length).state !== 'done')
      .map(({ index }) => index);
    return missing.length === 0
      ? `all parts are done: semcrc merge ${this.#out}`
      : `missing: ${missing.length === 1 ? 'part' : 'parts'} ${numbersText(missing)}`;
  }

  #misfit(difference: string): SemcrcError {
    const folder = basename(partsFolder(this.#out));
    return new SemcrcError(
      'usage',
      `parts of ${this.#out} were begun otherwise: ${difference}; go on with the same command, choose another \`out\`, or remove ` +
        `${folder} and what was written to ${this.#out}`,
      { data: { directory: this.#out, difference, options: ['out', 'part'] } },
    );
  }
}
