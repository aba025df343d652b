/** What is used of a `Blob`. */
interface BlobLike {
  /** Bytes. */
  readonly size: number;
  readonly type: string;
  slice(start?: number, end?: number): BlobLike;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** The platform's `Blob`; a structural one where a program is compiled without the platform's types. */
export type FileBlob = typeof globalThis extends { Blob: { prototype: infer Platform } }
  ? Platform
  : BlobLike;
