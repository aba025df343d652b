import type { ExperimentFacts } from '../experiment.ts';
import { organName, shortened, visible } from '../words.ts';
import { grey, outlineColour } from './colours.ts';
import type { ExampleScan } from './example.ts';
import type { SliceMap } from './map.ts';
import { outlinePath } from './outline.ts';
import { directions, GAP, ground, MAP_WIDTH, mapSvg, PANEL, picture, placed, stroke, text } from './panel.ts';
import { painted, sliceFor } from './raster.ts';
import { fullestSlice, organsIn } from './slice-choice.ts';

/** Fig. 1 of the paper for the example scan: truth, measurement where there is one, prediction, labels. */
export function anatomyMap({ experiment, units }: ExperimentFacts, example: ExampleScan): SliceMap {
  const { labels } = experiment.document;
  const at = fullestSlice(example);
  const groups = sliceFor(example.groups, example.shape, at);
  const predicted = sliceFor(example.point ?? middle(example), example.shape, at);
  const pictures = [
    { name: 'truth', slice: sliceFor(example.truth, example.shape, at) },
    ...(example.measurement === null
      ? []
      : [{ name: 'measurement', slice: sliceFor(example.measurement, example.shape, at) }]),
    { name: example.point === null ? 'prediction (middle of interval)' : 'prediction', slice: predicted },
    { name: 'prediction with organs', slice: predicted },
  ];
  const top = 22;
  const organs = organsIn(groups.voxels);
  const parts = pictures.flatMap(({ name, slice }, column) => {
    const x = column * (PANEL + GAP);
    const place = placed(x, top, slice, example.pixel);
    const outlined = column === pictures.length - 1;
    return [
      text(x, 13, name, { size: 12 }),
      ground(x, top),
      picture(painted(slice, grey), place),
      ...(outlined ? organs.map((id) => stroke(outlinePath(groups, id), place, outlineColour(id), 1.4)) : []),
      directions(x, top),
    ];
  });
  const legend = organs.flatMap((id, index) => {
    const columns = 5;
    const x = (index % columns) * (MAP_WIDTH / columns);
    const y = top + PANEL + 22 + Math.floor(index / columns) * 19;
    return [
      `<rect x="${x}" y="${y - 9}" width="14" height="10" rx="2" fill="#20262d" stroke="${outlineColour(id)}" stroke-width="2"/>`,
      text(x + 21, y, shortened(organName(labels, String(id)), 20), { size: 11 }),
    ];
  });
  const height = top + PANEL + 10 + 19 * Math.ceil(organs.length / 5) + 8;
  const window = units === null ? '' : `, window ${units.window[0]} to ${units.window[1]} HU`;
  return {
    id: 'anatomy',
    title: 'An example scan',
    caption:
      `Scan ${shortened(visible(example.scan), 60)}, slice ${example.slices[at]}${window}; the patient’s right is on the left. ` +
      `${example.rule ?? ''}`.trim(),
    description: `Grey-scale slices of one scan: ${pictures.map(({ name }) => name).join(', ')}. Organs in it: ${organs
      .map((id) => organName(labels, String(id)))
      .join(', ')}.`,
    svg: mapSvg(height, [...parts, ...legend]),
    data: null,
  };
}

function middle({ lower, upper }: ExampleScan): Float32Array {
  return lower.map((value, at) => (value + upper[at]) / 2);
}
