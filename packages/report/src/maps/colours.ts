import { scheme } from 'vega';

/** Red, green and blue of a share in [0, 1], in 256 steps: lightness rises evenly, so the scale reads in greyscale too. */
const WIDTHS = table('viridis');

function table(name: string): Uint8Array {
  const colourAt = scheme(name) as unknown as (share: number) => string;
  const colours = new Uint8Array(256 * 3);
  for (let step = 0; step < 256; step++) {
    const [red, green, blue] = colourAt(step / 255)
      .match(/\d+/g)!
      .map(Number);
    colours.set([red, green, blue], 3 * step);
  }
  return colours;
}

/** Paints a share of the scale's end in the colours of widths. */
export function widthColour(share: number, out: Uint8Array, at: number): void {
  const step = Math.round(255 * Math.min(Math.max(share, 0), 1));
  out.set(WIDTHS.subarray(3 * step, 3 * step + 3), at);
  out[at + 3] = 255;
}

/** The same colour for CSS. */
export function widthCss(share: number): string {
  const rgba = new Uint8Array(4);
  widthColour(share, rgba, 0);
  return `rgb(${rgba[0]},${rgba[1]},${rgba[2]})`;
}

/** Whether black letters read better than white ones on a colour of the scale. */
export function darkInk(share: number): boolean {
  return share > 0.45;
}

/** Paints a windowed intensity in grey. */
export function grey(value: number, out: Uint8Array, at: number): void {
  out.fill(Math.round(255 * Math.min(Math.max(value, 0), 1)), at, at + 3);
  out[at + 3] = 255;
}

/** Colours of organ outlines by label id: light enough for CT, far apart for colour-blind readers. */
const OUTLINES: Readonly<Record<string, string>> = {
  2: '#e69f00',
  3: '#56b4e9',
  4: '#56b4e9',
  5: '#9be564',
  7: '#f0e442',
  8: '#ff9ecb',
  9: '#ff5d4f',
  10: '#6f9bff',
  12: '#c58bff',
};
const OTHERS = ['#8de0d0', '#ffd9a0', '#d0d0ff', '#b5e0a0', '#ffb0b0'];

/** Outline colour of a label. */
export function outlineColour(id: number): string {
  return OUTLINES[id] ?? OTHERS[id % OTHERS.length];
}
