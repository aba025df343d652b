import { drawSvg, inlineSvg } from '../figures/draw.ts';
import type { Figure } from '../figures/figure.ts';
import type { PageFigure } from './figure.ts';

/** A figure as it stands in a page, and by itself. */
export interface DrawnFigure extends PageFigure {
  /** The standalone picture. */
  readonly svg: string;
}

/** Draws a figure. */
export async function drawn(figure: Figure): Promise<DrawnFigure> {
  const svg = await drawSvg(figure.spec);
  const { id, title, caption, description, data } = figure;
  return { id, title, caption, description, data, svg, inline: inlineSvg(svg, id) };
}
