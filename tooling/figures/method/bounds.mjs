// The least n that can pass, by tolerance, for the four bounds.
import { crcBound, hoeffdingBentkusBound, hoeffdingBound, leastUnits, wsrBound } from '@semcrc/core';
import { apart, heading, INK, Panel, percent, picture } from './chart.mjs';

const DELTA = 0.1;
const [LEAST, MOST] = [0.01, 0.3];
const BOUNDS = /** @type {const} */ ([
  ['Hoeffding', INK.amber, (/** @type {number} */ epsilon) => hoeffdingBound(epsilon, DELTA)],
  ['Waudby-Smith–Ramdas', INK.purple, (/** @type {number} */ epsilon) => wsrBound(epsilon, DELTA)],
  ['Hoeffding–Bentkus', INK.green, (/** @type {number} */ epsilon) => hoeffdingBentkusBound(epsilon, DELTA)],
  ['CRC', INK.blue, (/** @type {number} */ epsilon) => crcBound(epsilon)],
]);
const MARKED = 0.1;

export async function drawBounds() {
  const width = 440;
  const panel = new Panel(
    { left: 56, top: 76, width, height: 290 },
    {
      range: [LEAST, MOST],
      ticks: [0.01, 0.02, 0.05, 0.1, 0.2, 0.3],
      label: 'tolerance ε (share of voxels missed, logarithmic)',
      format: percent,
      log: true,
    },
    {
      range: [1, 20000],
      ticks: [1, 10, 100, 1000, 10000],
      label: 'least n (calibration scans, logarithmic)',
      format: (value) => String(value).replace('10000', '10 000'),
      log: true,
    },
  );
  const epsilons = Array.from({ length: width + 1 }, (_, i) => LEAST * (MOST / LEAST) ** (i / width));
  const heights = apart(
    BOUNDS.map(([, , bound]) => panel.y(leastUnits(bound(MOST)))),
    18,
  );
  return picture({ width: 760, height: 424, title: 'The least n that can pass, by tolerance' }, [
    heading(22, 30, `How many scans a bound needs before any λ can pass (δ = ${DELTA})`),
    panel.axes(),
    panel.line(
      [
        [MARKED, 1],
        [MARKED, 20000],
      ],
      { stroke: INK.text, 'stroke-dasharray': '5 4' },
    ),
    ...BOUNDS.map(([, stroke, bound]) =>
      panel.steps(
        epsilons.map((epsilon) => [epsilon, leastUnits(bound(epsilon))]),
        MOST,
        { stroke, 'stroke-width': 2 },
      ),
    ),
    ...BOUNDS.map(([, fill, bound]) => panel.dot([MARKED, leastUnits(bound(MARKED))], { fill })),
    ...BOUNDS.map(([name, fill, bound], i) =>
      panel.note([MOST, 1], `${name}: ${leastUnits(bound(MARKED))} at ${percent(MARKED)}`, {
        dx: 10,
        dy: heights[i] - panel.box.bottom + 4.4,
        fill,
      }),
    ),
  ]);
}
