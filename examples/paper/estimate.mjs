// How long a scan of the experiment would take, told in seconds from smaller ones.
import { makeVolume, rasGrid } from '@semcrc/imaging';
import { readNifti } from '@semcrc/imaging/node';
import { openNetwork, predictScan, segmentScan } from '@semcrc/predict';
import { nodeRuntime, readShippedNetwork } from '@semcrc/predict/node';
import { semcrc } from './stages.mjs';

/** Voxels of a scan that is simulated on trial: enough that what does not grow with voxels counts little. */
const TRIAL_VOXELS = 800_000;
/** Slices of one through which the networks are timed. */
const TRIAL_SLICES = 4;

/**
 * Seconds of one core for a scan.
 *
 * A scan is simulated and scanned with larger voxels, and its time multiplied by the voxels that it lacks. Networks take
 * windows of fixed size in slices, so that their time is that of a few slices of full size, times the slices.
 *
 * @param {import('./scales.mjs').Grid} grid of the scan
 * @param {(grid: import('./scales.mjs').Grid) => readonly string[]} simulating arguments of `simulate`: patients on a grid
 * @param {{ task: string, network: string }} task
 * @returns {Promise<{ making: number, predicting: number }>}
 */
export async function estimateScan({ size, spacing }, simulating, { task, network }) {
  const coarser = Math.max(1, Math.cbrt(product(size) / TRIAL_VOXELS));
  const coarse = {
    size: size.map((voxels) => Math.round(voxels / coarser)),
    spacing: spacing.map((side) => side * coarser),
  };
  const making = await trial([...simulating(coarse), '--task', task, '--predictor', 'none']);
  return {
    making: (making * product(size)) / product(coarse.size),
    predicting: (await predictingSlices(size, network)) * (size[2] / TRIAL_SLICES),
  };
}

/** Seconds that slices take through a network of images and the one that names organs. */
async function predictingSlices([width, height], name) {
  const runtime = await nodeRuntime();
  const images = await openNetwork(await readShippedNetwork(name), runtime);
  const organs = await openNetwork(await readShippedNetwork('organs'), runtime);
  const options = { units: 'window', file: 'trial' };
  let seconds = 0;
  // The first round also warms the code up; the second tells the time.
  for (let round = 0; round < 2; round++) {
    const voxels = new Float32Array(width * height * TRIAL_SLICES).fill(0.5);
    const scan = makeVolume(
      voxels,
      [TRIAL_SLICES, height, width],
      [3, 0, 0, 0, 0, 3, 0, 0, 0, 0, 3, 0, 0, 0, 0, 1],
    );
    const started = process.cpuUsage();
    const { point } = await predictScan(images, scan, options);
    await segmentScan(organs, point, options);
    const { user, system } = process.cpuUsage(started);
    seconds = (user + system) / 1e6;
  }
  await Promise.all([images.close(), organs.close()]);
  return seconds;
}

/** The grid of a template, on which its warps stand. @param {string} file */
export async function templateGrid(file) {
  const { shape, spacing } = rasGrid((await readNifti(file)).volume);
  return { size: [...shape].reverse(), spacing };
}

/** Seconds of one core for a scan. @param {readonly string[]} args of `simulate` */
async function trial(args) {
  const { stdout } = await semcrc(['simulate', ...args, '-n', '2', '--dry-run', '--json']);
  return JSON.parse(stdout).perScan;
}

/** @param {readonly number[]} values */
function product(values) {
  return values.reduce((so, value) => so * value, 1);
}
