import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SemcrcError } from '@semcrc/kernels';
import { afterAll, expect } from 'vitest';

const codes = { uint8: [2, 1], int16: [4, 2], float32: [16, 4], float64: [64, 8] } as const;

/** What a crafted NIfTI-1 file should hold; sound unless `patch` spoils it. */
export interface Recipe {
  readonly shape?: readonly number[];
  readonly datatype?: keyof typeof codes;
  /** One number per voxel; counts up from 0 when left out. */
  readonly values?: readonly number[];
  readonly slope?: number;
  readonly inter?: number;
  /** Bytes between the extension flag and the voxels; the flag is set when there are any. */
  readonly extensions?: Uint8Array;
  /** Last changes to the bytes. */
  readonly patch?: (view: DataView) => void;
}

/** The bytes of a little-endian NIfTI-1 file with the identity as sform. */
export function craft(recipe: Recipe = {}): Uint8Array<ArrayBuffer> {
  const {
    shape = [2, 3, 4],
    datatype = 'uint8',
    slope = 1,
    inter = 0,
    extensions = new Uint8Array(0),
  } = recipe;
  const [code, size] = codes[datatype];
  const voxels = shape.reduce((a, b) => a * b, 1);
  const values = recipe.values ?? Array.from({ length: voxels }, (_, i) => i);
  const offset = 352 + extensions.length;
  const bytes = new Uint8Array(offset + values.length * size);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, 348, true);
  view.setInt16(40, shape.length, true);
  shape.forEach((n, i) => {
    view.setInt16(42 + 2 * i, n, true);
  });
  view.setInt16(70, code, true);
  view.setInt16(72, size * 8, true);
  for (let i = 0; i < 8; i++) view.setFloat32(76 + 4 * i, 1, true);
  view.setFloat32(108, offset, true);
  view.setFloat32(112, slope, true);
  view.setFloat32(116, inter, true);
  view.setInt16(254, 1, true);
  for (const row of [0, 1, 2]) view.setFloat32(280 + 16 * row + 4 * row, 1, true);
  bytes.set([0x6e, 0x2b, 0x31, 0], 344);
  if (extensions.length > 0) bytes[348] = 1;
  bytes.set(extensions, 352);
  values.forEach((v, i) => {
    if (datatype === 'uint8') view.setUint8(offset + i, v);
    else if (datatype === 'int16') view.setInt16(offset + 2 * i, v, true);
    else if (datatype === 'float32') view.setFloat32(offset + 4 * i, v, true);
    else view.setFloat64(offset + 8 * i, v, true);
  });
  recipe.patch?.(view);
  return bytes;
}

/** A folder for the files of one test file; `write` puts bytes there and returns the path. */
export function scratch(): { folder: string; write: (name: string, bytes: Uint8Array) => string } {
  const folder = mkdtempSync(join(tmpdir(), 'semcrc-imaging-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return {
    folder,
    write: (name, bytes) => {
      const path = join(folder, name);
      writeFileSync(path, bytes);
      return path;
    },
  };
}

/** Asserts that `attempt` fails with a SemcrcError of this code whose message matches every pattern. */
export async function expectRefusal(
  attempt: Promise<unknown>,
  code: SemcrcError['code'],
  ...patterns: readonly RegExp[]
): Promise<void> {
  const error = await attempt.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error, 'expected a refusal').toBeInstanceOf(SemcrcError);
  expect((error as SemcrcError).code).toBe(code);
  for (const pattern of patterns) expect((error as SemcrcError).message).toMatch(pattern);
}
