import type { RunRecord } from '@semcrc/core';
import { type ExperimentFacts, lambdasOfOrgan } from '../experiment.ts';
import { lengthScale } from '../figures/axes.ts';
import { TONES } from '../figures/theme.ts';
import { mean, quantile } from '../statistics/moments.ts';
import { decimal, organName, percent, procedureName, shortened } from '../words.ts';
import { darkInk, grey, widthColour, widthCss } from './colours.ts';
import type { ExampleScan } from './example.ts';
import type { SliceMap } from './map.ts';
import { outlinePath } from './outline.ts';
import {
  directions,
  fixed,
  GAP,
  ground,
  MAP_WIDTH,
  mapSvg,
  PANEL,
  picture,
  placed,
  stroke,
  text,
} from './panel.ts';
import { painted, sliceFor } from './raster.ts';
import { fullestSlice, organsIn } from './slice-choice.ts';

/** Missed voxels: bright on the dimmed slice, in colour and in grey. */
const MISSED = [255, 196, 61] as const;

const MOST_IN_ROW = 5;

/**
 * Fig. 2 of the paper for the example scan: calibrated widths of every procedure on one colour scale, the voxels whose
 * truth they miss, and λ̂ by organ. Null where no calibrated intervals were kept.
 */
export function widthsMap(facts: ExperimentFacts, example: ExampleScan): SliceMap | null {
  const shown = facts.procedures.filter(({ procedure }) => Object.hasOwn(example.calibrated, procedure));
  if (shown.length === 0) return null;
  const scale = lengthScale(facts.units);
  const at = fullestSlice(example);
  const groups = sliceFor(example.groups, example.shape, at);
  const truth = sliceFor(example.truth, example.shape, at);
  const organs = organsIn(groups.voxels);
  const maps = shown.map(({ procedure }) => {
    const { lower, upper } = example.calibrated[procedure];
    const low = sliceFor(lower, example.shape, at);
    const high = sliceFor(upper, example.shape, at);
    const width = low.voxels.map((value, voxel) => high.voxels[voxel] - value);
    const missed = truth.voxels.map((value, voxel) =>
      value < low.voxels[voxel] || value > high.voxels[voxel] ? 1 : 0,
    );
    return {
      procedure,
      width: { ...low, voxels: width },
      missed: missed.reduce((sum, one) => sum + one, 0) / missed.length,
      dimmed: {
        ...low,
        voxels: truth.voxels.map((value, voxel) => (missed[voxel] ? Number.NaN : value * 0.62)),
      },
    };
  });
  const end = scaleEnd(
    maps.map(({ width }) => width.voxels),
    scale.factor,
  );
  const outlines = organs.map((id) => outlinePath(groups, id));
  // Rows are of equal length where they can be.
  const rows = Math.ceil(maps.length / MOST_IN_ROW);
  const columns = Math.ceil(maps.length / rows);
  const side = Math.min(PANEL, (MAP_WIDTH - (columns - 1) * GAP) / columns);
  const rowHeight = 2 * side + 62;
  const parts = maps.flatMap(({ procedure, width, missed, dimmed }, index) => {
    const x = (index % columns) * (side + GAP);
    const y = 22 + Math.floor(index / columns) * rowHeight;
    const above = placed(x, y, width, example.pixel, side);
    const below = placed(x, y + side + 26, width, example.pixel, side);
    return [
      text(x, y - 9, procedureName(procedure), { size: 13 }),
      ground(x, y, side),
      picture(
        painted(width, (value, out, to) => widthColour(value / end, out, to)),
        above,
      ),
      ...outlines.map((path) => stroke(path, above, 'white', 0.8)),
      directions(x, y, side),
      ground(x, y + side + 26, side),
      picture(painted(dimmed, missedOrGrey), below),
      text(x, y + side + 18, `missed: ${percent(missed)}`, {
        size: 11,
        colour: TONES.muted.light,
      }),
    ];
  });
  const bottom = rows * rowHeight;
  const bar = colourBar(bottom, end * scale.factor, scale.unit);
  const record = (procedure: string) =>
    facts.procedures
      .find((own) => own.procedure === procedure)
      ?.records.find(({ run }) => run === example.run);
  const strip = lambdaStrip(
    bottom + 62,
    shown.flatMap(({ procedure }) => record(procedure) ?? []),
    Object.keys(facts.experiment.document.labels).sort((a, b) => Number(a) - Number(b)),
    facts,
  );
  return {
    id: 'widths',
    title: 'Calibrated interval widths',
    caption:
      'Top: width of the calibrated interval of every voxel, all procedures on one scale, organs outlined. Middle: voxels whose true ' +
      `value lies outside (bright), and their share of the slice. Bottom: λ̂ by organ in ${scale.unit} for the split that this scan was held out of.`,
    description: `Width maps of ${shown.map(({ procedure }) => procedureName(procedure)).join(', ')} for one slice; share of its voxels missed: ${maps
      .map(({ procedure, missed }) => `${procedureName(procedure)} ${percent(missed)}`)
      .join(', ')}.`,
    svg: mapSvg(strip.bottom + 6, [...parts, ...bar, ...strip.parts]),
    data: {
      columns: ['procedure', 'scan', 'slice', 'share_missed_in_slice'],
      rows: maps.map(({ procedure, missed }) => [
        procedureName(procedure),
        example.scan,
        example.slices[at],
        missed,
      ]),
    },
  };
}

