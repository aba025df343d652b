import type { PartRecord } from '@semcrc/core';
import { isLocked, readHolder } from './folder-lock.ts';
import { type Part, partRange } from './part.ts';
import { neededParts, partPlace, readRecord, readWhole, type Whole } from './parts-folder.ts';

/** How far a part has come. */
export interface PartState {
  readonly part: Part;
  /** `foreign`: a record stands there that is damaged, or of another part or whole. */
  readonly state: 'done' | 'running' | 'missing' | 'foreign';
  /** First and last item. */
  readonly first: string;
  readonly last: string;
  readonly items: number;
  /** Who does it, or why its record is none. */
  readonly remark: string | null;
  readonly resources: PartRecord['resources'] | null;
}

/** The parts of an output that have items, and the whole they make. */
export interface PartsState {
  readonly whole: Whole;
  readonly parts: readonly PartState[];
}

/**
 * How far the parts of an output have come. Nothing is changed, and nothing needs to be writable.
 *
 * @throws SemcrcError `bad-input` where there are no parts, or what says what they are is damaged
 */
export async function readPartsState(out: string): Promise<PartsState> {
  const { whole, digest } = readWhole(out);
  const parts: PartState[] = [];
  for (const part of neededParts(whole)) {
    const [begin, end] = partRange(part, whole.items.length);
    const found = readRecord(out, part, digest, whole.items.length);
    const { lockFile } = partPlace(out, part);
    const running = await isLocked(lockFile);
    const holder = running ? readHolder(lockFile) : undefined;
    const said = found.state === 'foreign' ? found.reason : null;
    parts.push({
      part,
      state: running ? 'running' : found.state === 'none' ? 'missing' : found.state,
      first: whole.items[begin],
      last: whole.items[end - 1],
      items: end - begin,
      remark: holder ? `process ${holder.pid} on ${holder.host}, since ${holder.since}` : said,
      resources: found.state === 'done' ? found.record.resources : null,
    });
  }
  return { whole, parts };
}
