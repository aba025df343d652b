import { Tube } from '../shape.ts';
import { type Body, organ, type Tissue, tissue } from './tissue.ts';

/**
 * Pancreas: head in the duodenum's loop, over the great vessels to the spleen's hilum; lobules with fat between.
 *
 * @param lift how much higher than usual it lies, mm.
 */
export function drawPancreas(body: Body, lift: number): Tissue[] {
  const { attenuation: hu, sizes, mottle, visceralFat } = body.patient;
  const pa = sizes.pancreas;
  const pancreas = new Tube([
    [33, 2, -46 + lift, 12 * pa],
    [32, 8, -18 + lift, 16.5 * pa],
    [14, 25, -3 + lift, 11.5 * pa],
    [-14, 28, 8 + lift, 12 * pa],
    [-46, 10, 20 + lift, 12.5 * pa],
    [-72, -16, 28 + lift, 13 * pa],
    [-82, -25, 32 + lift, 10 * pa],
  ]);
  return [
    tissue(
      pancreas,
      organ.pancreas,
      (_depth, { fine, lobular }) => {
        const fatty = lobular > 0.3 ? 120 * (lobular - 0.3) * (0.4 + visceralFat) : 0;
        return hu.pancreas + 12 * mottle * fine - fatty;
      },
      { halo: 2.5, lobules: 4 },
    ),
  ];
}
