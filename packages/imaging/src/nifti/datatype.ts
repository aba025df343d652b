/** The data types of NIfTI that hold one real number per voxel. */
export type NiftiDatatype =
  | 'uint8'
  | 'int8'
  | 'uint16'
  | 'int16'
  | 'uint32'
  | 'int32'
  | 'uint64'
  | 'int64'
  | 'float32'
  | 'float64';

interface DatatypeFacts {
  readonly code: number;
  readonly bytes: number;
}

/** Code in the header and bytes per voxel of each readable data type. */
export const datatypes: Readonly<Record<NiftiDatatype, DatatypeFacts>> = {
  uint8: { code: 2, bytes: 1 },
  int16: { code: 4, bytes: 2 },
  int32: { code: 8, bytes: 4 },
  float32: { code: 16, bytes: 4 },
  float64: { code: 64, bytes: 8 },
  int8: { code: 256, bytes: 1 },
  uint16: { code: 512, bytes: 2 },
  uint32: { code: 768, bytes: 4 },
  int64: { code: 1024, bytes: 8 },
  uint64: { code: 1280, bytes: 8 },
};

/** The array that holds stored values of each data type. */
export const storedArrays = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  uint64: BigUint64Array,
  int64: BigInt64Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

const unreadable: Readonly<Record<number, string>> = {
  1: 'binary',
  32: 'complex64',
  128: 'RGB24',
  1536: 'float128',
  1792: 'complex128',
  2048: 'complex256',
  2304: 'RGBA32',
};

/** The data type of a header's code, or null for one that semcrc does not read. */
export function datatypeOf(code: number): NiftiDatatype | null {
  const found = Object.entries(datatypes).find(([, facts]) => facts.code === code);
  return found === undefined ? null : (found[0] as NiftiDatatype);
}

/** What a code stands for, in words, for messages. */
export function datatypeName(code: number): string {
  return datatypeOf(code) ?? unreadable[code] ?? 'unknown';
}
