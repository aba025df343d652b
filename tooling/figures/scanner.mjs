// Draws the figure of docs/scanner.md: the frame of the scan, and its window on the detector.
import { mkdirSync, writeFileSync } from 'node:fs';
import { planHelix } from '@semcrc/scanner';
import { element, heading, INK, Panel, picture, words } from './method/chart.mjs';

const target = new URL('../../docs/figures/', import.meta.url);
mkdirSync(target, { recursive: true });
writeFileSync(new URL('scanner-frame.svg', target), drawFrame());

function drawFrame() {
  return picture(
    {
      width: 860,
      height: 400,
      title: 'The frame of a scan, seen from above, and the window on its detector',
    },
    [
      heading(24, 30, 'from above'),
      ...drawPlane(),
      heading(430, 30, 'on the detector, scaled to the axis'),
      ...drawWindow(),
    ],
  );
}

/** The plane of a slice, with z towards the reader: not to scale. */
function drawPlane() {
  const [x0, y0, source, detector, angle] = [195, 205, 130, 78, 0.6];
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
  /** @param {number} x @param {number} y */
  const at = (x, y) => ({ x: x0 + x, y: y0 - y });
  const focus = at(source * sin, -source * cos);
  const middle = at(-detector * sin, detector * cos);
  const half = 92;
  const ends = [-half, half].map((u) => at(-detector * sin + u * cos, detector * cos + u * sin));
  /** @param {{x: number, y: number}} a @param {{x: number, y: number}} b @param {Record<string, string | number>} style */
  const line = (a, b, style) => element('line', { x1: a.x, y1: a.y, x2: b.x, y2: b.y, ...style });
  const quiet = { stroke: INK.quiet, 'stroke-width': 1.2 };
  const start = at(0, -source);
  const arc = `M ${start.x} ${start.y} A ${source} ${source} 0 0 0 ${focus.x.toFixed(1)} ${focus.y.toFixed(1)}`;
  const side = 76;
  return [
    element('circle', {
      cx: x0,
      cy: y0,
      r: source,
      fill: 'none',
      stroke: INK.faint,
      'stroke-dasharray': '4 4',
    }),
    element('rect', {
      x: x0 - side / 2,
      y: y0 - side / 2,
      width: side,
      height: side,
      fill: INK.grid,
      stroke: INK.quiet,
    }),
    element('circle', { cx: x0, cy: y0, r: side / Math.SQRT2, fill: 'none', stroke: INK.faint }),
    element('polygon', {
      points: [focus, ...ends].map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' '),
      fill: INK.amber,
      'fill-opacity': 0.12,
    }),
    line(focus, middle, { stroke: INK.amber, 'stroke-dasharray': '3 3' }),
    line(at(0, 0), at(118, 0), quiet),
    line(at(0, 0), at(0, 148), quiet),
    words(x0 + 122, y0 + 4, 'x'),
    words(x0 - 4, y0 - 152, 'y'),
    line(ends[0], ends[1], { stroke: INK.blue, 'stroke-width': 4 }),
    words(ends[1].x + 8, ends[1].y + 4, 'u', { fill: INK.blue }),
    words(ends[0].x - 16, ends[0].y - 40, 'detector', { fill: INK.blue }),
    element('path', { d: arc, fill: 'none', stroke: INK.red, 'stroke-width': 2 }),
    element('circle', { cx: focus.x, cy: focus.y, r: 5, fill: INK.red }),
    words(focus.x + 12, focus.y + 2, 'source', { fill: INK.red }),
    words(focus.x + 12, focus.y + 20, '(R sin β, −R cos β)', { fill: INK.red, 'font-size': 12 }),
    words(x0 + 24, y0 + source - 8, 'β', { fill: INK.red }),
    words(x0 - 14, y0 + source + 20, 'β = 0', { fill: INK.quiet, 'font-size': 12 }),
    words(x0 - 30, y0 + 56, 'slice', { fill: INK.quiet, 'font-size': 12 }),
    words(x0 - 66, y0 + 38, 'ρ', { fill: INK.quiet, 'font-size': 12 }),
  ];
}

/** The Tam–Danielson window of the authors' scan of 256 × 256 × 128 voxels. */
function drawWindow() {
  const { pitch, sourceRadius, detectorWidth, detectorHeight, detectorRadius } = planHelix([128, 256, 256]);
  const magnification = (sourceRadius + detectorRadius) / sourceRadius;
  const [wide, high] = [detectorWidth / 2 / magnification, detectorHeight / 2 / magnification];
  const panel = new Panel(
    { left: 480, top: 70, width: 340, height: 250 },
    { range: [-190, 190], ticks: [-150, -100, -50, 0, 50, 100, 150], label: 'u, voxels' },
    { range: [-6, 6], ticks: [-6, -4, -2, 0, 2, 4, 6], label: 'v − v(source), voxels' },
  );
  const columns = Array.from({ length: 61 }, (_, i) => -wide + (i * wide) / 30);
  const scale = (/** @type {number} */ u) => (pitch / (2 * Math.PI)) * (1 + (u / sourceRadius) ** 2);
  /** @type {(u: number) => [number, number]} */
  const upper = (u) => [u, scale(u) * (Math.PI / 2 - Math.atan(u / sourceRadius))];
  /** @type {(u: number) => [number, number]} */
  const lower = (u) => [u, -scale(u) * (Math.PI / 2 + Math.atan(u / sourceRadius))];
  const corners = [...columns.map(upper), ...columns.map(lower).reverse()];
  const shape = corners.map(([u, v]) => `${panel.x(u).toFixed(1)},${panel.y(v).toFixed(1)}`).join(' ');
  const box = {
    x: panel.x(-wide),
    y: panel.y(high),
    width: panel.x(wide) - panel.x(-wide),
    height: panel.y(-high) - panel.y(high),
  };
  return [
    panel.axes(),
    element('rect', { ...box, fill: 'none', stroke: INK.blue, 'stroke-width': 1.5 }),
    element('polygon', { points: shape, fill: INK.green, 'fill-opacity': 0.15 }),
    panel.line(columns.map(upper), { stroke: INK.green, 'stroke-width': 2, fill: 'none' }),
    panel.line(columns.map(lower), { stroke: INK.green, 'stroke-width': 2, fill: 'none' }),
    words(panel.x(-60), panel.y(0), 'window: what is needed once', { fill: INK.green }),
    words(panel.x(-180), panel.y(5.05), 'next turn of the source', { fill: INK.green, 'font-size': 12 }),
    words(panel.x(-10), panel.y(-5.35), 'last turn of the source', { fill: INK.green, 'font-size': 12 }),
    words(panel.x(130), panel.y(5.05), 'detector', { fill: INK.blue, 'font-size': 12 }),
  ];
}
