type VoxelArray = Float64Array | Float32Array | Uint32Array | Uint16Array | Uint8Array;

/** Whether threads can see the same memory; a page must be cross-origin isolated for that. */
export function canShare(): boolean {
  return globalThis.SharedArrayBuffer !== undefined;
}

/** A block of memory that all threads see; an ordinary one where memory cannot be shared. */
export function allocateShared(bytes: number): ArrayBufferLike {
  return canShare() ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);
}

/**
 * The same value with every typed array in it moved to one block of memory that all threads see, so that handing it on
 * copies nothing. Looks into plain objects and arrays. Where memory cannot be shared the block is an ordinary one and is
 * copied once to each worker.
 */
export function toSharedMemory<T>(value: T): T {
  const parts: VoxelArray[] = [];
  collect(value, parts);
  const bytes = parts.reduce((sum, part) => sum + aligned(part.byteLength), 0);
  const buffer = allocateShared(bytes);
  const moved = new Map<VoxelArray, VoxelArray>();
  let start = 0;
  for (const part of parts) {
    const copy = new (
      part.constructor as new (
        block: ArrayBufferLike,
        at: number,
        length: number,
      ) => VoxelArray
    )(buffer, start, part.length);
    copy.set(part);
    moved.set(part, copy);
    start += aligned(part.byteLength);
  }
  return replaced(value, moved) as T;
}

/** Bytes of every typed array in a value. */
export function arrayBytes(value: unknown): number {
  const parts: VoxelArray[] = [];
  collect(value, parts);
  return parts.reduce((sum, part) => sum + part.byteLength, 0);
}

/** The next multiple of 8: where an array of any of these types may begin. */
function aligned(bytes: number): number {
  return (bytes + 7) & ~7;
}

function collect(value: unknown, into: VoxelArray[]): void {
  if (ArrayBuffer.isView(value)) into.push(value as VoxelArray);
  else if (typeof value === 'object' && value !== null)
    for (const one of Object.values(value)) collect(one, into);
}

function replaced(value: unknown, moved: ReadonlyMap<VoxelArray, VoxelArray>): unknown {
  if (ArrayBuffer.isView(value)) return moved.get(value as VoxelArray);
  if (Array.isArray(value)) return value.map((one) => replaced(one, moved));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, replaced(one, moved)]));
}
