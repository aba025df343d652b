// The 0-1 loss of one voxel and ℓ^γ above it for three γ, by the kernel that the gamma anchor sums.
import { lossSweep } from '@semcrc/kernels';
import { heading, INK, key, Panel, picture, ticks } from './chart.mjs';
import { HU, kernels } from './cohort.mjs';

/** A voxel 20 HU above the middle of an interval 16 HU wide. */
const VOXEL = { truth: 120, lower: 92, upper: 108 };
const GAMMAS = /** @type {const} */ ([
  [0.3, INK.amber],
  [0.5, INK.green],
  [0.7, INK.purple],
]);
/** ℓ to the γ, as SVG text. */
const SURROGATE = 'ℓ<tspan dy="-5" font-size="10">γ</tspan><tspan dy="5">&#8203;</tspan>';
const END = 60;
const MOST = 4;

export async function drawGamma() {
  const lambdas = ticks(0, END, 0.25);
  const column = (/** @type {number} */ hounsfield) =>
    new Float32Array(lambdas.length).fill((hounsfield + 175) / HU);
  const voxels = { truth: column(VOXEL.truth), lower: column(VOXEL.lower), upper: column(VOXEL.upper) };
  const offsets = Uint32Array.from({ length: lambdas.length + 1 }, (_, i) => i);
  const windowed = Float64Array.from(lambdas, (lambda) => lambda / HU);
  const curves = GAMMAS.map(([gamma]) => {
    const { loss } = lossSweep(kernels, voxels, offsets, windowed, gamma);
    return lambdas.map((lambda, i) => /** @type {const} */ ([lambda, loss[i]]));
  });
  const score = VOXEL.truth - VOXEL.upper;
  const panel = new Panel(
    { left: 56, top: 76, width: 640, height: 270 },
    { range: [0, END], ticks: ticks(0, END, 10), label: 'λ of the voxel’s group (HU)' },
    {
      range: [0, MOST],
      ticks: ticks(0, MOST, 1),
      label: 'loss counted for the voxel (1 = one voxel missed)',
    },
  );
  const middle = curves[1].filter(([lambda]) => lambda >= score);
  return picture({ width: 760, height: 404, title: 'The 0-1 loss of one voxel and its convex surrogate' }, [
    heading(22, 30, 'One voxel: its loss and what the gamma anchor counts instead'),
    panel.axes(),
    panel.area([...middle, [score, 0]], { fill: INK.green, opacity: 0.12 }),
    panel.clip(curves.map((curve, i) => panel.line(curve, { stroke: GAMMAS[i][1], 'stroke-width': 2.2 }))),
    panel.steps(
      [
        [0, 1],
        [score, 0],
      ],
      END,
      { stroke: INK.text, 'stroke-width': 2.6 },
    ),
    panel.dot([score, 1], { r: 5.5, fill: INK.text }),
    panel.note([score, 1], `at the score, ${score} HU, every ${SURROGATE} is 1`, { dx: 12, dy: -8 }),
    key(400, 104, [
      { line: { stroke: INK.text, 'stroke-width': 2.6 }, words: ['0-1 loss: missed below the score'] },
      ...GAMMAS.map(([gamma, stroke], i) => {
        const end = curves[i].find(([, loss]) => loss === 0);
        return {
          line: { stroke },
          words: [`${SURROGATE} for γ = ${gamma}${end ? `: 0 from ${Math.ceil(end[0])} HU on` : ''}`],
        };
      }),
      { box: { fill: INK.green, opacity: 0.2 }, words: ['charged though covered (γ = 0.5)'] },
    ]),
  ]);
}
