import type { NoteKind, ScanNote, TakeNote } from '@semcrc/core';
import { doubtsOfScheme } from './label-census.ts';

export type { NoteKind, ScanNote, TakeNote };

/** One sentence for every kind among some notes: the first of it, and how many more there are; what a census makes doubtful. */
export function describeNotes(notes: readonly ScanNote[]): readonly string[] {
  const byKind = new Map<NoteKind, ScanNote[]>();
  const censuses = notes.flatMap(({ census }) => (census === undefined ? [] : [census]));
  for (const note of notes)
    if (note.census === undefined) byKind.set(note.kind, [...(byKind.get(note.kind) ?? []), note]);
  const sentences = [...byKind.values()].map(([first, ...more]) => {
    const { message } = first as ScanNote;
    return more.length === 0 ? message : `${message} (and ${more.length} more like it)`;
  });
  return [...sentences, ...doubtsOfScheme(censuses)];
}
