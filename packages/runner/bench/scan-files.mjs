// Scans as files, as somebody's predictor leaves them: drawn once, kept for later runs.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeVolume } from '@semcrc/imaging';
import { writeNifti } from '@semcrc/imaging/node';
import { acquire, mergeBody, phantomAcquisition, phantomPopulation, windowed } from '@semcrc/simulate';

const folder = process.env.SEMCRC_BENCH_DIR ?? join(tmpdir(), 'semcrc-bench');

/** Slices, height, width. */
export const scanShape = [200, 256, 256];

/** The six volumes of a scan, by their column of a manifest. */
export const volumes = ['ground_truth', 'lower', 'upper', 'point', 'segmentation', 'body'];

/** In the order of a CT scanner: x to the left, y to the back, 1.5 mm. */
const affine = [-1.5, 0, 0, 190, 0, -1.5, 0, 170, 0, 0, 1.5, -400, 0, 0, 0, 1];

/** Air has noise, too: without it a CT would deflate better than any scanner's. */
function hounsfield(truth, index) {
  let hash = Math.imul(index ^ (index >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  const noise = ((hash >>> 16) / 65536 - 0.5) * 30;
  return Math.round((truth === 0 ? -1000 : 425 * truth - 175) + noise);
}

/**
 * Writes phantom scans as .nii.gz files, unless they are there already: the CT as int16, labels and body mask as uint8, predictions
 * as `float32` (as a network's output is saved) or as `int16` steps of 1e-4.
 *
 * @param {number} count
 * @param {'float32' | 'int16'} predictions
 * @returns {Promise<{ path: string, folders: readonly string[] }>}
 */
export async function scanFiles(count, predictions) {
  const path = join(folder, `scans-${scanShape.join('x')}-${predictions}`);
  const population = phantomPopulation(scanShape, [1.5, 1.5, 1.5]);
  const folders = Array.from({ length: count }, (_, index) => join(path, `phantom-${index}`));
  for (const [index, place] of folders.entries()) {
    if (existsSync(place)) continue;
    const draft = `${place}.draft`;
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(draft, { recursive: true });
    const scan = await acquire(population.draw(0, index), { seed: 0, index }, phantomAcquisition());
    const { lower, upper, point } = scan;
    const truth = windowed(scan.truth).data;
    const organs = mergeBody(scan.segmentation, scan.body);
    const write = (name, data, options) =>
      writeNifti(join(draft, `${name}.nii.gz`), makeVolume(data, scanShape, affine), {
        level: 1,
        ...options,
      });
    const stored =
      predictions === 'float32' ? { datatype: 'float32' } : { datatype: 'int16', slope: 1e-4, inter: 0 };
    await write('ground_truth', truth.map(hounsfield), { datatype: 'int16' });
    await write('lower', lower, stored);
    await write('upper', upper, stored);
    await write('point', point, stored);
    // Groups are canonical: the number of an organ in SuPreM's scheme and one more; body and background come first.
    await write(
      'segmentation',
      Uint16Array.from(organs, (group) => Math.max(0, group - 1)),
      {},
    );
    await write(
      'body',
      Uint16Array.from(organs, (group) => Math.min(1, group)),
      {},
    );
    renameSync(draft, place);
  }
  return { path, folders };
}

/**
 * Writes a manifest that lists the scans over and over until it has `count`.
 *
 * @param {string} path
 * @param {readonly string[]} folders
 * @param {number} count
 */
export function writeManifest(path, folders, count) {
  const rows = Array.from({ length: count }, (_, index) =>
    [`s${index}`, ...volumes.map((name) => join(folders[index % folders.length], `${name}.nii.gz`))].join(
      ',',
    ),
  );
  writeFileSync(path, `scan,${volumes.join(',')}\n${rows.join('\n')}\n`);
}

/** Reads every file once, so that the page cache holds it. @param {readonly string[]} folders */
export function warmFiles(folders) {
  for (const folder of folders) for (const name of volumes) readFileSync(join(folder, `${name}.nii.gz`));
}
