import { Difference, Ellipsoid, frame, Tube } from '../shape.ts';
import { type Body, organ, type Tissue, tissue } from './tissue.ts';

/**
 * Both kidneys, or the one there is: bright bark, pyramids, a sinus of fat and vessels that opens to the middle, a cyst.
 *
 * @param level how much higher than usual they stand, mm.
 */
export function drawKidneys(body: Body, level: number): Tissue[] {
  const { sizes, absent } = body.patient;
  const right = absent.kidney === 'right' ? [] : drawKidney(body, 'right', sizes.kidneyRight, -24 + level);
  const left = absent.kidney === 'left' ? [] : drawKidney(body, 'left', sizes.kidneyLeft, -10 + level);
  return [...right, ...left];
}

function drawKidney(body: Body, which: 'right' | 'left', size: number, z: number): Tissue[] {
  const { attenuation: hu, mottle, phase, cyst } = body.patient;
  const side = which === 'right' ? 1 : -1;
  const label = which === 'right' ? organ.kidneyRight : organ.kidneyLeft;
  const tilt = side * 0.2 + body.jitter(0.03);
  const x = side * 60 + body.jitter(3);
  const y = body.forward(z) + 6 + body.jitter(3);
  const axes = frame([-tilt, -0.22, 1], [1, -side * 0.55, 0]);
  const whole = new Ellipsoid([x, y, z], [29.5 * size, 26 * size, 56 * size], axes);
  const sinus = new Ellipsoid([x - side * 17, y + 9, z], [17, 10, 27], axes);
  const bag = new Ellipsoid([x, y - 2, z], [36 * size, 32 * size, 62 * size], axes);
  const pelvis = new Ellipsoid([x - side * 18, y + 9, z - 4], [9, 5, 11], axes);
  return [
    tissue(bag, 1, body.even(hu.fat, 6)),
    tissue(
      new Difference(whole, sinus, 0),
      label,
      (depth, { fine, lobular }) => {
        const inner = Math.min(1, Math.max(0, (depth - 5.5 - 5 * lobular) / 2.5));
        return hu.cortex + inner * (hu.medulla - hu.cortex) + 9 * mottle * fine;
      },
      { lobules: 2 },
    ),
    tissue(pelvis, 1, body.even(phase === 'delayed' ? 240 : 25, 12)),
    ...(cyst === `kidney_${which}`
      ? [tissue(new Ellipsoid([x + side * 20 * size, y - 8, z + 22], [14, 14, 14]), label, body.even(7, 5))]
      : []),
  ];
}

/** Adrenals: a thin limb above each kidney. */
export function drawAdrenals(body: Body): Tissue[] {
  const gland = body.even(body.patient.attenuation.liver - 15, 8);
  return [
    tissue(
      new Tube([
        [-38, body.forward(36) + 14, 30, 2.6],
        [-46, body.forward(36) - 4, 40, 2.4],
      ]),
      1,
      gland,
    ),
    tissue(
      new Tube([
        [36, body.forward(44) + 18, 40, 2.6],
        [42, body.forward(44) - 2, 46, 2.2],
      ]),
      1,
      gland,
    ),
  ];
}
