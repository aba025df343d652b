// Two organs' λ: the anchor, the line through it, the curve on which the risk condition is met, and λ̂.
import { PAPER_OPTIONS } from '@semcrc/core';
import { heading, INK, key, Panel, percent, picture, ticks } from './chart.mjs';
import { anchorOf, EPSILON, fitted, HU, nameOf, riskOf, teaching, twoOrgans } from './cohort.mjs';

const ORGANS = /** @type {const} */ ([2, 5]);
const END = 50;

export async function drawLine() {
  const cohort = twoOrgans(teaching, ORGANS);
  const { fits, split, profileOf, partition } = await fitted(cohort, ['sem-crc'], {
    ...PAPER_OPTIONS,
    within: 'body',
  });
  const [sem] = fits;
  const groups = ORGANS.map((organ) => partition.keys.indexOf(String(organ)));
  const profiles = split.cal.map(profileOf);
  /** The condition at λ's of the two organs, in HU. @param {number} first @param {number} second */
  const meets = (first, second) => {
    const lambda = new Float32Array(partition.keys.length);
    lambda[groups[0]] = first / HU;
    lambda[groups[1]] = second / HU;
    const n = profiles.length;
    return (n * riskOf(profiles, partition, lambda) + 1) / (n + 1) <= EPSILON + 1e-12;
  };
  const pair = (/** @type {ArrayLike<number>} */ lambda) =>
    /** @type {const} */ ([lambda[groups[0]] * HU, lambda[groups[1]] * HU]);
  const anchor = pair(anchorOf(sem).lambda);
  const hat = pair(sem.lambda);
  const omega = /** @type {number} */ (sem.omega) * HU;
  const one = leastOf((value) => meets(value, value));
  const boundary = ticks(0, END, 0.25)
    .map((first) => /** @type {const} */ ([first, leastOf((second) => meets(first, second))]))
    .filter(([, second]) => second < Number.POSITIVE_INFINITY);
  // λ's that cost the same mean length lie on a line as steep as the organs' shares of voxels compare.
  const [share, other] = ORGANS.map((organ) =>
    profiles.reduce((sum, { organVoxels, dimension }) => sum + organVoxels[organ] / dimension, 0),
  );
  const steepness = share / other;
  const [first, second] = ORGANS.map((organ) => nameOf(cohort, organ));

  const panel = new Panel(
    { left: 56, top: 76, width: 380, height: 380 },
    { range: [0, END], ticks: ticks(0, END, 10), label: `λ of the ${first} (HU)` },
    { range: [0, END], ticks: ticks(0, END, 10), label: `λ of the ${second} (HU)` },
  );
  const onLine = { stroke: INK.blue };
  const alike = { stroke: INK.blue, 'stroke-dasharray': '2 4' };
  const diagonal = { stroke: INK.red, 'stroke-dasharray': '6 4' };
  const thick = { 'stroke-width': 2.2 };
  const corner = Math.max(0, anchor[1] - anchor[0]);
  return picture({ width: 760, height: 514, title: `The λ of two organs, ${first} and ${second}` }, [
    heading(22, 30, 'From the anchor along the line to λ̂'),
    panel.axes(),
    panel.clip([
      panel.area([...boundary, [END, END], [boundary[0][0], 4 * END]], { fill: INK.text, opacity: 0.06 }),
      panel.line(boundary, { stroke: INK.text, ...thick }),
      panel.line(
        [
          [hat[0] - END, hat[1] + END * steepness],
          [hat[0] + END, hat[1] - END * steepness],
        ],
        { ...alike, 'stroke-width': 1.6 },
      ),
      panel.line(
        [
          [0, 0],
          [END, END],
        ],
        { ...diagonal, 'stroke-width': 1.6 },
      ),
      panel.line(
        [
          [0, corner],
          [END, END + corner],
        ],
        { ...onLine, ...thick },
      ),
    ]),
    panel.line(
      [
        [0, 0],
        [0, corner],
      ],
      { ...onLine, 'stroke-width': 4 },
    ),
    panel.dot([one, one], { r: 5.5, fill: INK.red }),
    panel.dot(anchor, { r: 5.5, fill: '#ffffff', stroke: INK.blue, ...thick }),
    panel.dot(hat, { r: 5.5, fill: INK.blue }),
    panel.note(anchor, 'anchor λ̃', { dx: -11, dy: -5, 'text-anchor': 'end', fill: INK.blue }),
    panel.note([END, 0], 'condition met', { dx: -12, dy: -190, 'text-anchor': 'end', fill: INK.quiet }),
    panel.note(hat, 'λ̂', { dx: 11, dy: 5, fill: INK.blue, 'font-weight': 'bold' }),
    key(470, 100, [
      {
        line: onLine,
        words: ['the line max(λ̃ + ω, 0)', `to λ̂, where ω̂ = ${omega.toFixed(1).replace('-', '−')} HU`],
      },
      {
        line: { stroke: INK.text },
        words: ['where the condition is first met', `on the calibration scans, ε = ${percent(EPSILON)}`],
      },
      {
        line: { ...alike, 'stroke-width': 1.6 },
        words: ['as long, on average, as λ̂', 'longer above, shorter below'],
      },
      {
        line: { ...diagonal, 'stroke-width': 1.6 },
        dot: { fill: INK.red, stroke: '#ffffff', 'stroke-width': 1.5 },
        words: ['one λ for both organs', 'meets the condition at a longer point'],
      },
    ]),
  ]);
}

/**
 * The least value in [0, 4·END] with a property that larger values keep, to 1e-4; infinite if none has it.
 * @param {(value: number) => boolean} has
 */
function leastOf(has) {
  let [low, high] = [0, 4 * END];
  if (!has(high)) return Number.POSITIVE_INFINITY;
  if (has(low)) return low;
  while (high - low > 1e-4) {
    const middle = (low + high) / 2;
    if (has(middle)) high = middle;
    else low = middle;
  }
  return high;
}
