import type { Anatomy, Organ } from './anatomy.ts';

/** The random fields one slice is painted with, height × width, values in [−1, 1]. */
export interface SliceFields {
  /** Lobes and outlines: about a tenth of the body. */
  readonly coarse: Float32Array;
  /** Texture inside a tissue: a few pixels. */
  readonly fine: Float32Array;
}

const air = -1000;
const fat = -100;
const muscle = 55;
const bowel = 30;

/** How far the coarse field moves an outline, in squared relative radius. */
const bodyWobble = 0.06;
const organWobble = 0.3;

/**
 * Paints one slice at height z (body coordinates): group id per pixel into `organs` and, if given, HU into `hounsfield`.
 *
 * `displacement` moves every outline pixel by pixel (in units of windowed intensity); the segmentation is painted with
 * the error of the prediction there, so it errs where the measurement misleads.
 */
export function paintSlice(
  anatomy: Anatomy,
  z: number,
  height: number,
  width: number,
  fields: SliceFields,
  organs: Uint8Array,
  target: { readonly hounsfield: Float32Array } | { readonly displacement: Float32Array },
): void {
  const hounsfield = 'hounsfield' in target ? target.hounsfield : undefined;
  const displacement = 'displacement' in target ? target.displacement : undefined;
  const { coarse, fine } = fields;
  const { body, fatFrom, mottled } = anatomy;
  const scaleX = 1 / (body.halfWidth * width);
  const scaleY = 1 / (body.halfHeight * height);
  const wallFrom = fatFrom - 0.16;
  for (let y = 0; y < height; y++) {
    const v = (y + 0.5 - body.y * height) * scaleY;
    for (let x = 0, at = y * width; x < width; x++, at++) {
      const u = (x + 0.5 - body.x * width) * scaleX;
      let radius = u * u + v * v + bodyWobble * coarse[at];
      if (displacement !== undefined) radius += 0.3 * displacement[at];
      organs[at] = radius < 1 ? 1 : 0;
      if (hounsfield === undefined) continue;
      if (radius >= 1) hounsfield[at] = air;
      else if (radius > fatFrom) hounsfield[at] = fat + 12 * mottled * fine[at];
      else if (radius > wallFrom) hounsfield[at] = muscle + 35 * mottled * fine[at];
      else
        hounsfield[at] =
          (coarse[at] > 0.05 ? bowel + 60 * mottled * fine[at] : fat) + 15 * mottled * fine[at];
    }
  }
  const frame = { scaleX, scaleY, originX: body.x * width, originY: body.y * height, z, height, width };
  if (hounsfield !== undefined) {
    for (const bone of anatomy.bones) {
      eachPixel(bone, frame, (at, radius) => {
        if (organs[at] === 1 && radius < 1) hounsfield[at] = bone.hounsfield + bone.texture * fine[at];
      });
    }
  }
  for (const organ of anatomy.organs) {
    eachPixel(organ, frame, (at, plain) => {
      let radius = plain + organWobble * coarse[at];
      if (displacement !== undefined) radius += displacement[at];
      if (radius >= 1 || organs[at] === 0) return;
      organs[at] = organ.label;
      if (hounsfield !== undefined) hounsfield[at] = organ.hounsfield + organ.texture * fine[at];
    });
  }
}

interface Frame {
  readonly scaleX: number;
  readonly scaleY: number;
  readonly originX: number;
  readonly originY: number;
  readonly z: number;
  readonly height: number;
  readonly width: number;
}

/** Visits the pixels that can belong to an organ, with its squared relative radius there (1 on the plain outline). */
function eachPixel(organ: Organ, frame: Frame, visit: (at: number, radius: number) => void): void {
  const [centreX, centreY, centreZ] = organ.centre;
  const [radiusX, radiusY, radiusZ] = organ.radius;
  const depth = (frame.z - centreZ) / radiusZ;
  const here = depth * depth;
  // Wobble and displacement reach no further than half a squared radius outwards.
  if (here >= 1.5) return;
  const reach = Math.max(radiusX, radiusY) * 1.25;
  const firstX = Math.max(0, Math.floor((centreX - reach) / frame.scaleX + frame.originX));
  const lastX = Math.min(frame.width - 1, Math.ceil((centreX + reach) / frame.scaleX + frame.originX));
  const firstY = Math.max(0, Math.floor((centreY - reach) / frame.scaleY + frame.originY));
  const lastY = Math.min(frame.height - 1, Math.ceil((centreY + reach) / frame.scaleY + frame.originY));
  for (let y = firstY; y <= lastY; y++) {
    const dv = (y + 0.5 - frame.originY) * frame.scaleY - centreY;
    for (let x = firstX; x <= lastX; x++) {
      const du = (x + 0.5 - frame.originX) * frame.scaleX - centreX;
      const p = (organ.cosine * du + organ.sine * dv) / radiusX;
      const q = (organ.cosine * dv - organ.sine * du) / radiusY;
      visit(y * frame.width + x, p * p + q * q + here);
    }
  }
}
