// What is drawn over slices: outlines of organs, the crosshair, and letters for the sides of the patient.
import { type Box, centreOn, type Drawn, pixelRatio } from './layout.ts';
import type { Look, Subject } from './picture.ts';
import { outlinesOf } from './slice.ts';

const CROSSHAIR = 'rgb(250 252 255 / 60%)';
const LETTERS = '#b8c2d1';
/** Free of the crosshair around its voxel, and the width of outlines, in CSS pixels. */
const GAP = 5;
const OUTLINE = 1.25;
/** Outlines of slices that are kept. */
const KEPT = 40;

export interface Marking {
  readonly look: Look;
  /** Nothing is drawn outside it. */
  readonly box: Box;
  readonly outlines: boolean;
}

/** Marks of a scan on a canvas. */
export function marksOn(context: CanvasRenderingContext2D, { shape, organs }: Subject) {
  const kept = new Map<string, ReadonlyMap<string, Path2D>>();
  const ratio = (): number => pixelRatio(context.canvas);

  const drawOutlines = ({ tile, axes, slice, origin, voxel }: Drawn): void => {
    const key = `${tile.plane} ${slice}`;
    const found = kept.get(key) ?? outlinesOf(axes, slice, shape, organs);
    if (kept.size >= KEPT) kept.clear();
    kept.set(key, found);
    context.lineWidth = OUTLINE * ratio();
    context.lineCap = 'round';
    for (const [colour, path] of found) {
      const onCanvas = new Path2D();
      onCanvas.addPath(path, new DOMMatrix([voxel[0], 0, 0, voxel[1], ...origin]));
      context.strokeStyle = colour;
      context.stroke(onCanvas);
    }
  };

  const drawCrosshair = (one: Drawn, { look: { at }, box: [left, top, width, height] }: Marking): void => {
    const [x, y] = centreOn(one, at).map((place) => Math.floor(place) + 0.5);
    const gap = GAP * ratio();
    context.strokeStyle = CROSSHAIR;
    context.lineWidth = Math.max(1, Math.round(ratio()));
    context.beginPath();
    for (const [from, to] of [
      [left, x - gap],
      [x + gap, left + width],
    ]) {
      context.moveTo(from, y);
      context.lineTo(to, y);
    }
    for (const [from, to] of [
      [top, y - gap],
      [y + gap, top + height],
    ]) {
      context.moveTo(x, from);
      context.lineTo(x, to);
    }
    context.stroke();
  };

  const drawLetters = ({ axes: { edges } }: Drawn, { box: [left, top, width, height] }: Marking): void => {
    const inset = 10 * ratio();
    context.fillStyle = LETTERS;
    context.font = `600 ${12 * ratio()}px system-ui, sans-serif`;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.fillText(edges[0], left + inset, top + height / 2);
    context.fillText(edges[1], left + width - inset, top + height / 2);
    context.fillText(edges[2], left + width / 2, top + inset);
    context.fillText(edges[3], left + width / 2, top + height - inset);
  };

  return {
    draw(one: Drawn, marking: Marking): void {
      const { view, at } = marking.look;
      context.save();
      context.beginPath();
      context.rect(...marking.box);
      context.clip();
      if (marking.outlines) drawOutlines(one);
      if (one.slice === at[one.axes.through.axis]) drawCrosshair(one, marking);
      if (view !== 'mosaic') drawLetters(one, marking);
      context.restore();
    },
  };
}
