// λ below and above for each organ.
import { heading, INK, key, Panel, picture, ticksTo } from './chart.mjs';
import { ENVELOPE_PATH, fitted, HU, nameOf, teaching } from './cohort.mjs';

export async function drawSides() {
  const one = await fitted(teaching, ['sem-crc'], ENVELOPE_PATH);
  const two = await fitted(teaching, ['sem-crc'], { ...ENVELOPE_PATH, sides: 'two' });
  const { keys } = one.partition;
  const rows = keys
    .map((label, k) => ({
      name: nameOf(teaching, label),
      both: one.fits[0].lambda[k] * HU,
      below: two.fits[0].lambda[k] * HU,
      above: two.fits[0].lambda[keys.length + k] * HU,
    }))
    // Air lies at the range's lower edge, where λ below costs nothing and is of no interest.
    .filter(({ name }) => name !== 'background')
    .sort((a, b) => b.both - a.both);
  const acrossTicks = ticksTo(Math.max(...rows.flatMap(({ both, below, above }) => [both, below, above])));
  const panel = new Panel(
    { left: 120, top: 62, width: 420, height: 26 * rows.length },
    { range: [0, acrossTicks[acrossTicks.length - 1]], ticks: acrossTicks, label: 'λ (HU)' },
    { range: [rows.length - 0.5, -0.5], ticks: [...rows.keys()], label: '', format: (row) => rows[row].name },
  );
  return picture({ width: 760, height: 126 + 26 * rows.length, title: 'λ below and above for each organ' }, [
    heading(22, 30, 'Each organ’s λ below and above, and the one for both'),
    panel.axes(),
    ...rows.map(({ below, above }, row) =>
      panel.line(
        [
          [below, row],
          [above, row],
        ],
        { stroke: INK.faint, 'stroke-width': 2 },
      ),
    ),
    ...rows.flatMap(({ both, below, above }, row) => [
      panel.dot([both, row], { r: 4, fill: INK.quiet }),
      panel.dot([below, row], { r: 5, fill: INK.blue }),
      panel.dot([above, row], { r: 5, fill: INK.red }),
    ]),
    key(570, 92, [
      { dot: { fill: INK.blue }, words: ['below: lower − λ'] },
      { dot: { fill: INK.red }, words: ['above: upper + λ'] },
      { dot: { fill: INK.quiet, r: 4 }, words: ['one for both sides'] },
      { words: ['background left out:', 'air is at the edge'] },
    ]),
  ]);
}
