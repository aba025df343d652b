// A picture on a plain canvas: slices are coloured by the processor, only those that are seen.
import { type Drawn, layOut, pixelRatio, spotOn } from './layout.ts';
import { marksOn } from './marks.ts';
import type { Layers, Look, Picture, Subject } from './picture.ts';
import { paintSlice } from './slice.ts';

const BACKGROUND = '#08090b';

/** Draws a scan on a canvas. */
export function canvasPicture(canvas: HTMLCanvasElement, subject: Subject): Picture {
  const { shape } = subject;
  const context = canvas.getContext('2d', { alpha: false })!;
  const own = new OffscreenCanvas(1, 1);
  const marks = marksOn(context, subject);
  let layers: Layers | null = null;
  let look: Look | null = null;

  const render = (): void => {
    context.fillStyle = BACKGROUND;
    context.fillRect(0, 0, canvas.width, canvas.height);
    if (!layers || !look) return;
    for (const one of layOut(subject, canvas, look)) {
      context.save();
      context.beginPath();
      context.rect(...one.box);
      context.clip();
      drawSlice(one, layers);
      context.restore();
      marks.draw(one, { look, box: one.box, outlines: layers.outlines });
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
    look(next) {
      look = next;
      render();
    },
    spotAt: (x, y) =>
      look && spotOn(layOut(subject, canvas, look), x * pixelRatio(canvas), y * pixelRatio(canvas)),
    snapshot: () => createImageBitmap(canvas),
    close() {
      resized.disconnect();
    },
  };
}
