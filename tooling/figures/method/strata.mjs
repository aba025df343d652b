// An organ's λ by intensity bin, and the bins in a slice.
import { regionsOfSample } from '@semcrc/core';
import { element, heading, INK, key, Panel, picture, tenth, ticksTo } from './chart.mjs';
import { ENVELOPE_PATH, fitted, HU, nameOf, teaching } from './cohort.mjs';

const BINS = 6;
const ORGANS = /** @type {const} */ ([
  ['1', INK.blue],
  ['2', INK.green],
  ['7', INK.red],
]);
/** From dark to light, one for each bin. */
const SHADES = ['#0d2b45', '#24507a', '#3f7cac', '#78a9c9', '#b3d0e0', '#e4eff4'];
const PIXEL = 3;

export async function drawStrata() {
  const options = /** @type {const} */ ({ ...ENVELOPE_PATH, strata: [`intensity:${BINS}`] });
  const { fits, split } = await fitted(teaching, ['sem-crc'], options);
  const [{ partition, lambda }] = fits;
  const { spec, keys, regionsPerOrgan } = partition;
  if (spec.kind !== 'strata') throw new Error(`expected strata, found ${spec.kind}`);
  const hounsfield = (/** @type {number} */ intensity) => intensity * HU - 175;

  const curves = ORGANS.map(([organ, stroke]) => {
    const edges = [0, ...spec.cuts[organ][0]];
    const steps = edges.map(
      (edge, bin) => /** @type {const} */ ([hounsfield(edge), lambda[keys.indexOf(`${organ}/${bin}`)] * HU]),
    );
    return { steps, stroke, name: nameOf(teaching, organ) };
  });
  const upTicks = ticksTo(Math.max(...curves.flatMap(({ steps }) => steps.map(([, value]) => value))));
  const panel = new Panel(
    { left: 56, top: 76, width: 340, height: 288 },
    { range: [-175, 250], ticks: [-175, -100, 0, 100, 200], label: 'predicted intensity (HU)' },
    { range: [0, upTicks[upTicks.length - 1]], ticks: upTicks, label: 'λ (HU)' },
  );

  const sample = await teaching.read(split.test[0]);
  const [, height, width] = sample.shape;
  const regions = regionsOfSample(partition, sample);
  const [left, top] = [440, 76];
  /** One path of horizontal runs for each bin. */
  const runs = SHADES.map(() => '');
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; ) {
      const at = y * width + x;
      const bin = sample.organs[at] === 0 ? -1 : regions[at] % regionsPerOrgan;
      let end = x + 1;
      const same = (/** @type {number} */ next) =>
        (sample.organs[next] === 0 ? -1 : regions[next] % regionsPerOrgan) === bin;
      while (end < width && same(at + end - x)) end++;
      if (bin >= 0) {
        const row = top + (height - 1 - y) * PIXEL;
        runs[bin] +=
          `M${tenth(left + x * PIXEL)} ${tenth(row)}h${(end - x) * PIXEL}v${PIXEL}h-${(end - x) * PIXEL}z`;
      }
      x = end;
    }
  }
  return picture({ width: 760, height: 422, title: 'λ by intensity bin, and the bins in a slice' }, [
    heading(22, 30, `λ by bin of intensity, ${BINS} to an organ`),
    heading(left, 30, 'The bins of one slice'),
    panel.axes(),
    ...curves.map(({ steps, stroke }) => panel.steps(steps, 250, { stroke, 'stroke-width': 2.4 })),
    key(
      70,
      98,
      curves.map(({ stroke, name }) => ({ line: { stroke }, words: [name] })),
    ),
    element('rect', { x: left, y: top, width: width * PIXEL, height: height * PIXEL, fill: '#000000' }),
    ...runs.map((d, bin) => element('path', { d, fill: SHADES[bin], 'shape-rendering': 'crispEdges' })),
    ...SHADES.map((fill, bin) =>
      element('rect', { x: left + bin * 48, y: top + height * PIXEL + 12, width: 48, height: 12, fill }),
    ),
    element(
      'text',
      { x: left, y: top + height * PIXEL + 42, fill: INK.quiet },
      'bins of the voxel’s own organ, low to high',
    ),
  ]);
}
