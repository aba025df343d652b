import { Difference, Ellipsoid, frame } from '../shape.ts';
import { type Body, organ, type Tissue, tissue } from './tissue.ts';

/** Spleen: a thick shell against the left ribs; mottled in the arterial phase. */
export function drawSpleen(body: Body): Tissue[] {
  const { attenuation: hu, sizes, mottle, phase } = body.patient;
  const sp = sizes.spleen;
  const spleen = new Difference(
    new Ellipsoid(
      [-97, -42, 52 + body.jitter(5)],
      [50 * sp, 66 * sp, 72 * sp],
      frame([0.16, -0.28, 1], [1, -0.5, 0]),
    ),
    new Ellipsoid([-46, -12, 50], [29, 44, 74], frame([0.16, -0.28, 1], [1, -0.5, 0])),
    0,
  );
  const arterial = phase === 'arterial';
  return [
    tissue(
      spleen,
      organ.spleen,
      (_depth, { fine, coarse, lobular }) =>
        hu.spleen + 9 * mottle * fine + (arterial ? 34 * (coarse + lobular) : 4 * lobular),
      { halo: 1.5, lobules: 2 },
    ),
  ];
}
