/** What is worth knowing of a scan and no error; plain data, so that workers can return it. */
export interface ScanNote {
  readonly kind: NoteKind;
  readonly scan: string;
  readonly file: string;
  /** A sentence that names scan and file. */
  readonly message: string;
  /** Of the kind `labels`: what the segmentation holds. It is judged over all scans, and says nothing of its own. */
  readonly census?: LabelCensus;
}

/** Kinds of notes, to count those that many scans share. */
export type NoteKind =
  | 'oblique'
  | 'voxel-order'
  | 'two-affines'
  | 'unit'
  | 'rounded-labels'
  | 'odd-units'
  | 'same-files'
  | 'labels';

/** Called with every note. */
export type TakeNote = (note: ScanNote) => void;

/** How much of each label number a segmentation holds, as its file numbers them. */
export interface LabelCensus {
  /** Millilitres by label number, of a sample of the voxels; background left out. */
  readonly millilitres: Readonly<Record<string, number>>;
  /** Largest extent of the volume along an axis, mm. */
  readonly height: number;
  /** Number → name of the scheme the file was read by. */
  readonly names: Readonly<Record<string, string>>;
  readonly scheme: string;
}
