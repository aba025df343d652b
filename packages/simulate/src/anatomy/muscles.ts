import { type Station, Tube } from '../shape.ts';
import { type Body, type Tissue, tissue } from './tissue.ts';

/** The muscles of the back, and psoas and crura beside the spine. */
export function drawMuscles(body: Body): Tissue[] {
  const { attenuation: hu, visceralFat } = body.patient;
  const muscle: Tissue['hounsfield'] = (_depth, { fine, lobular }) =>
    hu.muscle +
    12 * fine -
    Math.min(90, lobular + 0.3 * fine > 0.3 ? 260 * (lobular + 0.3 * fine - 0.3) * (0.4 + visceralFat) : 0);
  const free = { confined: false };
  return [1, -1].flatMap((side) => {
    const back = (z: number, radius: number): Station => [
      side * (33 + radius * 0.2),
      body.forward(z) - 44,
      z,
      radius,
    ];
    const lateral = (z: number, radius: number): Station => [side * 61, body.forward(z) - 32, z, radius];
    const psoas = (x: number, z: number, radius: number): Station => [
      side * x,
      body.forward(z) - 3 + radius * 0.2,
      z,
      radius,
    ];
    return [
      tissue(
        new Tube([back(-170, 22), back(-90, 26), back(-20, 25), back(60, 20), back(160, 17), back(280, 15)]),
        1,
        muscle,
        free,
      ),
      tissue(new Tube([lateral(-150, 13), lateral(-60, 14), lateral(15, 8)]), 1, muscle, free),
      tissue(
        new Tube([
          psoas(31, 14, 7),
          psoas(37, -30, 13),
          psoas(43, -80, 18.5),
          psoas(52, -140, 21),
          [side * 70, 5, -240, 22],
        ]),
        1,
        muscle,
        free,
      ),
      tissue(
        new Tube([
          [side * 21, body.forward(-30) + 15, -30, 5],
          [side * 24, body.forward(20) + 22, 20, 5.5],
          [side * 34, body.forward(70) + 34, 70, 5],
        ]),
        1,
        body.even(hu.muscle, 8),
        free,
      ),
    ];
  });
}
