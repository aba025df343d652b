// How large the experiment is. `small` fits a laptop and a coffee, `paper` has the paper's numbers and wants a cluster, `tiny` is for the test.

/**
 * @typedef {object} Grid
 * @property {readonly number[]} size voxels along x, y, z
 * @property {readonly number[]} spacing sides of a voxel, mm
 */

/**
 * @typedef {object} Scale
 * @property {number} patients of each cohort
 * @property {number} seed of patients and noise; networks that ship learned from others
 * @property {Grid} phantom grid of the phantoms
 * @property {readonly string[]} prepare how slices are chosen, as options of `prepare`
 * @property {readonly string[]} experiment splits and runs, as options of `experiment`
 */

/** @type {Readonly<Record<string, Scale>>} */
export const SCALES = {
  tiny: {
    patients: 6,
    seed: 20,
    phantom: { size: [40, 36, 10], spacing: [9, 9, 3] },
    prepare: [
      '--window-slices',
      '6',
      '--margin',
      '2',
      '--least-labelled',
      '0',
      '--size',
      '40,40',
      '--slices',
      '2',
    ],
    experiment: ['--n-opt', '2', '--n-cal', '5', '--n-test', '1', '--runs', '2', '--epsilon', '0.25'],
  },
  small: {
    patients: 40,
    seed: 20,
    phantom: { size: [122, 101, 30], spacing: [3, 3, 3] },
    prepare: ['--window-slices', '16', '--margin', '4', '--least-labelled', '0', '--size', '128,128'],
    experiment: ['--n-opt', '8', '--n-cal', '32', '--n-test', '8', '--runs', '20'],
  },
  // n of the paper; its windows of 48 slices want scans of 68 at least.
  paper: {
    patients: 640,
    seed: 20,
    phantom: { size: [256, 256, 96], spacing: [1.5, 1.5, 1.5] },
    prepare: [],
    experiment: ['--n-opt', '32', '--n-cal', '512', '--n-test', '128', '--runs', '20'],
  },
};

/** The paper's two tasks: what `simulate` measures, and which network predicts from it. */
export const TASKS = [
  { name: 'denoising', task: 'denoising', network: 'denoising', title: 'Denoising' },
  { name: 'fbp', task: 'reconstruction', network: 'fbp', title: 'FBP-UNet' },
];
