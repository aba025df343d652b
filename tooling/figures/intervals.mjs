// `pnpm figures`: draws docs/figures/intervals.svg, the picture in the README, from the built-in phantom cohort.
// The same bits on every machine: seeded cohort, exact procedures, lossless images embedded in the SVG.
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { applyLambda, averageEvaluations, PAPER_OPTIONS, regionsOfSample } from '@semcrc/core';
import { encode } from 'fast-png';
import { fitted, HU, kernels, phantom } from './method/cohort.mjs';

const SLICE = 1;
const WIDEST = 170; // HU at the bright end of the width maps
const GRAY = ['000000', 'ffffff'];
const HEAT = ['03051a', '3f1f60', '9b2763', 'e15d3a', 'fbae35', 'fcfdbf'];

const { split, fits, profileOf, evaluate } = await fitted(phantom, ['crc', 'sem-crc'], PAPER_OPTIONS);
const tests = (await evaluate()).map(
  (scans) => /** @type {import('@semcrc/core').Evaluation} */ (averageEvaluations(scans)),
);

const sample = await phantom.read(/** @type {string} */ (mostOrgans(split.test)));
const [, height, width] = sample.shape;
const [crc, sem] = fits;
const panels = [
  { title: 'ground truth', lines: ['never seen by the predictor'], image: slicePng(sample.truth, 1, GRAY) },
  {
    title: 'prediction',
    lines: ['from a noisy scan (σ = 0.2)'],
    image: slicePng(/** @type {Float32Array} */ (sample.point), 1, GRAY),
  },
  ...[crc, sem].map((fit, i) => ({
    title: i === 0 ? 'CRC: one λ' : 'sem-CRC: a λ for each organ',
    lines: [
      `width ${(tests[i].length * HU).toFixed(1)} HU, ${(tests[i].risk * 100).toFixed(1)}% outside`,
      `(mean of ${split.test.length} held-out scans)`,
    ],
    image: slicePng(calibratedWidth(fit), HU / WIDEST, HEAT),
  })),
];
const bars = [...sem.partition.keys]
  .map((key, group) => ({ name: phantom.labels[key].replaceAll('_', ' '), lambda: sem.lambda[group] * HU }))
  .sort((a, b) => b.lambda - a.lambda);

const target = new URL('../../docs/figures/', import.meta.url);
mkdirSync(target, { recursive: true });
writeFileSync(new URL('intervals.svg', target), svg());
console.log(`wrote ${fileURLToPath(new URL('intervals.svg', target))}`);

/** The test scan whose slice shows the most organs. @param {readonly string[]} ids */
function mostOrgans(ids) {
  const shown = ids.map((id) => ({
    id,
    organs: profileOf(id).organVoxels.filter((voxels) => voxels > 150).length,
  }));
  return shown.sort((a, b) => b.organs - a.organs)[0]?.id;
}

/** @param {import('@semcrc/core').Fit} fit @returns {Float32Array} width of the calibrated interval, per voxel */
function calibratedWidth(fit) {
  const { lower, upper } = applyLambda(kernels, sample, regionsOfSample(fit.partition, sample), fit);
  return upper.map((value, voxel) => value - lower[voxel]);
}

/**
 * One slice as a radiologist holds it (front up, the patient's right on the left), as a data URI.
 * @param {Float32Array} volume @param {number} scale 1 / scale shows as the last color
 * @param {readonly string[]} ramp colors at equal distances, RRGGBB
 */
function slicePng(volume, scale, ramp) {
  const pixels = new Uint8Array(3 * height * width);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = volume[(SLICE * height + y) * width + x] * scale;
      pixels.set(colorAt(value, ramp), 3 * ((height - 1 - y) * width + (width - 1 - x)));
    }
  }
  const png = encode({ width, height, data: pixels, channels: 3, depth: 8 });
  return `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
}

/** @param {number} value clamped to [0, 1] @param {readonly string[]} ramp @returns {number[]} red, green, blue */
function colorAt(value, ramp) {
  const at = Math.min(Math.max(value, 0), 1) * (ramp.length - 1);
  const first = Math.min(Math.floor(at), ramp.length - 2);
  const channels = (/** @type {string} */ color) =>
    [0, 2, 4].map((i) => Number.parseInt(color.slice(i, i + 2), 16));
  const next = channels(ramp[first + 1]);
  return channels(ramp[first]).map((channel, i) => Math.round(channel + (next[i] - channel) * (at - first)));
}

function svg() {
  const side = 208;
  const gap = 12;
  const left = 16;
  const total = 2 * left + 4 * side + 3 * gap;
  const chartTop = 316;
  const row = 19;
  const axis = { left: left + 140, right: total - left - 60 };
  const longest = Math.ceil(Math.max(...bars.map(({ lambda }) => lambda), crc.lambda[0] * HU) / 5) * 5;
  const across = (/** @type {number} */ lambda) =>
    (axis.left + ((axis.right - axis.left) * lambda) / longest).toFixed(1);
  const bottom = chartTop + bars.length * row;
  const one = across(crc.lambda[0] * HU);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${total} ${bottom + 34}" width="${total}" height="${bottom + 34}" font-family="Helvetica, Arial, sans-serif" font-size="12" fill="#1f2328">
<title>Calibrated intervals on a phantom scan, and λ by organ</title>
<rect width="100%" height="100%" rx="8" fill="#ffffff"/>
${panels
  .map(({ title, lines, image }, i) => {
    const x = left + i * (side + gap);
    return `<text x="${x}" y="26" font-size="13.5" font-weight="bold">${title}</text>
<image x="${x}" y="36" width="${side}" height="${side}" style="image-rendering:pixelated" href="${image}"/>
${lines.map((line, n) => `<text x="${x}" y="${260 + 15 * n}" fill="#59636e">${line}</text>`).join('\n')}`;
  })
  .join('\n')}
<text x="${left}" y="${chartTop - 12}" font-size="13.5" font-weight="bold">λ by organ, in HU: what each end of the interval moves by</text>
<line x1="${one}" y1="${chartTop}" x2="${one}" y2="${bottom}" stroke="#bc4c00" stroke-width="1.5" stroke-dasharray="4 3"/>
${bars
  .map(({ name, lambda }, i) => {
    const y = chartTop + i * row;
    return `<text x="${axis.left - 8}" y="${y + 13}" text-anchor="end">${name}</text>
<rect x="${axis.left}" y="${y + 3}" width="${(Number(across(lambda)) - axis.left).toFixed(1)}" height="13" rx="2" fill="#0969da"/>
<text x="${Number(across(lambda)) + 5}" y="${y + 13}" fill="#59636e" stroke="#ffffff" stroke-width="4" paint-order="stroke">${lambda.toFixed(1)}</text>`;
  })
  .join('\n')}
<text x="${one}" y="${bottom + 16}" text-anchor="middle" fill="#bc4c00">CRC: ${(crc.lambda[0] * HU).toFixed(1)} for all</text>
</svg>
`;
}
