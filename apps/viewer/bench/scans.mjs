// Calibrations, and scans of the sizes that the page is measured at, as files.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeVolume } from '@semcrc/imaging';
import { readNifti, writeNifti } from '@semcrc/imaging/node';

const MAIN = fileURLToPath(new URL('../../cli/dist/main.js', import.meta.url));
const ROLES = ['lower', 'upper', 'point', 'segmentation', 'body'];
const PROCEDURES = ['sem-crc', 'shortest'];

/** Runs the command in a folder. */
export function semcrc(folder, args) {
  execFileSync(process.execPath, [MAIN, ...args], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
}

/** Writes `sem-crc.json` and `shortest.json`, each with the curve that the page's slider walks over. */
export function writeCalibrations(folder) {
  const size = ['--size', '64,64,6', '--spacing', '6,6,10'];
  semcrc(folder, ['simulate', 'phantom', '--scans', '24', '--seed', '5', ...size, '--out', 'cohort']);
  const source = ['cohort/manifest.csv', '--labels', 'suprem', '--prepare', 'none'];
  const sizes = ['--n-opt', '6', '--n-cal', '20', '--n-test', '4', '--curve', '0.05:0.3:0.05'];
  for (const procedure of PROCEDURES) {
    semcrc(folder, [
      'calibrate',
      ...source,
      '--procedure',
      procedure,
      ...sizes,
      '--out',
      `${procedure}.json`,
    ]);
  }
  return PROCEDURES.map((procedure) => join(folder, `${procedure}.json`));
}

/** A phantom of 200 × 256 × 256 voxels of 1.5 mm, drawn once on this machine: paths by role, the CT's as `truth`. */
export function wholeScan() {
  const folder = join(process.env.SEMCRC_BENCH_DIR ?? join(tmpdir(), 'semcrc-bench'), 'page-scan');
  mkdirSync(folder, { recursive: true });
  const size = ['--size', '256,256,200', '--spacing', '1.5,1.5,1.5'];
  // Done before, it only says so.
  semcrc(folder, ['simulate', 'phantom', '--scans', '1', '--seed', '1', ...size, '--out', 'drawn']);
  const scans = join(folder, 'drawn', 'scans');
  const path = (name) => join(scans, readdirSync(scans)[0], `${name}.nii.gz`);
  return { ...Object.fromEntries(ROLES.map((role) => [role, path(role)])), truth: path('ct') };
}

/** Some slices of a scan from the middle, every `step`th voxel within them: paths by role. */
export async function cut(scan, folder, { slices, step }) {
  mkdirSync(folder, { recursive: true });
  const paths = {};
  for (const [role, path] of Object.entries(scan)) {
    const { data, shape, affine } = (await readNifti(path)).volume;
    const [depth, height, width] = shape;
    const [rows, columns] = [Math.ceil(height / step), Math.ceil(width / step)];
    const first = (depth - slices) >> 1;
    const isLabels = role === 'segmentation' || role === 'body';
    const part = new (isLabels ? Uint16Array : Float32Array)(slices * rows * columns);
    for (let z = 0, at = 0; z < slices; z++) {
      for (let y = 0; y < height; y += step) {
        for (let x = 0; x < width; x += step) part[at++] = data[((first + z) * height + y) * width + x];
      }
    }
    const own = affine.map((value, at) => (at % 4 < 2 ? value * step : value));
    // By the names that the page knows.
    paths[role] = join(folder, `${role === 'truth' ? 'ct' : role}.nii.gz`);
    await writeNifti(paths[role], makeVolume(part, [slices, rows, columns], own), { level: 1 });
  }
  return paths;
}
