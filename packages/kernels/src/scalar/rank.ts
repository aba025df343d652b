import type { RankedLists } from '../columns.ts';

/** Twin of `rankLists`. */
export function rankLists(
  lists: readonly Float32Array[],
  tags: Uint32Array,
  tagCount: number,
  stride: number,
): RankedLists {
  const entries = lists.flatMap((values, list) =>
    Array.from(values, (value) => ({ value, tag: tags[list] })),
  );
  entries.sort((a, b) => (a.value < b.value ? -1 : a.value > b.value ? 1 : 0));
  const n = entries.length;
  const running = new Uint32Array(tagCount);
  const rows = [running.slice()];
  for (const [at, { tag }] of entries.entries()) {
    running[tag]++;
    if ((at + 1) % stride === 0 || at + 1 === n) rows.push(running.slice());
  }
  return {
    values: Float32Array.from(entries, ({ value }) => value),
    tags: (tagCount <= 0x10000 ? Uint16Array : Uint32Array).from(entries.map(({ tag }) => tag)),
    counts: Uint32Array.from(rows.flatMap((row) => [...row])),
  };
}
