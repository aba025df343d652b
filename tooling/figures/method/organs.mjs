// Risk by organ on held-out phantom scans under sem-CRC and organ-crc, and the tolerance.
import { averageEvaluations, PAPER_OPTIONS } from '@semcrc/core';
import { heading, INK, key, Panel, percent, picture } from './chart.mjs';
import { EPSILON, fitted, nameOf, phantom } from './cohort.mjs';

const RUNS = 8;
const PROCEDURES = /** @type {const} */ (['sem-crc', 'organ-crc']);

export async function drawOrgans() {
  /** Risks by procedure and label, one per run. @type {Map<string, number>[]} */
  const sums = PROCEDURES.map(() => new Map());
  for (let run = 0; run < RUNS; run++) {
    const { evaluate } = await fitted(phantom, PROCEDURES, PAPER_OPTIONS, undefined, run);
    for (const [p, scans] of (await evaluate()).entries()) {
      for (const [label, { risk }] of Object.entries(averageEvaluations(scans)?.organs ?? {})) {
        sums[p].set(label, (sums[p].get(label) ?? 0) + risk / RUNS);
      }
    }
  }
  const rows = [...sums[0].keys()].sort((a, b) => Number(sums[0].get(b)) - Number(sums[0].get(a)));
  const risk = (/** @type {number} */ p, /** @type {string} */ label) => Number(sums[p].get(label));
  const panel = new Panel(
    { left: 120, top: 62, width: 420, height: 26 * rows.length },
    {
      range: [0, 0.25],
      ticks: [0, 0.05, 0.1, 0.15, 0.2, 0.25],
      label: 'share of the organ’s voxels missed',
      format: percent,
    },
    {
      range: [rows.length - 0.5, -0.5],
      ticks: [...rows.keys()],
      label: '',
      format: (row) => nameOf(phantom, rows[row]),
    },
  );
  return picture(
    { width: 760, height: 126 + 26 * rows.length, title: 'Risk by organ under sem-CRC and organ-crc' },
    [
      heading(22, 30, `Held-out risk of each organ, mean of ${RUNS} splits`),
      panel.axes(),
      panel.line(
        [
          [EPSILON, -0.5],
          [EPSILON, rows.length - 0.5],
        ],
        { stroke: INK.text, 'stroke-dasharray': '5 4', 'stroke-width': 1.4 },
      ),
      panel.note([EPSILON, -0.5], `ε = ${percent(EPSILON)}`, { dx: -18, dy: -8 }),
      ...rows.map((label, row) =>
        panel.line(
          [
            [risk(0, label), row],
            [risk(1, label), row],
          ],
          { stroke: INK.faint, 'stroke-width': 2 },
        ),
      ),
      ...rows.flatMap((label, row) => [
        panel.dot([risk(0, label), row], { r: 7, fill: INK.red }),
        panel.dot([risk(1, label), row], { r: 5, fill: INK.blue }),
      ]),
      key(570, 92, [
        { dot: { fill: INK.red }, words: ['sem-crc', 'controls the scan’s', 'risk only'] },
        { dot: { fill: INK.blue }, words: ['organ-crc', 'controls each organ’s'] },
      ]),
    ],
  );
}
