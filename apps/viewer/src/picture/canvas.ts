// A picture on a plain canvas: slices are coloured by the processor, only those that are seen.
import { type Frame, middleOf, WHOLE_FRAME } from './frame.ts';
import type { Layers, Picture, Subject, View } from './picture.ts';
import { type PlaneAxes, placeAt, placeOn, planeAxes, type ScreenAxis } from './planes.ts';
import { outlinesOf, paintSlice } from './slice.ts';
import { type Tile, tilesOf } from './tiles.ts';
import type { Voxel } from './voxel.ts';

/** A tile as it is drawn now: its slice, and what turns columns and rows into pixels of the canvas. */
interface Drawn {
  readonly tile: Tile;
  readonly axes: PlaneAxes;
  readonly slice: number;
  /** Of the tile, in pixels. */
  readonly box: readonly [left: number, top: number, width: number, height: number];
  /** Upper left corner of the slice, and the size of a voxel, in pixels. */
  readonly origin: readonly [x: number, y: number];
  readonly voxel: readonly [width: number, height: number];
}

const BACKGROUND = '#08090b';
const CROSSHAIR = 'rgb(250 252 255 / 60%)';
const LETTERS = '#b8c2d1';
/** Free of the crosshair around its voxel, and the width of outlines, in CSS pixels. */
const GAP = 5;
const OUTLINE = 1.25;
/** Outlines of slices that are kept. */
const KEPT = 40;

/** Draws a scan on a canvas. */
export function canvasPicture(canvas: HTMLCanvasElement, subject: Subject): Picture {
  const { shape, organs } = subject;
  const context = canvas.getContext('2d', { alpha: false })!;
  const own = new OffscreenCanvas(1, 1);
  const axesOf = {
    axial: planeAxes('axial', subject),
    coronal: planeAxes('coronal', subject),
    sagittal: planeAxes('sagittal', subject),
  };
  const outlines = new Map<string, ReadonlyMap<string, Path2D>>();
  let frame: Frame = WHOLE_FRAME;
  let layers: Layers | null = null;
  let view: View = 'planes';
  let at: Voxel = [shape[2] >> 1, shape[1] >> 1, shape[0] >> 1];

  const ratio = (): number => canvas.width / Math.max(canvas.clientWidth, 1);

  /** Where everything stands now. */
  const drawn = (): Drawn[] =>
    tilesOf(view, canvas.width / Math.max(canvas.height, 1), subject).map((tile) => {
      const axes = axesOf[tile.plane];
      const [left, top, width, height] = tile.box.map((share, side) =>
        Math.round(share * (side % 2 === 0 ? canvas.width : canvas.height)),
      ) as [number, number, number, number];
      const extent = ({ size, spacing }: ScreenAxis) => size * spacing;
      const { across, down } = axes;
      const scale = frame.zoom * Math.min(width / extent(across), height / extent(down));
      const voxel = [scale * across.spacing, scale * down.spacing] as const;
      const [column, row] = placeOn(axes, middleOf(frame, shape));
      return {
        tile,
        axes,
        slice: tile.slice ?? at[axes.through.axis],
        box: [left, top, width, height],
        origin: [left + width / 2 - (column + 0.5) * voxel[0], top + height / 2 - (row + 0.5) * voxel[1]],
        voxel,
      };
    });

  const render = (): void => {
    context.fillStyle = BACKGROUND;
    context.fillRect(0, 0, canvas.width, canvas.height);
    if (!layers) return;
    for (const one of drawn()) {
      context.save();
      context.beginPath();
      context.rect(...one.box);
      context.clip();
      drawSlice(one, layers);
      if (layers.outlines) drawOutlines(one);
      if (one.slice === at[one.axes.through.axis]) drawCrosshair(one);
      if (view !== 'mosaic') drawLetters(one);
      context.restore();
    }
  };

  const drawSlice = ({ axes, slice, origin, voxel }: Drawn, what: Layers): void => {
    const [width, height] = [axes.across.size, axes.down.size];
    own.width = width;
    own.height = height;
    const on = own.getContext('2d', { alpha: false })!;
    const image = on.createImageData(width, height);
    paintSlice(image.data, axes, slice, shape, what);
    on.putImageData(image, 0, 0);
    context.drawImage(own, ...origin, width * voxel[0], height * voxel[1]);
  };

  const drawOutlines = ({ tile, axes, slice, origin, voxel }: Drawn): void => {
    const key = `${tile.plane} ${slice}`;
    const found = outlines.get(key) ?? outlinesOf(axes, slice, shape, organs);
    if (outlines.size >= KEPT) outlines.clear();
    outlines.set(key, found);
    context.lineWidth = OUTLINE * ratio();
    context.lineCap = 'round';
    for (const [colour, path] of found) {
      const onCanvas = new Path2D();
      onCanvas.addPath(path, new DOMMatrix([voxel[0], 0, 0, voxel[1], ...origin]));
      context.strokeStyle = colour;
      context.stroke(onCanvas);
    }
  };

  /** Where the centre of a voxel of the slice is, in pixels. */
  const centreOf = ({ axes, origin, voxel }: Drawn, of: Voxel): readonly [number, number] => {
    const [column, row] = placeOn(axes, of);
    return [origin[0] + (column + 0.5) * voxel[0], origin[1] + (row + 0.5) * voxel[1]];
  };

  const drawCrosshair = (one: Drawn): void => {
    const [x, y] = centreOf(one, at).map((place) => Math.floor(place) + 0.5);
    const [left, top, width, height] = one.box;
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

  const drawLetters = ({ axes: { edges }, box: [left, top, width, height] }: Drawn): void => {
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

  const resize = (): void => {
    const pixels = globalThis.devicePixelRatio || 1;
    canvas.width = Math.max(1, Math.round(canvas.clientWidth * pixels));
    canvas.height = Math.max(1, Math.round(canvas.clientHeight * pixels));
    render();
  };
  const resized = new ResizeObserver(resize);
  resized.observe(canvas);
  resize();

  return {
    draw(next) {
      layers = next;
      render();
    },
    look(next, part) {
      view = next;
      frame = part;
      render();
    },
    goTo(voxel) {
      at = voxel;
      render();
    },
    spotAt(x, y) {
      const [px, py] = [x * ratio(), y * ratio()];
      const one = drawn().find(
        ({ box: [left, top, width, height] }) =>
          px >= left && py >= top && px < left + width && py < top + height,
      );
      if (!one) return null;
      const { tile, axes, slice, origin, voxel } = one;
      const [column, row] = [(px - origin[0]) / voxel[0] - 0.5, (py - origin[1]) / voxel[1] - 0.5];
      return { plane: tile.plane, place: placeAt(axes, column, row, slice) };
    },
    pointOf(voxel) {
      const one = drawn().find(({ axes, slice }) => voxel[axes.through.axis] === slice);
      return one ? (centreOf(one, voxel).map((place) => place / ratio()) as [number, number]) : null;
    },
    snapshot: () => createImageBitmap(canvas),
    close() {
      resized.disconnect();
    },
  };
}
