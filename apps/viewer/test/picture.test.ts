import { describe, expect, it } from 'vitest';
import { colourAt, gradient, isOutlined, MISSED, outlineColour, VIRIDIS } from '../src/picture/colours.ts';
import { type Frame, middleOf, moved, nextFrame, WHOLE_FRAME, zoomed } from '../src/picture/frame.ts';
import { type Plane, placeAt, placeOn, planeAxes } from '../src/picture/planes.ts';
import { roundUp, scaleEnd, ticks } from '../src/picture/scale.ts';
import { paintSlice } from '../src/picture/slice.ts';
import { tilesOf } from '../src/picture/tiles.ts';
import { indexOf, isInside, neighbour, organCentre, type Shape } from '../src/picture/voxel.ts';

describe('the end of a colour scale', () => {
  it('is a round number of HU that leaves out one voxel in two hundred at most', () => {
    const widths = Float32Array.from({ length: 10_000 }, (_, at) => (0.2 * at) / 10_000);
    const end = scaleEnd(widths, 425);
    expect(end * 425).toBeCloseTo(100, 6); // 99.5% of 85 HU is 84.6: the next of 80, 100, 120
    const wider = widths.filter((width) => width > end).length;
    expect(wider / widths.length).toBeLessThanOrEqual(0.005);
  });

  it('is not moved by one voxel that is as wide as the range', () => {
    const widths = new Float32Array(10_000).fill(0.05);
    const before = scaleEnd(widths, 425);
    widths[77] = 1;
    expect(scaleEnd(widths, 425)).toBe(before);
  });

  it('has five marks that a person reads', () => {
    expect(ticks({ low: 0, high: roundUp(84.6) }, 1)).toEqual(['0', '25', '50', '75', '100']);
    expect(ticks({ low: -0.2, high: 0.2 }, 400)).toEqual(['−80', '−40', '0', '40', '80']);
    expect(ticks({ low: 0, high: roundUp(0.0301) }, 1)).toEqual(['0', '0.008', '0.016', '0.024', '0.032']);
  });
});

describe('colours', () => {
  it('are the stops at the stops, blend between them, and are cut off beyond the ends', () => {
    VIRIDIS.stops.forEach((stop, at) => {
      expect(colourAt(VIRIDIS, at / (VIRIDIS.stops.length - 1))).toEqual(stop);
    });
    expect(colourAt(VIRIDIS, -1)).toEqual(VIRIDIS.stops[0]);
    expect(colourAt(VIRIDIS, 7)).toEqual(VIRIDIS.stops.at(-1));
    expect(colourAt(VIRIDIS, 0.5 / 16)).toEqual([70, 13, 96]);
    expect(gradient(VIRIDIS)).toContain('rgb(68 1 84), rgb(72 25 107)');
  });

  it('grow lighter along the scale', () => {
    const lightness = Array.from({ length: 33 }, (_, at) => {
      const [red, green, blue] = colourAt(VIRIDIS, at / 32);
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    });
    for (let at = 1; at < lightness.length; at++) expect(lightness[at]).toBeGreaterThan(lightness[at - 1]);
  });

  it('outline every label but background and body', () => {
    expect([0, 1, 2, 64, 65535].map(isOutlined)).toEqual([false, false, true, true, true]);
    for (const id of [2, 12, 64, 255, 65535]) expect(outlineColour(id)).toHaveLength(3);
  });
});

