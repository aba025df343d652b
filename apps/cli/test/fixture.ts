import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** NIfTI data type codes that the fixtures use. */
export const DATA_TYPES = { u8: 2, i16: 4, f32: 16 } as const;

export interface NiftiParts {
  readonly dims: readonly number[];
  readonly type: keyof typeof DATA_TYPES;
  values: ArrayLike<number>;
  readonly slope?: number;
  readonly inter?: number;
  readonly magic?: string;
  /** Millimetres from the origin to the first voxel, along x. */
  readonly shift?: number;
}

/** A little-endian NIfTI-1 file, axis-aligned at 3 mm. */
export function niftiBytes({
  dims,
  type,
  values,
  slope = 1,
  inter = 0,
  magic = 'n+1',
  shift = 0,
}: NiftiParts): Buffer {
  const width = type === 'u8' ? 1 : type === 'i16' ? 2 : 4;
  const bytes = Buffer.alloc(352 + values.length * width);
  bytes.writeInt32LE(348, 0);
  bytes.writeInt16LE(dims.length, 40);
  for (let axis = 1; axis <= 7; axis++) bytes.writeInt16LE(dims[axis - 1] ?? 1, 40 + 2 * axis);
  bytes.writeInt16LE(DATA_TYPES[type], 70);
  bytes.writeInt16LE(8 * width, 72);
  for (let axis = 0; axis < 4; axis++) bytes.writeFloatLE(axis === 0 ? 1 : 3, 76 + 4 * axis);
  bytes.writeFloatLE(352, 108);
  bytes.writeFloatLE(slope, 112);
  bytes.writeFloatLE(inter, 116);
  bytes.writeInt16LE(1, 254);
  bytes.writeFloatLE(3, 280);
  bytes.writeFloatLE(shift, 292);
  bytes.writeFloatLE(3, 300);
  bytes.writeFloatLE(3, 320);
  bytes.write(magic, 344, 'latin1');
  for (let i = 0; i < values.length; i++) {
    const at = 352 + i * width;
    if (type === 'u8') bytes.writeUInt8(values[i]!, at);
    else if (type === 'i16') bytes.writeInt16LE(values[i]!, at);
    else bytes.writeFloatLE(values[i]!, at);
  }
  return bytes;
}

/** x, y, z of every fixture volume. */
export const DIMS = [8, 6, 4] as const;
const VOXELS = DIMS[0] * DIMS[1] * DIMS[2];

/** The files of one fixture scan, before they are written; a test spoils one of them. */
export interface ScanParts {
  truth: NiftiParts;
  lower: NiftiParts;
  upper: NiftiParts;
  segmentation: NiftiParts;
}

/** A small scan: truth in HU, an interval about it that misses about one voxel in five, SuPreM labels 0, 1, 6, 17. */
export function scanParts(seed: number): ScanParts {
  let state = seed * 2654435761 + 1;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const hounsfield = Array.from({ length: VOXELS }, () => Math.round(-150 + 350 * uniform()));
  const centre = hounsfield.map((value) => (value + 175) / 425 + 0.1 * (uniform() - 0.5));
  return {
    truth: { dims: DIMS, type: 'i16', values: hounsfield },
    lower: { dims: DIMS, type: 'f32', values: centre.map((value) => value - 0.04) },
    upper: { dims: DIMS, type: 'f32', values: centre.map((value) => value + 0.04) },
    segmentation: { dims: DIMS, type: 'u8', values: hounsfield.map((_, i) => [0, 1, 6, 17][(i >> 3) % 4]!) },
  };
}

export function writeGz(path: string, bytes: Uint8Array): void {
  writeFileSync(path, gzipSync(bytes, { level: 1 }));
}

/** The scan that tests spoil. */
export const SPOILED = 's03';

/**
 * Writes a cohort of small scans s00, s01 … with its manifest.csv and returns the manifest's path.
 *
 * @param spoil changes the parts of scan s03 before they are written; `every` those of each scan.
 */
export function writeCohort(
  directory: string,
  options: {
    readonly scans?: number;
    /** Number of the first scan drawn: other numbers, other scans. */
    readonly from?: number;
    readonly spoil?: (parts: ScanParts) => void;
    readonly every?: (parts: ScanParts) => void;
  } = {},
): string {
  const rows = ['scan,ground_truth,lower,upper,segmentation'];
  for (let index = 0; index < (options.scans ?? 12); index++) {
    const scan = `s${String(index).padStart(2, '0')}`;
    mkdirSync(join(directory, scan), { recursive: true });
    const parts = scanParts((options.from ?? 0) + index);
    options.every?.(parts);
    if (scan === SPOILED) options.spoil?.(parts);
    for (const [name, part] of Object.entries(parts)) {
      writeGz(join(directory, scan, `${name}.nii.gz`), niftiBytes(part));
    }
    rows.push([scan, ...Object.keys(parts).map((name) => `${scan}/${name}.nii.gz`)].join(','));
  }
  const manifest = join(directory, 'manifest.csv');
  writeFileSync(manifest, `${rows.join('\n')}\n`);
  return manifest;
}

/** Sizes that fit the fixture cohort of twelve scans, and all that a calibration of it takes. */
export const SIZES = ['--n-opt', '2', '--n-cal', '9', '--n-test', '3'] as const;
export const FITTING = ['--labels', 'suprem', ...SIZES, '--epsilon', '0.2', '--workers', '1'] as const;
