// λ of each organ along the path, and along the line, from λ = 0 to λ̂.
import { apart, heading, INK, Panel, percent, picture, ticksTo } from './chart.mjs';
import {
  anchorOf,
  ENVELOPE_LINE,
  ENVELOPE_PATH,
  fitted,
  HU,
  nameOf,
  pathOf,
  riskOf,
  teaching,
} from './cohort.mjs';

const POINTS = 160;

export async function drawPath() {
  const byPath = await fitted(teaching, ['sem-crc'], ENVELOPE_PATH);
  const byLine = await fitted(teaching, ['sem-crc'], ENVELOPE_LINE);
  const { partition, split, profileOf } = byPath;
  const profiles = split.cal.map(profileOf);
  const riskAt = (/** @type {ArrayLike<number>} */ lambda) => riskOf(profiles, partition, lambda);

  const { path } = pathOf(byPath.fits[0]);
  const reached = /** @type {number} */ (byPath.fits[0].pathPosition);
  const alongPath = [...Array.from({ length: Math.floor(reached) + 1 }, (_, t) => t), reached].map((t) =>
    path.at(t, new Float64Array(path.size)),
  );
  const anchor = anchorOf(byLine.fits[0]).lambda;
  const largest = Math.max(...anchor);
  const omega = /** @type {number} */ (byLine.fits[0].omega);
  const alongLine = Array.from({ length: POINTS + 1 }, (_, i) =>
    anchor.map((value) => Math.max(0, value - largest + ((largest + omega) * i) / POINTS)),
  );
  const ways = [
    { title: 'Along the path', points: alongPath, fit: byPath },
    { title: 'Along the line, through the same anchor', points: alongLine, fit: byLine },
  ];
  const upTicks = ticksTo(Math.max(...ways.flatMap(({ points }) => [...points[points.length - 1]])) * HU);
  const most = upTicks[upTicks.length - 1];
  const first = riskAt(alongPath[0]);
  // In the order that the line keeps, so that an organ has one colour in both panels and neighbours have two.
  const order = [...anchor.keys()].sort((a, b) => anchor[b] - anchor[a]);
  const palette = [INK.blue, INK.red, INK.green, INK.purple, INK.amber, INK.sky];
  const drawn = ways.map(({ title, points, fit }, i) => {
    const panel = new Panel(
      { left: 56 + 390 * i, top: 76, width: 230, height: 300 },
      {
        range: [first, 0.09],
        ticks: ticksTo(first).filter((tick) => tick >= 0.09 && tick <= first),
        label: 'share of voxels missed, calibration scans',
        format: percent,
      },
      { range: [0, most], ticks: upTicks, label: 'λ (HU)' },
    );
    const risks = points.map(riskAt);
    const ends = [...fit.fits[0].lambda].map((value) => value * HU);
    const heights = apart(ends.map(panel.y), 15);
    return [
      heading(22 + 390 * i, 30, title),
      panel.axes(),
      panel.note([0.09, most], 'λ̂', { dy: -6, 'text-anchor': 'middle', 'font-weight': 'bold' }),
      ...ends.flatMap((_, k) => {
        const stroke = palette[order.indexOf(k) % palette.length];
        return [
          panel.line(
            points.map((lambda, at) => [risks[at], lambda[k] * HU]),
            { stroke, 'stroke-width': 1.7 },
          ),
          panel.dot([risks[risks.length - 1], ends[k]], { r: 3.5, fill: stroke, 'stroke-width': 1 }),
          panel.note([0.09, 0], nameOf(teaching, partition.keys[k]), {
            dx: 12,
            dy: heights[k] - panel.box.bottom + 4.4,
            fill: stroke,
            'font-size': 12,
          }),
        ];
      }),
    ];
  });
  return picture(
    { width: 780, height: 440, title: 'λ of each organ along the path and along the line' },
    drawn.flat(),
  );
}
