// Axial slices on a plain canvas, for browsers without WebGL2.
import { colourAt, css, isOutlined, outlineColour } from './colours.ts';
import type { Layers, Picture, Subject } from './picture.ts';
import { indexOf, type Voxel } from './voxel.ts';

/**
 * Draws one slice at a time, that of the crosshair, as the file stores it but turned as radiologists look: the patient's right at
 * the left, the front above.
 */
export function flatPicture(
  canvas: HTMLCanvasElement,
  subject: Subject,
  place: (voxel: Voxel) => void,
): Picture {
  const [slices, height, width] = subject.shape;
  // The affine says where its axes go: x to the patient's right grows to the left on screen, y to the front upwards.
  const column = (x: number): number => (subject.affine[0] > 0 ? width - 1 - x : x);
  const row = (y: number): number => (subject.affine[5] > 0 ? height - 1 - y : y);
  const context = canvas.getContext('2d')!;
  let layers: Layers | null = null;
  let at: Voxel = [width >> 1, height >> 1, slices >> 1];

  const draw = (): void => {
    canvas.width = width;
    canvas.height = height;
    if (!layers) return;
    const picture = context.createImageData(width, height);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        picture.data.set(colourOf(layers, subject, [x, y, at[2]]), 4 * (row(y) * width + column(x)));
      }
    }
    context.putImageData(picture, 0, 0);
    context.strokeStyle = css([250, 250, 255]);
    context.strokeRect(column(at[0]) - 1.5, row(at[1]) - 1.5, 4, 4);
  };
  const voxelAt = (x: number, y: number): Voxel | null => {
    const voxel: Voxel = [
      column(Math.floor((x / canvas.clientWidth) * width)),
      row(Math.floor((y / canvas.clientHeight) * height)),
      at[2],
    ];
    return voxel[0] >= 0 && voxel[0] < width && voxel[1] >= 0 && voxel[1] < height ? voxel : null;
  };
  const press = (event: PointerEvent): void => {
    const voxel = voxelAt(event.offsetX, event.offsetY);
    if (!voxel) return;
    at = voxel;
    place(voxel);
    draw();
  };
  canvas.addEventListener('pointerdown', press);
  return {
    draw(next) {
      layers = next;
      draw();
    },
    look() {
      draw();
    },
    goTo(voxel) {
      at = voxel;
      draw();
    },
    voxelAt,
    pointOf: ([x, y, z]) =>
      z === at[2]
        ? [((column(x) + 0.5) / width) * canvas.clientWidth, ((row(y) + 0.5) / height) * canvas.clientHeight]
        : null,
    snapshot: () => createImageBitmap(canvas),
    close() {
      canvas.removeEventListener('pointerdown', press);
    },
  };
}

function colourOf(layers: Layers, { shape, organs }: Subject, voxel: Voxel): readonly number[] {
  const index = indexOf(voxel, shape);
  const organ = organs[index];
  const right = voxel[0] + 1 < shape[2] ? organs[index + 1] : organ;
  const front = voxel[1] + 1 < shape[1] ? organs[index + shape[2]] : organ;
  if (layers.outlines && isOutlined(organ) && (right !== organ || front !== organ)) {
    return [...outlineColour(organ), 255];
  }
  const grey = Math.round(255 * Math.min(Math.max(layers.base[index], 0), 1));
  const { map, opacity } = layers;
  const value = map ? (map.values[index] - map.low) / (map.high - map.low) : 0;
  if (!map || (map.colours.clear && value === 0)) return [grey, grey, grey, 255];
  const mixed = colourAt(map.colours, value).map((channel) =>
    Math.round(opacity * channel + (1 - opacity) * grey),
  );
  return [...mixed, 255];
}
