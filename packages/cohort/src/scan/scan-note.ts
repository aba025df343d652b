/** What is worth knowing of a scan and no error; plain data, so that workers can return it. */
export interface ScanNote {
  readonly kind: NoteKind;
  readonly scan: string;
  readonly file: string;
  /** A sentence that names scan and file. */
  readonly message: string;
}

/** Kinds of notes, to count those that many scans share. */
export type NoteKind =
  | 'oblique'
  | 'voxel-order'
  | 'two-affines'
  | 'unit'
  | 'rounded-labels'
  | 'odd-units'
  | 'same-files';

/** Called with every note. */
export type TakeNote = (note: ScanNote) => void;

/** One sentence for every kind among some notes: the first of it, and how many more there are. */
export function describeNotes(notes: readonly ScanNote[]): readonly string[] {
  const byKind = new Map<NoteKind, ScanNote[]>();
  for (const note of notes) byKind.set(note.kind, [...(byKind.get(note.kind) ?? []), note]);
  return [...byKind.values()].map(([first, ...more]) => {
    const { message } = first as ScanNote;
    return more.length === 0 ? message : `${message} (and ${more.length} more like it)`;
  });
}
