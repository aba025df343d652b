// One profile of intensities with the intervals of four heuristics at their λ̂.
import { applyLambda, intervalOf, PAPER_OPTIONS } from '@semcrc/core';
import { drawPhantom, phantomAcquisition } from '@semcrc/simulate';
import { heading, INK, key, Panel, picture, ticks } from './chart.mjs';
import { fitted, HU, kernels, phantom } from './cohort.mjs';
import { blurred } from './teaching.mjs';

const HEURISTICS = /** @type {const} */ (['quantile', 'mse', 'multiplicative', 'std']);
/** Members of an ensemble of predictors: each blurs the measurement once more than the one before. */
const MEMBERS = 5;
const MODEL = { seed: 0, shape: /** @type {const} */ ([4, 112, 112]), organs: /** @type {const} */ ('nine') };

/** The phantom with the standard deviation of an ensemble's predictions, around their mean as the point. */
const ensemble = {
  ...phantom,
  read: async (/** @type {string} */ id) => {
    const sample = await phantom.read(id);
    const { measurement } = await drawPhantom(MODEL, phantom.ids.indexOf(id), phantomAcquisition());
    return { ...sample, ...ensembleOf(measurement) };
  },
};

export async function drawHeuristics() {
  const panels = [];
  for (const [i, heuristic] of HEURISTICS.entries()) {
    const options = { ...PAPER_OPTIONS, heuristic };
    const cohort = heuristic === 'std' ? ensemble : phantom;
    const { fits, split } = await fitted(cohort, ['crc'], options);
    const sample = await cohort.read(split.test[0]);
    const [, height, width] = sample.shape;
    const row = (2 * height + Math.floor(height / 2)) * width;
    const calibrated = applyLambda(kernels, intervalOf(sample, options), sample.organs, fits[0]);
    const hounsfield = (/** @type {Float32Array} */ values) =>
      Array.from(
        values.subarray(row, row + width),
        (value, x) => /** @type {const} */ ([x, value * HU - 175]),
      );
    const panel = new Panel(
      { left: 56 + (i % 2) * 358, top: 78 + Math.floor(i / 2) * 262, width: 310, height: 150 },
      { range: [0, width - 1], ticks: ticks(0, 80, 20), label: 'voxel along the row' },
      { range: [-175, 250], ticks: [-175, -100, 0, 100, 200], label: 'intensity (HU)' },
    );
    const [lambda] = fits[0].lambda;
    const unit = intervalOf(sample, options).weights
      ? `${lambda.toFixed(2)} ${heuristic === 'std' ? `std of ${MEMBERS} predictors` : 'half-widths'}`
      : `${(lambda * HU).toFixed(1)} HU`;
    panels.push(
      heading(panel.box.left - 34, panel.box.top - 34, `${heuristic}: λ̂ = ${unit}`),
      panel.axes(),
      panel.area([...hounsfield(calibrated.lower), ...hounsfield(calibrated.upper).reverse()], {
        fill: INK.sky,
        opacity: 0.45,
      }),
      panel.line(hounsfield(sample.truth), { stroke: INK.text, 'stroke-width': 1.4 }),
    );
  }
  return picture({ width: 760, height: 606, title: 'Calibrated intervals of four heuristics' }, [
    ...panels,
    key(250, 588, [{ line: { stroke: INK.text, 'stroke-width': 1.4 }, words: ['truth'] }]),
    key(340, 588, [{ box: { fill: INK.sky, opacity: 0.45 }, words: ['calibrated interval, ε = 10%'] }]),
  ]);
}

/** Mean and standard deviation over the ensemble, voxel by voxel, in windowed intensity. @param {Float32Array} measurement */
function ensembleOf(measurement) {
  const [, height, width] = MODEL.shape;
  const blur = (/** @type {Float32Array} */ values) => blurred(values, [height, width], 2);
  let latest = blur(measurement);
  /** @type {Float32Array[]} */
  const members = [];
  for (let member = 0; member < MEMBERS; member++) {
    latest = blur(latest);
    members.push(latest.map((value) => Math.min(1, Math.max(0, value))));
  }
  const point = measurement.map(
    (_, voxel) => members.reduce((sum, member) => sum + member[voxel], 0) / MEMBERS,
  );
  const std = point.map((mean, voxel) =>
    Math.sqrt(members.reduce((sum, member) => sum + (member[voxel] - mean) ** 2, 0) / MEMBERS),
  );
  return { point, std };
}