function missedOrGrey(value: number, out: Uint8Array, at: number): void {
  grey(value, out, at);
  if (Number.isNaN(value)) out.set(MISSED, at);
}

/** The width at which the colour scale ends, a round one in the unit shown: few voxels are wider, and one outlier does not flatten the rest. */
function scaleEnd(widths: readonly Float32Array[], factor: number): number {
  const sorted = new Float32Array(widths.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const one of widths) {
    sorted.set(one, at);
    at += one.length;
  }
  const reached = Math.max(quantile(sorted.sort(), 0.995) * factor, 1e-6);
  const step = 10 ** Math.floor(Math.log10(reached)) * 0.4;
  return (Math.ceil(reached / step - 1e-9) * step) / factor;
}

function colourBar(y: number, end: number, unit: string): string[] {
  const width = 260;
  const steps = {
    width: 256,
    height: 1,
    voxels: Float32Array.from({ length: 256 }, (_, step) => step / 255),
  };
  const bar = painted(steps, widthColour);
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) =>
    text(share * width, y + 27, String(Number((share * end).toPrecision(3))), {
      size: 11,
      anchor: share === 0 ? 'start' : share === 1 ? 'end' : 'middle',
    }),
  );
  const note = `interval width (${unit}); wider voxels have the last colour`;
  return [
    picture(bar, { x: 0, y, across: width / 256, down: 12 }),
    ...ticks,
    text(width + 12, y + 10, note, { size: 11, colour: TONES.muted.light }),
  ];
}

/** Cells of λ̂ by procedure and organ, for procedures that have one λ or one by organ. */
function lambdaStrip(
  y: number,
  records: readonly RunRecord[],
  ids: readonly string[],
  facts: ExperimentFacts,
) {
  const { labels } = facts.experiment.document;
  const scale = lengthScale(facts.units);
  const rows = records.flatMap(({ procedure, lambda }) => {
    if (procedure === 'k-crc') return [];
    const cells = ids.map((id) =>
      lambdaCell(procedure === 'crc' ? Object.values(lambda) : lambdasOfOrgan(lambda, id)),
    );
    return [{ procedure, cells }];
  });
  if (rows.length === 0) return { parts: [], bottom: y - 40 };
  const finite = rows.flatMap(({ cells }) => cells.map(({ middle }) => middle)).filter(Number.isFinite);
  const most = Math.max(...finite, 1e-6);
  const left = 88;
  const cell = (MAP_WIDTH - left - 40) / ids.length;
  const head = y + 72;
  // A range takes two lines.
  const heights = rows.map(({ cells }) => (cells.some(isRange) ? 36 : 25));
  const tops = heights.map((_, row) => head + sum(heights.slice(0, row)) + 2 * row);
  const bottom = head + sum(heights) + 2 * heights.length;
  const parts = [
    text(0, y - 4, `λ̂ by organ (${scale.unit})`, { size: 13 }),
    ...ids.map((id, column) =>
      text(left + (column + 0.35) * cell, head - 6, shortened(organName(labels, id), 18), {
        size: 10.5,
        turn: -32,
      }),
    ),
    ...rows.flatMap(({ procedure, cells }, row) => [
      text(0, tops[row] + heights[row] / 2 + 4.5, procedureName(procedure), { size: 12 }),
      ...cells.flatMap((lambda, column) => {
        const { middle, low, high } = lambda;
        const share = Number.isFinite(middle) ? middle / most : 1;
        const x = left + column * cell;
        const shown = !Number.isFinite(high)
          ? ['∞']
          : isRange(lambda)
            ? [`${decimal(low * scale.factor, 0)} to`, decimal(high * scale.factor, 0)]
            : [decimal(middle * scale.factor, 1)];
        const firstLine = tops[row] + heights[row] / 2 + 4 - 6.5 * (shown.length - 1);
        return [
          `<rect x="${fixed(x)}" y="${fixed(tops[row])}" width="${fixed(cell - 2)}" height="${heights[row]}" rx="2" fill="${widthCss(share)}"/>`,
          ...shown.map((line, at) =>
            text(x + cell / 2 - 1, firstLine + 13 * at, line, {
              size: 10.5,
              anchor: 'middle',
              colour: darkInk(share) ? '#000000' : 'white',
            }),
          ),
        ];
      }),
    ]),
  ];
  return { parts, bottom };
}

/** λ̂ of an organ in a strip: the range its groups and sides span, and their mean. */
interface LambdaCell {
  readonly low: number;
  readonly high: number;
  readonly middle: number;
}

const isRange = ({ low, high }: LambdaCell): boolean => Number.isFinite(high) && high - low >= 1e-9;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function lambdaCell(values: readonly RunRecord['lambda'][string][]): LambdaCell {
  const all = values.flatMap((value) =>
    typeof value === 'object' ? [Number(value.below), Number(value.above)] : [Number(value)],
  );
  const [low, high] = [Math.min(...all), Math.max(...all)];
  return { low, high, middle: mean(all) };
}
