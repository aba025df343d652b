// How well organs are found in predictions of simulated patients.
import { compareLabels } from '@semcrc/imaging';
import { bodyMask } from '@semcrc/predict';
import { heightOf } from '@semcrc/simulate';

/**
 * F1 (the Dice score) by label id, of the organs that a patient has, as a segmenter finds them in a prediction of the whole patient.
 * @param {import('@semcrc/predict').Segmenter} segmenter
 * @param {import('@semcrc/simulate').Population} population
 * @param {import('@semcrc/simulate').SimulatedPatient} patient of the population
 * @param {{ readonly measurement: import('@semcrc/imaging').Volume, readonly point: Float32Array }} predicted
 * @returns {Promise<ReadonlyMap<number, number>>}
 */
export async function organScores(segmenter, population, { truth, anatomy }, { measurement, point }) {
  const { shape } = measurement;
  const slices = Array.from({ length: shape[0] }, (_, slice) => slice);
  const heights = population.aligned ? slices.map((slice) => heightOf(slice, shape[0])) : undefined;
  const body = bodyMask(point, shape);
  const found = await segmenter.segment({ measurement, slices, point, body, ...(heights && { heights }) });
  const onGrid = (/** @type {Uint8Array} */ labels) => ({ ...truth, data: Uint16Array.from(labels) });
  return new Map(
    compareLabels(onGrid(anatomy), onGrid(found))
      .filter(({ label, first }) => population.organs.includes(label) && first > 0)
      .map(({ label, dice }) => [label, dice]),
  );
}

/**
 * Mean and deviation over patients of the mean over their organs; and by the name of the organ, the mean over patients that have it.
 * @param {readonly ReadonlyMap<number, number>[]} patients {@link organScores} of each
 * @param {import('@semcrc/simulate').Population} population
 * @returns {{ mean: number, sd: number, byOrgan: ReadonlyMap<string, number> }}
 */
export function segmentationQuality(patients, { organs, labels }) {
  const means = patients.filter((scores) => scores.size > 0).map((scores) => mean([...scores.values()]));
  const average = mean(means);
  const sd = Math.sqrt(mean(means.map((value) => (value - average) ** 2)));
  const byOrgan = organs.map((label) => {
    const own = patients.flatMap((scores) => scores.get(label) ?? []);
    return /** @type {const} */ ([labels[label], mean(own)]);
  });
  return { mean: average, sd, byOrgan: new Map(byOrgan) };
}

/** @param {readonly number[]} values */
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
