import { type Station, Tube } from '../shape.ts';
import { type Body, organ, type Tissue, tissue } from './tissue.ts';

/** Where the organs that vessels run to came to lie, mm. */
export interface Places {
  /** x of the aorta at the first lumbar vertebra. */
  readonly aortaX: number;
  /** How much higher than usual the pancreas and the kidneys lie. */
  readonly lift: number;
  readonly level: number;
}

/** Splenic and portal vein, bile duct, renal vessels, mesenteric and coeliac arteries, aorta, vena cava, iliac vessels. */
export function drawVessels(body: Body, { aortaX, lift, level }: Places): Tissue[] {
  const { attenuation: hu, sizes, phase } = body.patient;
  const ve = sizes.vessels;
  const trunkOf = (x: number, z: number, radius: number, ahead: number): Station => [
    x,
    body.forward(z) + ahead,
    z,
    radius,
  ];
  const aorta: Station[] = [
    trunkOf(-19, 330, 12 * ve, 18),
    trunkOf(-17, 130, 11.6 * ve, 21),
    trunkOf(aortaX, 60, 11 * ve, 29),
    trunkOf(aortaX, 0, 10 * ve, 29),
    trunkOf(aortaX + 2, -60, 9 * ve, 28),
    trunkOf(-6, -112, 8.6 * ve, 28),
  ];
  const cava: Station[] = [
    [27, -6, 150, 12 * ve],
    [27, -8, 92, 12.5 * ve],
    [25, body.forward(50) + 32, 50, 11.5 * ve],
    trunkOf(22, 0, 11 * ve, 28),
    trunkOf(20, -60, 10.4 * ve, 27),
    trunkOf(12, -118, 10 * ve, 26),
  ];
  const splenicVein: Station[] = [
    [14, 13, 0 + lift, 5.4],
    [-14, 17, 9 + lift, 4.6],
    [-46, 0, 20 + lift, 4.3],
    [-76, -27, 32 + lift, 3.8],
    [-88, -36, 40, 3],
  ];
  const portal: Station[] = [
    [12, 24, -170, 3],
    [14, 20, -90, 5],
    [15, 13, -30, 6],
    [14, 13, 0 + lift, 7],
    [30, 12, 20, 7.2],
    [50, 13, 35, 6.4],
  ];
  const kidneyZ = -14 + level;
  return [
    body.vessel(splenicVein, hu.portal),
    body.vessel(portal, hu.portal, 1.5),
    body.vessel(
      [
        [50, 16, 30, 3],
        [36, 16, 8, 3.2],
        [33, 4, -26, 3],
      ],
      12,
    ),
    body.vessel(
      [
        [-42, body.forward(-10) + 15, kidneyZ, 4.2],
        [-26, body.forward(-8) + 36, -6, 4.4],
        [2, body.forward(-8) + 45, -4, 4.6],
        [20, body.forward(-8) + 30, -6, 5],
      ],
      hu.cava + (phase === 'portal' ? 12 : 0),
    ),
    body.vessel(
      [
        [42, body.forward(-24) + 15, kidneyZ - 8, 4.4],
        [24, body.forward(-18) + 28, -16, 5],
      ],
      hu.cava,
    ),
    body.vessel(
      [
        [40, body.forward(-20) + 12, kidneyZ - 6, 2.6],
        [10, body.forward(-8) + 17, -6, 2.8],
        [aortaX, body.forward(-4) + 25, -2, 3],
      ],
      hu.aorta,
    ),
    body.vessel(
      [
        [-42, body.forward(-10) + 12, kidneyZ, 2.6],
        [aortaX, body.forward(-4) + 25, -3, 3],
      ],
      hu.aorta,
    ),
    body.vessel(
      [
        [aortaX, body.forward(14) + 30, 14, 3.6],
        [-8, body.forward(0) + 44, 4, 3.6],
        [-2, 10, -30, 3.4],
        [2, 18, -90, 2.6],
        [4, 20, -160, 2],
      ],
      hu.aorta,
      2,
    ),
    body.vessel(
      [
        [aortaX, body.forward(24) + 30, 25, 3.8],
        [-8, 14, 28, 3.4],
        [18, 18, 28, 2.8],
        [42, 20, 34, 2.4],
      ],
      hu.aorta,
    ),
    body.vessel(
      [
        [-8, 12, 28, 2.6],
        [-40, 2, 30, 2.4],
        [-82, -30, 40, 2],
      ],
      hu.aorta,
    ),
    tissue(new Tube(aorta), organ.aorta, body.even(hu.aorta, 6), { confined: false, halo: 1 }),
    tissue(new Tube(cava), organ.cava, body.even(hu.cava, 7)),
    body.vessel([trunkOf(-6, -108, 6.6 * ve, 28), trunkOf(-26, -150, 6, 26), [-44, 0, -230, 5.5]], hu.aorta),
    body.vessel([trunkOf(-4, -108, 6.6 * ve, 28), trunkOf(20, -150, 6, 26), [44, 0, -230, 5.5]], hu.aorta),
  ];
}
