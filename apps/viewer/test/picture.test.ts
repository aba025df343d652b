import { describe, expect, it } from 'vitest';
import { colourAt, gradient, isOutlined, outlineColour, VIRIDIS } from '../src/picture/colours.ts';
import { roundUp, scaleEnd, ticks } from '../src/picture/scale.ts';
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
