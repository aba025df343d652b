// One profile of intensities with the intervals of four heuristics at their λ̂.
import { applyLambda, intervalOf, PAPER_OPTIONS } from '@semcrc/core';
import { heading, INK, key, Panel, picture, ticks } from './chart.mjs';
import { fitted, HU, phantom } from './cohort.mjs';

const HEURISTICS = /** @type {const} */ (['quantile', 'mse', 'multiplicative', 'std']);
/** 10% and 90% quantiles of a Gaussian lie this many standard deviations from its mean. */
const TAIL = 1.2816;

/** The phantom with the standard deviation that its intervals would have if errors were Gaussian. */
const cohort = {
  ...phantom,
  read: async (/** @type {string} */ id) => {
    const sample = await phantom.read(id);
    const { lower, upper } = sample;
    return { ...sample, std: upper.map((value, voxel) => (value - lower[voxel]) / (2 * TAIL)) };
  },
};

export async function drawHeuristics() {
  const panels = [];
  for (const [i, heuristic] of HEURISTICS.entries()) {
    const options = { ...PAPER_OPTIONS, heuristic };
    const { fits, split } = await fitted(cohort, ['crc'], options);
    const sample = await cohort.read(split.test[0]);
    const [, height, width] = sample.shape;
    const row = (2 * height + Math.floor(height / 2)) * width;
    const calibrated = applyLambda(intervalOf(sample, options), sample.groups, fits[0]);
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
      ? `${lambda.toFixed(2)} widths`
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
