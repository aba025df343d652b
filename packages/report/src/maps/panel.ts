import { FONT, TONES } from '../figures/theme.ts';
import { escapeXml } from '../page/escape.ts';
import { pngUrl, type Raster } from './raster.ts';

/** Side of a panel where four fill a row, in pixels of its SVG. */
export const PANEL = 172;
export const GAP = 12;
export const MAP_WIDTH = 4 * PANEL + 3 * GAP;

/** Where a picture of so many voxels, each so many mm wide and high, stands in a panel. */
export interface Placement {
  readonly x: number;
  readonly y: number;
  /** Pixels of the SVG per voxel, across and down. */
  readonly across: number;
  readonly down: number;
}

/** Fits a slice into the panel of this side at (x, y), keeping the shape it has in mm. */
export function placed(
  x: number,
  y: number,
  { width, height }: { readonly width: number; readonly height: number },
  pixel: readonly [x: number, y: number] | null,
  side = PANEL,
): Placement {
  const [sizeX, sizeY] = pixel ?? [1, 1];
  const scale = Math.min(side / (width * sizeX), side / (height * sizeY));
  const [across, down] = [scale * sizeX, scale * sizeY];
  return { x: x + (side - width * across) / 2, y: y + (side - height * down) / 2, across, down };
}

/** A raster in its place; voxels stay square-edged. */
export function picture(raster: Raster, { x, y, across, down }: Placement): string {
  return (
    `<image x="${fixed(x)}" y="${fixed(y)}" width="${fixed(raster.width * across)}" height="${fixed(raster.height * down)}" ` +
    `preserveAspectRatio="none" image-rendering="pixelated" style="image-rendering:pixelated" href="${pngUrl(raster)}"/>`
  );
}

/** An outline over a picture, a pixel and a bit wide whatever the voxels' size. */
export function stroke(
  path: string,
  { x, y, across, down }: Placement,
  colour: string,
  width: number,
): string {
  if (path === '') return '';
  return (
    `<path transform="translate(${fixed(x)},${fixed(y)}) scale(${fixed(across)},${fixed(down)})" d="${path}" fill="none" ` +
    `stroke="${colour}" stroke-width="${width}" vector-effect="non-scaling-stroke" stroke-linejoin="round"/>`
  );
}

/** The four directions at the panel's edges: the patient's right on the left, front on top. */
export function directions(x: number, y: number, side = PANEL): string {
  const mark = (dx: number, dy: number, name: string) =>
    `<text x="${fixed(x + dx)}" y="${fixed(y + dy)}" font-size="10" fill="white" stroke="black" stroke-width="2" paint-order="stroke" text-anchor="middle">${name}</text>`;
  return [
    mark(8, side / 2 + 4, 'R'),
    mark(side - 8, side / 2 + 4, 'L'),
    mark(side / 2, 12, 'A'),
    mark(side / 2, side - 5, 'P'),
  ].join('');
}

/** The dark ground of a panel. */
export const ground = (x: number, y: number, side = PANEL): string =>
  `<rect x="${fixed(x)}" y="${fixed(y)}" width="${fixed(side)}" height="${fixed(side)}" fill="#000000" rx="3"/>`;

/** A line of text. */
export function text(
  x: number,
  y: number,
  content: string,
  { size = 12, anchor = 'start', colour = TONES.ink.light as string, turn = 0 } = {},
): string {
  const turned = turn === 0 ? '' : ` transform="rotate(${turn} ${fixed(x)} ${fixed(y)})"`;
  return `<text x="${fixed(x)}" y="${fixed(y)}" font-size="${size}" fill="${colour}" text-anchor="${anchor}"${turned}>${escapeXml(content)}</text>`;
}

/** A whole map. */
export function mapSvg(height: number, parts: readonly string[]): string {
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${MAP_WIDTH}" height="${fixed(height)}" viewBox="0 0 ${MAP_WIDTH} ${fixed(height)}" ` +
    `font-family="${FONT}">${parts.join('')}</svg>`
  );
}

export const fixed = (value: number): string => String(Math.round(value * 100) / 100);