describe('a plane', () => {
  const shape: Shape = [4, 5, 6];
  const spacing = [1, 2, 3] as const;
  const ORDERS = ['RAS', 'LPS', 'LAI', 'SAR', 'PIL', 'ARS'];
  const PLANES: readonly Plane[] = ['axial', 'coronal', 'sagittal'];

  it('has the patient’s right or nose at the left, and the front or head above, in any order of voxels', () => {
    for (const axes of ORDERS) {
      const scan = { axes, shape, spacing };
      for (const plane of PLANES) {
        const on = planeAxes(plane, scan);
        const middle = placeAt(on, 2, 2, 1);
        expect(placeOn(on, middle), `${axes} ${plane}`).toEqual([2, 2]);
        const [left, right, top, bottom] = on.edges;
        for (const [side, column, row] of [
          [left, 1, 2],
          [right, 3, 2],
          [top, 2, 1],
          [bottom, 2, 3],
        ] as const) {
          expect(placeAt(on, column, row, 1), `${axes} ${plane} ${side}`).toEqual(
            neighbour(middle, side, scan),
          );
        }
      }
    }
  });

  it('is painted in the colours of the map over the grey of the image, voxel for voxel', () => {
    const base = Float32Array.from({ length: 120 }, (_, at) => (at % 7) / 5);
    const values = Float32Array.from({ length: 120 }, (_, at) => (at % 11) / 10);
    values[3] = Number.POSITIVE_INFINITY;
    const grey = (voxel: number) => 255 * Math.min(base[voxel], 1);
    for (const axes of ORDERS) {
      for (const plane of PLANES) {
        const on = planeAxes(plane, { axes, shape, spacing });
        const pixels = new Uint8ClampedArray(4 * on.across.size * on.down.size);
        for (const [colours, opacity] of [
          [VIRIDIS, 1],
          [VIRIDIS, 0.25],
          [MISSED, 0.5],
        ] as const) {
          const map = { colours, low: 0, high: 1, value: (voxel: number) => values[voxel] };
          paintSlice(pixels, on, 2, shape, { base, map, opacity, outlines: false });
          for (let row = 0; row < on.down.size; row++) {
            for (let column = 0; column < on.across.size; column++) {
              const voxel = indexOf(placeAt(on, column, row, 2), shape);
              const at = 4 * (row * on.across.size + column);
              const share = colours.clear && values[voxel] === 0 ? 0 : opacity;
              colourAt(colours, values[voxel]).forEach((channel, index) => {
                const wanted = grey(voxel) + share * (channel - grey(voxel));
                expect(Math.abs(pixels[at + index] - wanted), `${axes} ${plane} ${voxel}`).toBeLessThan(2.5);
              });
              expect(pixels[at + 3]).toBe(255);
            }
          }
        }
      }
    }
  });

  it('grows around a voxel, twice, and is whole again', () => {
    const first = nextFrame(WHOLE_FRAME, [5, 0, 2]);
    expect(first).toEqual({ zoom: 2, centre: [5, 0, 2] });
    const second = nextFrame(first, [4, 0, 2]);
    expect(second).toEqual({ zoom: 4, centre: [4, 0, 2] });
    expect(nextFrame(second, [5, 0, 2])).toBe(WHOLE_FRAME);
  });

  it('grows around a place of a plane, which stays where it is, and moves with the hand', () => {
    const axes = planeAxes('axial', { axes: 'LPS', shape, spacing });
    /** Where a place is seen, from the middle of the plane. */
    const seen = (frame: Frame, place: readonly number[]) =>
      [0, 1].map((axis) => frame.zoom * (place[axis] - middleOf(frame, shape)[axis]));
    const at = [1.25, 2, 3] as const;
    const frame: Frame = { zoom: 2, centre: [3, 1, 2] };
    const larger = zoomed(frame, 1.5, at, axes, shape);
    expect(larger.zoom).toBe(3);
    expect(larger.centre?.[2]).toBe(2);
    for (const axis of [0, 1]) expect(seen(larger, at)[axis]).toBeCloseTo(seen(frame, at)[axis], 12);
    expect(zoomed(frame, 0.25, at, axes, shape)).toBe(WHOLE_FRAME);
    const to = [2, 2.5, 3] as const;
    expect(seen(moved(frame, at, to, shape), at)).toEqual(seen(frame, to));
    // No further than its middle can be pushed aside.
    expect(moved(frame, at, [-99, 99, 3], shape).centre).toEqual([shape[2] - 1, 0, 2]);
  });

  it('stands in a mosaic from the feet up, each slice once', () => {
    for (const [axes, slices] of [
      ['RAS', [0, 1, 2, 3]],
      ['LPI', [3, 2, 1, 0]],
    ] as const) {
      const tiles = tilesOf('mosaic', 1, { axes, shape, spacing });
      expect(tiles.map(({ slice }) => slice)).toEqual(slices);
    }
    const tiles = tilesOf('mosaic', 1, { axes: 'RAS', shape: [100, 5, 6], spacing });
    expect(tiles).toHaveLength(12);
    expect(new Set(tiles.map(({ box }) => box.join())).size).toBe(12);
  });
});

describe('a step through the scan', () => {
  it('goes towards the side of the patient it names, however the file is stored, and ends where the scan does', () => {
    const shape: Shape = [3, 20, 30];
    expect(neighbour([5, 6, 1], 'R', { axes: 'RAS', shape })).toEqual([6, 6, 1]);
    expect(neighbour([5, 6, 1], 'R', { axes: 'LPS', shape })).toEqual([4, 6, 1]);
    expect(neighbour([5, 6, 1], 'A', { axes: 'LPS', shape })).toEqual([5, 5, 1]);
    expect(neighbour([5, 6, 1], 'I', { axes: 'SAR', shape })).toEqual([4, 6, 1]);
    expect(neighbour([29, 6, 0], 'R', { axes: 'RAS', shape })).toEqual([29, 6, 0]);
    expect(neighbour([29, 6, 0], 'I', { axes: 'RAS', shape })).toEqual([29, 6, 0]);
  });
});

describe('the centre of an organ', () => {
  const shape: Shape = [3, 20, 20];

  it('is a voxel of the organ, even where its centre of mass is none', () => {
    const organs = new Uint16Array(3 * 20 * 20);
    // A ring in the middle slice.
    for (let y = 0; y < 20; y++) {
      for (let x = 0; x < 20; x++) {
        const radius = Math.hypot(x - 10, y - 10);
        if (radius > 5 && radius < 8) organs[indexOf([x, y, 1], shape)] = 7;
      }
    }
    const centre = organCentre(organs, 7, shape)!;
    expect(organs[indexOf(centre, shape)]).toBe(7);
    expect(centre[2]).toBe(1);
    expect(Math.hypot(centre[0] - 10, centre[1] - 10)).toBeLessThan(5.5);
  });

  it('is null where the scan has no such organ', () => {
    expect(organCentre(new Uint16Array(1200), 7, shape)).toBeNull();
  });

  it('lies inside the scan, whose corners do, too, and their neighbours do not', () => {
    expect(isInside([19, 19, 2], shape)).toBe(true);
    expect(
      [[20, 0, 0] as const, [0, -1, 0] as const, [0, 0, 3] as const].some((at) => isInside(at, shape)),
    ).toBe(false);
  });
});
