// The losses of single scans as step functions of λ, their mean, and the condition that λ̂ is the first to meet.
import { PAPER_OPTIONS } from '@semcrc/core';
import { phantomSource } from '@semcrc/simulate';
import { heading, INK, Panel, percent, picture, ticks } from './chart.mjs';
import { EPSILON, fitted, HU } from './cohort.mjs';

/** Scans of few voxels, so that single steps can be seen. */
const SCANS = 20;
const STEPS_SHOWN = 7;

export async function drawCrc() {
  const cohort = phantomSource({ scans: SCANS, shape: [1, 48, 48] });
  const sizes = { nOpt: 0, nCal: SCANS, nTest: 0 };
  const { fits, split, profileOf } = await fitted(cohort, ['crc'], PAPER_OPTIONS, sizes);
  const hat = fits[0].lambda[0];
  const curves = split.cal.map((id) => stepsOf([profileOf(id)]));
  const profiles = split.cal.map(profileOf);
  const mean = stepsOf(profiles);
  const condition = mean.map(
    ([lambda, loss]) => /** @type {const} */ ([lambda, (SCANS * loss + 1) / (SCANS + 1)]),
  );

  const end = 70;
  const whole = new Panel(
    { left: 56, top: 74, width: 380, height: 250 },
    { range: [0, end], ticks: ticks(0, end, 10), label: 'λ, the same for every voxel (HU)' },
    {
      range: [0, 0.32],
      ticks: ticks(0, 0.3, 0.1),
      label: 'loss: share of a scan’s voxels missed',
      format: percent,
    },
  );
  const at = condition.findIndex(([lambda]) => lambda === hat * HU);
  const near = condition.slice(at - STEPS_SHOWN, at + STEPS_SHOWN);
  const [low, high] = [near[0][0], condition[at + STEPS_SHOWN][0]];
  const step = 1 / profiles[0].dimension / (SCANS + 1);
  const first = Math.ceil(low * 50) / 50;
  const close = new Panel(
    { left: 520, top: 74, width: 260, height: 250 },
    {
      range: [low, high],
      ticks: ticks(first, Math.floor(high * 50) / 50, 0.04),
      label: 'λ (HU)',
      format: (value) => value.toFixed(2),
    },
    {
      range: [EPSILON - (STEPS_SHOWN + 0.5) * step, EPSILON + (STEPS_SHOWN + 1) * step],
      ticks: [EPSILON - 1e-4, EPSILON, EPSILON + 1e-4],
      label: '(Σ losses + 1) / (n + 1)',
      format: (value) => `${(value * 100).toFixed(2)}%`,
    },
  );
  const tolerance = (/** @type {Panel} */ panel) =>
    panel.line(
      [
        [panel.across.range[0], EPSILON],
        [panel.across.range[1], EPSILON],
      ],
      { stroke: INK.text, 'stroke-dasharray': '5 4' },
    );
  const [, crossing] = condition[at];
  return picture(
    { width: 800, height: 380, title: 'CRC: losses as step functions of λ, and the condition' },
    [
      heading(22, 30, `Losses of ${SCANS} calibration scans`),
      whole.axes(),
      whole.clip([
        ...curves.map((curve) => whole.steps(curve, end, { stroke: INK.faint })),
        whole.steps(mean, end, { stroke: INK.blue, 'stroke-width': 2.2 }),
        whole.steps(condition, end, { stroke: INK.red, 'stroke-width': 2.2 }),
      ]),
      tolerance(whole),
      whole.note([4, 0.285], 'single scans', { dx: 10, fill: INK.quiet }),
      whole.note([end, EPSILON], `tolerance ε = ${percent(EPSILON)}`, { dy: -8, 'text-anchor': 'end' }),
      whole.note([17, 0.17], '(Σ losses + 1) / (n + 1)', { fill: INK.red }),
      whole.note([15, 0.075], 'mean loss', { dx: -6, 'text-anchor': 'end', fill: INK.blue }),
      whole.dot([hat * HU, EPSILON], { r: 5.5, fill: INK.red }),
      whole.note([hat * HU, EPSILON], 'λ̂', { dx: 3, dy: -10, 'font-weight': 'bold', fill: INK.red }),
      heading(486, 30, 'Close up: λ̂ is a score'),
      close.axes(),
      close.area(
        [
          [low, close.up.range[0]],
          [high, close.up.range[0]],
          [high, EPSILON],
          [low, EPSILON],
        ],
        { fill: INK.blue, opacity: 0.07 },
      ),
      tolerance(close),
      close.note([low, close.up.range[0]], 'condition met', { dx: 8, dy: -10, fill: INK.blue }),
      ...near.map(([lambda, value], i) => {
        const next = i + 1 < near.length ? near[i + 1][0] : high;
        return close.line(
          [
            [lambda, value],
            [next, value],
          ],
          { stroke: INK.red, 'stroke-width': 2.2 },
        );
      }),
      ...near.map(([lambda, value]) => close.dot([lambda, value], { r: 3, fill: INK.red, stroke: 'none' })),
      close.line(
        [
          [hat * HU, crossing],
          [hat * HU, close.up.range[0]],
        ],
        { stroke: INK.red, 'stroke-dasharray': '2 3' },
      ),
      close.dot([hat * HU, crossing], { r: 5.5, fill: INK.red }),
      close.note([hat * HU, crossing], `λ̂ = ${(hat * HU).toFixed(2)} HU`, {
        dx: 9,
        dy: -9,
        'font-weight': 'bold',
        fill: INK.red,
      }),
    ],
  );
}

/**
 * Mean share of voxels missed as a step function of one λ: from each score (HU) on, the share that lies above.
 * @param {readonly import('./cohort.mjs').Profile[]} profiles of scans of equal size
 * @returns {(readonly [lambda: number, share: number])[]}
 */
function stepsOf(profiles) {
  const scores = Float32Array.from(profiles.flatMap((profile) => [...profile.scores])).sort();
  const voxels = profiles.reduce((sum, { dimension }) => sum + dimension, 0);
  /** @type {(readonly [number, number])[]} */
  const steps = [[0, scores.length / voxels]];
  scores.forEach((score, i) => {
    if (score !== scores[i + 1]) steps.push([score * HU, (scores.length - i - 1) / voxels]);
  });
  return steps;
}
