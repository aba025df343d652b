// A cohort made for the figures that have to show how organs differ: a slice of an abdomen drawn from ellipses, and a
// predictor that blurs it and claims to be right to within the same few HU everywhere. How wrong it is depends on the
// organ: blur loses most at the rim of one that is unlike what lies around it, and inside one of coarse grain.
import { randomStream } from '@semcrc/core';

/** @typedef {import('./cohort.mjs').Cohort} Cohort */
/** @typedef {import('./cohort.mjs').Sample} Sample */
/**
 * An ellipse in a frame in which the slice reaches from −1 to 1, and what it holds.
 * @typedef {object} Part
 * @property {number} label
 * @property {number} hounsfield mean intensity
 * @property {number} grain half of the range, in HU, over which single voxels scatter
 * @property {readonly [x: number, y: number]} centre y grows towards the front
 * @property {readonly [x: number, y: number]} radii
 */

const SEED = 2025;
/** The intensity window, in HU. */
const [FLOOR, WINDOW] = [-175, 425];
/** Half of the width of every interval, in HU. */
const CLAIMED = 12;
/** By how much a scan's organs differ from the parts below: centres (frame), radii (share), intensities (HU). */
const VARIETY = { centre: 0.03, radius: 0.1, hounsfield: 15 };

const LABELS = {
  0: 'background',
  1: 'body',
  2: 'liver',
  3: 'spleen',
  4: 'kidneys',
  5: 'stomach',
  6: 'gallbladder',
  7: 'aorta',
};

/** In the order of painting, later over earlier. @type {readonly Part[]} */
const PARTS = [
  { label: 1, hounsfield: -105, grain: 20, centre: [0, 0], radii: [0.95, 0.76] },
  { label: 1, hounsfield: 50, grain: 30, centre: [0, 0], radii: [0.85, 0.66] },
  { label: 1, hounsfield: -95, grain: 25, centre: [0.05, 0.06], radii: [0.78, 0.54] },
  { label: 1, hounsfield: 200, grain: 45, centre: [0, -0.44], radii: [0.17, 0.15] },
  { label: 2, hounsfield: 110, grain: 26, centre: [-0.4, 0.12], radii: [0.37, 0.38] },
  { label: 6, hounsfield: 10, grain: 10, centre: [-0.24, 0.2], radii: [0.1, 0.13] },
  { label: 5, hounsfield: 40, grain: 60, centre: [0.24, 0.28], radii: [0.2, 0.16] },
  { label: 3, hounsfield: 125, grain: 20, centre: [0.62, 0.02], radii: [0.14, 0.26] },
  { label: 4, hounsfield: 190, grain: 38, centre: [-0.42, -0.36], radii: [0.14, 0.12] },
  { label: 4, hounsfield: 190, grain: 38, centre: [0.42, -0.34], radii: [0.14, 0.12] },
  { label: 7, hounsfield: 180, grain: 10, centre: [0.08, -0.2], radii: [0.075, 0.075] },
];

/**
 * Scans of one square slice each. Scan i depends on `side` and i alone.
 * @param {{ scans: number, side: number }} size `side` in voxels
 * @returns {Cohort}
 */
export function teachingCohort({ scans, side }) {
  const samples = new Map(
    Array.from({ length: scans }, (_, index) => {
      const sample = drawSample(index, side);
      return [sample.id, sample];
    }),
  );
  const ids = [...samples.keys()];
  return {
    ids,
    patients: ids,
    labels: LABELS,
    read: async (id) => {
      const sample = samples.get(id);
      if (!sample) throw new Error(`expected one of ${scans} scans, found ${id}`);
      return sample;
    },
  };
}

/** @param {number} index @param {number} side @returns {Sample} */
function drawSample(index, side) {
  const random = randomStream(SEED, index);
  const around = (/** @type {number} */ value, /** @type {number} */ reach) =>
    value + reach * (2 * random.uniform() - 1);
  const parts = PARTS.map(({ centre: [x, y], radii: [across, up], hounsfield, ...part }) => ({
    ...part,
    hounsfield: around(hounsfield, VARIETY.hounsfield),
    x: around(x, part.label === 1 ? 0 : VARIETY.centre),
    y: around(y, part.label === 1 ? 0 : VARIETY.centre),
    scale: part.label === 1 ? 1 : around(1, VARIETY.radius),
    across,
    up,
  }));
  const organs = new Uint8Array(side * side);
  const truth = new Float32Array(side * side);
  for (let voxel = 0; voxel < truth.length; voxel++) {
    const x = (2 * (voxel % side) + 1) / side - 1;
    const y = (2 * Math.floor(voxel / side) + 1) / side - 1;
    const part = parts.findLast(
      (p) => ((x - p.x) / p.across) ** 2 + ((y - p.y) / p.up) ** 2 <= p.scale * p.scale,
    );
    if (!part) continue;
    organs[voxel] = part.label;
    truth[voxel] = windowed((around(part.hounsfield, part.grain) - FLOOR) / WINDOW);
  }
  const point = blurred(truth, [side, side], 4);
  const id = `slice-${index}`;
  return {
    ...{ id, patient: id, shape: [1, side, side], truth, point, organs },
    lower: point.map((value) => windowed(value - CLAIMED / WINDOW)),
    upper: point.map((value) => windowed(value + CLAIMED / WINDOW)),
    mended: { clipped: 0, crossed: 0 },
  };
}

/** @param {number} value */
function windowed(value) {
  return Math.min(Math.max(value, 0), 1);
}

/**
 * Every slice under the mask (1 `middle` 1) along both axes, divided by its sum, edges repeated.
 * @param {Float32Array} values @param {readonly [height: number, width: number]} size @param {number} middle
 */
export function blurred(values, [height, width], middle) {
  const along = (
    /** @type {Float32Array} */ from,
    /** @type {number} */ stride,
    /** @type {number} */ length,
  ) =>
    from.map((value, voxel) => {
      const place = Math.floor(voxel / stride) % length;
      const before = from[place > 0 ? voxel - stride : voxel];
      const after = from[place < length - 1 ? voxel + stride : voxel];
      return (before + middle * value + after) / (middle + 2);
    });
  return along(along(values, 1, width), width, height);
}
