import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type PlainFile, writeNifti } from './plain-nifti.ts';
import { uniform } from './random-cohort.ts';

export const SIZE = [5, 4, 3] as const;
export const VOXELS = 60;

/** One scan's files, to be changed by a test before they are written. */
export interface PlainScan {
  ct: PlainFile;
  lower: PlainFile;
  upper: PlainFile;
  seg: PlainFile;
  body?: PlainFile;
  point?: PlainFile;
  measurement?: PlainFile;
}

/** A scan in HU with predictions around it and labels 0..11, SuPreM's first. */
export function plainScan(seed: number): PlainScan {
  const next = uniform(seed);
  const hu = Int16Array.from({ length: VOXELS }, () => Math.floor(next() * 600) - 250);
  const windowed = Float32Array.from(hu, (value) => Math.min(1, Math.max(0, (value + 175) / 425)));
  const file = (type: PlainFile['type'], values: ArrayLike<number>): PlainFile => ({
    size: SIZE,
    type,
    values,
  });
  return {
    ct: file('int16', hu),
    lower: file(
      'float32',
      windowed.map((value) => Math.max(0, value - 0.1 * next())),
    ),
    upper: file(
      'float32',
      windowed.map((value) => Math.min(1, value + 0.1 * next())),
    ),
    seg: file(
      'uint8',
      Uint8Array.from({ length: VOXELS }, () => Math.floor(next() * 12)),
    ),
  };
}

const COLUMNS = {
  ct: 'ground_truth',
  lower: 'lower',
  upper: 'upper',
  seg: 'segmentation',
  body: 'body',
  point: 'point',
  measurement: 'measurement',
};

/** Writes scans and the manifest that lists them into a folder; returns the manifest's path. */
export function writeCohort(folder: string, scans: readonly PlainScan[]): string {
  mkdirSync(folder, { recursive: true });
  const columns = Object.entries(COLUMNS).filter(([key]) => key in (scans[0] as PlainScan));
  const lines = [['scan', ...columns.map(([, column]) => column)].join(',')];
  scans.forEach((scan, index) => {
    mkdirSync(join(folder, `s${index}`), { recursive: true });
    const paths = columns.map(([key]) => {
      const path = `s${index}/${key}.nii.gz`;
      writeNifti(join(folder, path), scan[key as keyof PlainScan] as PlainFile);
      return path;
    });
    lines.push([`s${index}`, ...paths].join(','));
  });
  const manifest = join(folder, 'manifest.csv');
  writeFileSync(manifest, `${lines.join('\n')}\n`);
  return manifest;
}
