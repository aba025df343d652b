// Colours of maps and outlines, shared by the picture, the colour bar and the table.

export type Rgb = readonly [red: number, green: number, blue: number];

/** Colours between which a scale blends evenly. */
export interface ColourScale {
  readonly name: string;
  readonly stops: readonly Rgb[];
  /** Whether the low end is see-through, for maps that mark a few voxels. */
  readonly clear: boolean;
}

/** Viridis: lightness rises evenly, so that the scale reads in greyscale and for colour-blind readers. */
export const VIRIDIS: ColourScale = {
  name: 'semcrc-viridis',
  clear: false,
  stops: [
    [68, 1, 84],
    [72, 25, 107],
    [71, 45, 123],
    [66, 64, 134],
    [59, 82, 139],
    [52, 99, 141],
    [44, 114, 142],
    [39, 130, 142],
    [33, 145, 141],
    [31, 159, 136],
    [40, 174, 128],
    [62, 188, 116],
    [93, 201, 99],
    [130, 211, 76],
    [171, 220, 50],
    [213, 226, 27],
    [253, 231, 37],
  ],
};

/** Voxels whose truth lies outside, on the image. */
export const MISSED: ColourScale = {
  name: 'semcrc-missed',
  clear: true,
  stops: [
    [255, 196, 61],
    [255, 196, 61],
  ],
};

/** The colour of a share of the scale's end, cut off at both ends. */
export function colourAt({ stops }: ColourScale, share: number): Rgb {
  const at = Math.min(Math.max(share, 0), 1) * (stops.length - 1);
  const below = Math.min(Math.floor(at), stops.length - 2);
  const [a, b] = [stops[below], stops[below + 1]];
  const mix = (channel: 0 | 1 | 2): number =>
    Math.round(a[channel] + (at - below) * (b[channel] - a[channel]));
  return [mix(0), mix(1), mix(2)];
}

/** A colour for style sheets. */
export const css = ([red, green, blue]: Rgb): string => `rgb(${red} ${green} ${blue})`;

/** The scale as a gradient from left to right. */
export function gradient({ stops }: ColourScale): string {
  return `linear-gradient(90deg, ${stops.map(css).join(', ')})`;
}

/** Outline colours by label id, those of the report: light enough for CT, far apart for colour-blind readers. */
const OUTLINES: Readonly<Record<number, Rgb>> = {
  2: [230, 159, 0],
  3: [86, 180, 233],
  4: [86, 180, 233],
  5: [155, 229, 100],
  7: [240, 228, 66],
  8: [255, 158, 203],
  9: [255, 93, 79],
  10: [111, 155, 255],
  12: [197, 139, 255],
};
const OTHERS: readonly Rgb[] = [
  [141, 224, 208],
  [255, 217, 160],
  [208, 208, 255],
  [181, 224, 160],
  [255, 176, 176],
];

/** Background and body have no outline: what they border on has. */
export const isOutlined = (id: number): boolean => id > 1;

export function outlineColour(id: number): Rgb {
  return OUTLINES[id] ?? OTHERS[id % OTHERS.length];
}
