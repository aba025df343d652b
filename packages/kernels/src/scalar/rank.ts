import type { RankedLists } from '../columns.ts';

/** Twin of `rankLists`. */
export function rankLists(lists: readonly Float32Array[], stride: number): RankedLists {
  const entries = lists.flatMap((values, list) => Array.from(values, (value) => ({ value, list })));
  entries.sort((a, b) => (a.value < b.value ? -1 : a.value > b.value ? 1 : 0));
  const n = entries.length;
  const running = new Uint32Array(lists.length);
  const rows = [running.slice()];
  for (const [at, { list }] of entries.entries()) {
    running[list]++;
    if ((at + 1) % stride === 0 || at + 1 === n) rows.push(running.slice());
  }
  return {
    list: (lists.length <= 0x10000 ? Uint16Array : Uint32Array).from(entries.map(({ list }) => list)),
    counts: Uint32Array.from(rows.flatMap((row) => [...row])),
  };
}
