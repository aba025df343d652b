// How good predictions and segmentations are, from the files that simulate and predict wrote: the truth is known.
import { readManifestTable } from '@semcrc/cohort/node';
import { abdomenWindow, windowIntensity } from '@semcrc/imaging';
import { readNifti } from '@semcrc/imaging/node';

/** Tail below the lower bound and above the upper one that the predictors were trained for. */
const ALPHA = 0.1;

/**
 * @typedef {object} Quality
 * @property {number} psnr dB of the point, mean over scans
 * @property {number} pinball mean loss of the two bounds
 * @property {number} coverage share of voxels inside the interval; nominal 0.8
 */

/**
 * Over the voxels of the body that is found in the point, mean over scans.
 * @param {string} manifest with columns ground_truth, lower, point, upper, body
 * @returns {Promise<Quality>}
 */
export async function imageQuality(manifest) {
  const scans = await columnsOf(manifest, ['ground_truth', 'lower', 'point', 'upper', 'body']);
  let psnr = 0;
  let pinball = 0;
  let coverage = 0;
  for (const { paths } of scans) {
    const [truth, lower, point, upper, body] = await Promise.all([
      readNifti(paths.ground_truth).then(({ volume }) => windowIntensity(volume, abdomenWindow).data),
      read(paths.lower),
      read(paths.point),
      read(paths.upper),
      read(paths.body),
    ]);
    let [voxels, square, loss, inside] = [0, 0, 0, 0];
    for (const [at, x] of truth.entries()) {
      if (body[at] === 0) continue;
      voxels += 1;
      square += (x - point[at]) ** 2;
      if (x >= lower[at] && x <= upper[at]) inside += 1;
      loss += (quantileLoss(x - lower[at], ALPHA) + quantileLoss(x - upper[at], 1 - ALPHA)) / 2;
    }
    psnr += 10 * Math.log10(voxels / square);
    pinball += loss / voxels;
    coverage += inside / voxels;
  }
  const n = scans.length;
  return { psnr: psnr / n, pinball: pinball / n, coverage: coverage / n };
}

/** @param {number} off truth less bound @param {number} level */
const quantileLoss = (off, level) => Math.max(level * off, (level - 1) * off);

/**
 * F1 of the segmentation against the true anatomy: mean over the organs that a scan has, then mean and deviation over scans.
 * @param {string} manifest with columns segmentation and anatomy
 * @returns {Promise<{ mean: number, sd: number }>}
 */
export async function segmentationQuality(manifest) {
  const scores = [];
  for (const { paths } of await columnsOf(manifest, ['segmentation', 'anatomy'])) {
    const [found, truth] = await Promise.all([read(paths.segmentation), read(paths.anatomy)]);
    const said = new Map();
    const is = new Map();
    const both = new Map();
    const count = (counts, label) => counts.set(label, (counts.get(label) ?? 0) + 1);
    for (const [at, label] of truth.entries()) {
      count(is, label);
      count(said, found[at]);
      if (label === found[at]) count(both, label);
    }
    const organs = [...is.keys()].filter((label) => label > 0);
    const f1 = organs.map((label) => (2 * (both.get(label) ?? 0)) / (is.get(label) + (said.get(label) ?? 0)));
    if (f1.length > 0) scores.push(mean(f1));
  }
  const average = mean(scores);
  return { mean: average, sd: Math.sqrt(mean(scores.map((score) => (score - average) ** 2))) };
}

/** @param {readonly number[]} values */
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** @param {string} path */
const read = async (path) => (await readNifti(path)).volume.data;

/** Paths of several columns, by scan. @param {string} manifest @param {readonly string[]} columns */
async function columnsOf(manifest, columns) {
  const scans = new Map();
  for (const column of columns) {
    const { rows } = await readManifestTable(manifest, column);
    for (const { scan, image } of rows) {
      if (!scans.has(scan)) scans.set(scan, { scan, paths: {} });
      scans.get(scan).paths[column] = image;
    }
  }
  return [...scans.values()];
}
