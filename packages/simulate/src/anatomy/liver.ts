import { Difference, Ellipsoid, frame, type Station, Tube, Union } from '../shape.ts';
import { type Body, organ, type Tissue, tissue } from './tissue.ts';

/** Liver: a right lobe under the dome, a left lobe across the midline, hollowed by what lies below; its veins, and a cyst. */
export function drawLiver(body: Body): Tissue[] {
  const { attenuation: hu, sizes, cyst } = body.patient;
  const li = sizes.liver;
  const rightLobe = new Ellipsoid(
    [71, 0, 24 + body.jitter(4)],
    [84 * li, 98 * li, 93 * li],
    frame([-0.12, 0.1, 1], [1, 0.1, 0.12]),
  );
  const leftLobe = new Ellipsoid(
    [2 + body.jitter(6), 48, 50 + body.jitter(4)],
    [78 * li, 45 * li, 46 * li],
    frame([0.22, -0.3, 1], [1, -0.1, -0.3]),
  );
  const hollow = new Ellipsoid([18, -12, -44], [46, 56, 70], frame([-0.45, 0.1, 1], [1, 0, 0.4]));
  const liver = new Difference(new Union(rightLobe, leftLobe, 26), hollow, 0);
  const parenchyma = body.even(hu.liver, 9);
  const hepatic = 0.55 * hu.portal + 0.45 * Math.max(hu.liver, hu.cava);
  const vein = (stations: readonly Station[], value: number): Tissue =>
    tissue(new Tube(stations), organ.liver, body.even(value, 4));
  return [
    tissue(liver, organ.liver, parenchyma, { halo: 1.5, lobules: 2.5 }),
    vein(
      [
        [26, -12, 88, 6],
        [58, -8, 66, 4.5],
        [96, -20, 36, 3],
        [118, -20, 14, 1.6],
      ],
      hepatic,
    ),
    vein(
      [
        [26, -10, 88, 6],
        [52, 22, 70, 4.2],
        [76, 48, 44, 2.6],
      ],
      hepatic,
    ),
    vein(
      [
        [24, -8, 88, 5.5],
        [10, 28, 72, 3.8],
        [-18, 48, 58, 2.2],
      ],
      hepatic,
    ),
    vein(
      [
        [48, 12, 34, 6],
        [74, 6, 34, 5],
        [104, 22, 24, 3],
        [120, 22, 4, 1.6],
      ],
      hu.portal,
    ),
    vein(
      [
        [70, 6, 34, 4.4],
        [88, -34, 40, 3],
        [104, -48, 30, 1.6],
      ],
      hu.portal,
    ),
    vein(
      [
        [48, 14, 36, 5.4],
        [28, 32, 46, 4],
        [2, 52, 48, 2.4],
      ],
      hu.portal,
    ),
    ...(cyst === 'liver'
      ? [tissue(new Ellipsoid([88, 30, 40], [17, 16, 16]), organ.liver, body.even(6, 4))]
      : []),
  ];
}

/** Gallbladder, unless it was removed. */
export function drawGallbladder(body: Body): Tissue[] {
  const { attenuation: hu, sizes, absent } = body.patient;
  if (absent.gallbladder) return [];
  const gb = sizes.gallbladder;
  return [
    tissue(
      new Ellipsoid(
        [60 + body.jitter(4), 46 + body.jitter(4), -12 + body.jitter(4)],
        [16 * gb, 18 * gb, 32 * gb],
        frame([-0.3, -0.55, 1], [1, 0, 0.3]),
      ),
      organ.gallbladder,
      (depth, { fine }) => (depth < 1.6 ? hu.bowelWall - 35 : hu.bile + 4 * fine),
      { halo: 0.6, lobules: 1.5 },
    ),
  ];
}
