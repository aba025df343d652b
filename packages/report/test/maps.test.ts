import { decode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { factsOf } from '../src/experiment.ts';
import { anatomyMap } from '../src/maps/anatomy.ts';
import { widthColour } from '../src/maps/colours.ts';
import { outlinePath } from '../src/maps/outline.ts';
import { MAP_WIDTH } from '../src/maps/panel.ts';
import { sliceFor } from '../src/maps/raster.ts';
import { widthsMap } from '../src/maps/widths.ts';
import { madeDocument, madeExample, numbers } from './made.ts';

/** Signed area that a path of straight lines encloses, by the shoelace formula over its closed parts. */
function areaOf(path: string): number {
  return path
    .split('Z')
    .filter((part) => part !== '')
    .reduce((total, part) => {
      const points = [...part.matchAll(/([\d.]+) ([\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)]);
      return points.reduce((sum, [x, y], at) => {
        const [nextX, nextY] = points[(at + 1) % points.length];
        return sum + (x * nextY - nextX * y) / 2;
      }, total);
    }, 0);
}

describe('an outline', () => {
  it('encloses exactly the voxels of its label, holes left out', () => {
    const next = numbers(4);
    for (let trial = 0; trial < 50; trial++) {
      const [width, height] = [1 + Math.floor(9 * next()), 1 + Math.floor(9 * next())];
      const voxels = Uint8Array.from({ length: width * height }, () => (next() < 0.6 ? 3 : 0));
      const count = voxels.filter((label) => label === 3).length;
      expect(areaOf(outlinePath({ width, height, voxels }, 3))).toBeCloseTo(count, 9);
    }
  });
});

describe('a slice for looking at', () => {
  it('has the patient’s right on the left and the front on top', () => {
    // RAS: x grows to the patient's right, y to the front. One bright voxel at the right front.
    const voxels = new Float32Array(12);
    voxels[1 * 3 + 2 + 6] = 1;
    const slice = sliceFor(voxels, [2, 2, 3], 1);
    expect(slice.voxels.indexOf(1)).toBe(0);
  });
});

describe('the maps of an example', () => {
  const example = madeExample();
  const made = {
    ...{ name: 'made', document: madeDocument(), example },
    ...{ curve: null, mended: null, background: null, digest: null },
  };
  const facts = factsOf(made);
  const pictures = (svg: string) =>
    [...svg.matchAll(/href="data:image\/png;base64,([^"]+)"/g)].map(([, data]) =>
      decode(Buffer.from(data, 'base64')),
    );

  it('show truth, measurement, prediction and organs of the slice with the most organ voxels', () => {
    const { svg, caption } = anatomyMap(facts, example);
    const [truth, measurement, prediction, labelled] = pictures(svg);
    expect(caption).toContain('slice 9');
    expect([truth.data[0], measurement.data[0], prediction.data[0], labelled.data[0]]).toEqual([
      128, 77, 128, 128,
    ]);
    expect(svg).toContain('liver');
    expect(svg).toMatch(/<path[^>]+d="M/);
    for (const direction of ['R', 'L', 'A', 'P']) expect(svg).toContain(`>${direction}</text>`);
  });

  it('keep the shape that voxels have in millimetres', () => {
    const [, across, down] = /<image [^>]*width="([\d.]+)" height="([\d.]+)"/.exec(
      anatomyMap(facts, example).svg,
    )!;
    expect(Number(down) / Number(across)).toBeCloseTo((5 * 2) / (6 * 1), 2);
  });

  it('paint widths on one scale and missed voxels where the truth lies outside', () => {
    const map = widthsMap(facts, example)!;
    const [crc, crcMissed, sem, semMissed] = pictures(map.svg);
    // The voxel narrowed for sem-crc stands at x 0, y 0 of the file: bottom right of the picture.
    const corner = 4 * (crc.width * crc.height - 1);
    expect([...crc.data.slice(corner, corner + 3)]).toEqual([...crc.data.slice(0, 3)]);
    expect([...sem.data.slice(0, 3)]).toEqual([...crc.data.slice(0, 3)]);
    expect([...sem.data.slice(corner, corner + 3)]).not.toEqual([...crc.data.slice(corner, corner + 3)]);
    expect([...crcMissed.data.slice(corner, corner + 3)]).not.toEqual([255, 196, 61]);
    expect([...semMissed.data.slice(corner, corner + 3)]).toEqual([255, 196, 61]);
    expect(map.data!.rows.map((row) => row[3])).toEqual([0, 1 / 30]);
  });

  it('stand in rows of equal length, five in one, and end within the map', () => {
    const all = ['crc', 'k-crc', 'sem-crc', 'organ-crc', 'shortest', 'recentred'] as const;
    for (const [count, perRow] of [
      [2, 2],
      [5, 5],
      [6, 3],
    ]) {
      const names = all.slice(0, count);
      const { runs, ...rest } = madeDocument();
      const crc = runs.filter((record) => record.procedure === 'crc');
      const document = {
        ...rest,
        runs: names.flatMap((procedure) => crc.map((record) => ({ ...record, procedure }))),
      };
      const calibrated = Object.fromEntries(names.map((name) => [name, example.calibrated.crc]));
      const { svg } = widthsMap(factsOf({ ...made, document }), { ...example, calibrated })!;
      const grounds = [...svg.matchAll(/<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" [^>]*#000000/g)];
      const heights = new Set(grounds.map(([, , y]) => y));
      expect(heights.size).toBe((2 * count) / perRow);
      for (const height of heights) {
        const row = grounds.filter(([, , y]) => y === height);
        expect(row).toHaveLength(perRow);
        const [, x, , width] = row[perRow - 1].map(Number);
        expect(x + width).toBeLessThanOrEqual(MAP_WIDTH + 0.01);
      }
    }
  });

  it('name the range of λ̂ that the groups of an organ span, with a true minus', () => {
    const document = madeDocument();
    const runs = document.runs.map((record) =>
      record.procedure === 'sem-crc'
        ? { ...record, lambda: { ...record.lambda, '7/0': -0.25, '7/1': 0.5 } }
        : record,
    );
    const { svg } = widthsMap(factsOf({ ...made, document: { ...document, runs } }), example)!;
    expect(svg).toMatch(/>−\d+ to<.*>\d+</);
  });

  it('are left out where no calibrated intervals were kept', () => {
    expect(widthsMap(facts, { ...example, calibrated: {} })).toBeNull();
  });
});

describe('the colours of widths', () => {
  it('grow lighter all the way, so that they read in greyscale', () => {
    const lightness = Array.from({ length: 256 }, (_, step) => {
      const rgba = new Uint8Array(4);
      widthColour(step / 255, rgba, 0);
      const [red, green, blue] = [...rgba].map((value) => (value / 255) ** 2.2);
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    });
    lightness.slice(1).forEach((value, at) => {
      expect(value).toBeGreaterThanOrEqual(lightness[at] - 0.003);
    });
  });
});
