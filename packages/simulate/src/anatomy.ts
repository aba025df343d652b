import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import type { Patient } from './patient.ts';
import { standardNormal, uniform } from './random.ts';
import { Difference, Ellipsoid, frame, type Shape, type Station, Tube, Union } from './shape.ts';
import type { Spine } from './spine.ts';

/** Label ids of the organs, as in every cohort. */
export const organ = {
  spleen: 2,
  kidneyRight: 3,
  kidneyLeft: 4,
  gallbladder: 5,
  liver: 7,
  stomach: 8,
  aorta: 9,
  cava: 10,
  pancreas: 12,
  duodenum: 64,
} as const;

/** Which organs a cohort has: the nine of every label scheme, or those and the duodenum. */
export type OrganSet = 'nine' | 'ten';

/** Random fields at one point, each about within ±1. */
export interface PointFields {
  /** Blobs of a few centimetres. */
  coarse: number;
  /** Lobules of a centimetre. */
  lobular: number;
  /** Grain of a few millimetres. */
  fine: number;
}

/** One thing painted into the trunk: a shape, what it is made of, and what it counts as. */
export interface Tissue {
  readonly shape: Shape;
  /** Label id; 1 is body. */
  readonly label: number;
  /** Whether the abdominal cavity bounds it. */
  readonly confined: boolean;
  /** Depth of the fat it pushes before it, mm. */
  readonly halo: number;
  /** Amplitude in mm by which lobules move its surface. */
  readonly lobules: number;
  /** HU at a point, `depth` mm below the surface. */
  hounsfield(depth: number, fields: PointFields, y: number): number;
}

/**
 * What the abdomen of a patient holds, in the order it is painted: later tissues cover earlier ones. In the frame of the
 * reference patient: mm, RAS, the origin in the middle of the trunk at the height of the first lumbar vertebra.
 */
export function furnish(
  patient: Patient,
  spine: Spine,
  organs: OrganSet,
  generator: RandomGenerator,
): Tissue[] {
  const { attenuation: hu, sizes, absent, cyst, mottle, visceralFat } = patient;
  const jitter = (spread: number): number =>
    spread * Math.min(2.5, Math.max(-2.5, standardNormal(generator)));
  const tissues: Tissue[] = [];
  const even =
    (mean: number, texture: number): Tissue['hounsfield'] =>
    (_depth, { fine, lobular }) =>
      mean + texture * mottle * (fine + 0.5 * lobular);
  const add = (
    shape: Shape,
    label: number,
    hounsfield: Tissue['hounsfield'],
    { confined = true, halo = 0, lobules = 0 }: { confined?: boolean; halo?: number; lobules?: number } = {},
  ): void => {
    tissues.push({ shape, label, confined, halo, lobules, hounsfield });
  };
  const muscle: Tissue['hounsfield'] = (_depth, { fine, lobular }) =>
    hu.muscle +
    12 * fine -
    Math.min(90, lobular + 0.3 * fine > 0.3 ? 260 * (lobular + 0.3 * fine - 0.3) * (0.4 + visceralFat) : 0);
  const forward = (z: number): number => spine.forward(z);

  // Muscles of the back and beside the spine.
  for (const side of [1, -1]) {
    const back = (z: number, radius: number): Station => [
      side * (33 + radius * 0.2),
      forward(z) - 44,
      z,
      radius,
    ];
    add(
      new Tube([back(-170, 22), back(-90, 26), back(-20, 25), back(60, 20), back(160, 17), back(280, 15)]),
      1,
      muscle,
      { confined: false },
    );
    const lateral = (z: number, radius: number): Station => [side * 61, forward(z) - 32, z, radius];
    add(new Tube([lateral(-150, 13), lateral(-60, 14), lateral(15, 8)]), 1, muscle, { confined: false });
    const psoas = (x: number, z: number, radius: number): Station => [
      side * x,
      forward(z) - 3 + radius * 0.2,
      z,
      radius,
    ];
    add(
      new Tube([
        psoas(31, 14, 7),
        psoas(37, -30, 13),
        psoas(43, -80, 18.5),
        psoas(52, -140, 21),
        [side * 70, 5, -240, 22],
      ]),
      1,
      muscle,
      { confined: false },
    );
    add(
      new Tube([
        [side * 21, forward(-30) + 15, -30, 5],
        [side * 24, forward(20) + 22, 20, 5.5],
        [side * 34, forward(70) + 34, 70, 5],
      ]),
      1,
      even(hu.muscle, 8),
      { confined: false },
    );
  }

  // Colon: right side up, across in front, left side down.
  const sag = uniform(generator, -30, 12);
  const colon = new Tube([
    [92 + jitter(3), -12, -190, 24],
    [96 + jitter(3), -8, -110, 26],
    [97 + jitter(3), -8, -60, 23],
    [90, 12, -32, 22],
    [62, 56, -38, 20],
    [15, 66, -46 + sag, 19],
    [-40, 62, -40 + sag, 18],
    [-82, 42, 5, 18],
    [-104, 2, 42, 17],
    [-106, -22, 10, 15],
    [-106, -26, -60, 14],
    [-102, -18, -130, 15],
    [-80, 0, -190, 16],
  ]);
  const gasLevel = uniform(generator, -0.2, 0.9);
  const stool = uniform(generator, -60, 40);
  const haustra: Tissue['hounsfield'] = (depth, { coarse, lobular, fine }) => {
    if (depth < 2.4) return hu.bowelWall - 15;
    const filled = gasLevel + 1.1 * coarse;
    if (colon.height > filled) return -930 + 40 * fine;
    const pocket = lobular + 0.6 * fine;
    return pocket > 0.45 ? Math.max(-850, stool - 2600 * (pocket - 0.45)) : stool + 45 * fine + 30 * lobular;
  };
  add(colon, 1, haustra, { halo: 3, lobules: 9 });

  // Stomach, with gas where it floats in a patient who lies on the back.
  const fundus = jitter(5);
  const st = sizes.stomach;
  const stomach = new Tube([
    [-58 + fundus, -22, 76, 27 * st],
    [-60 + fundus, 4, 62, 32 * st],
    [-56, 34, 36, 28 * st],
    [-40, 54, 8, 24 * st],
    [-10, 58, -10, 19 * st],
    [22, 44, -8, 13 * st],
    [34, 34, -2, 9],
  ]);
  const bubble = uniform(generator, 0.1, 1.15);
  const food = uniform(generator, 8, 45);
  const meal = uniform(generator, 4, 45);
  const content: Tissue['hounsfield'] = (depth, { fine, lobular, coarse }) => {
    if (depth < 3.6) return hu.bowelWall - 6 + 8 * fine;
    if (stomach.height > bubble + 0.12 * coarse && depth > 4) return -950 + 15 * fine;
    return food + meal * (lobular + fine);
  };
  const tract = organs === 'ten' ? organ.duodenum : 1;
  const duodenum = new Tube([
    [34, 34, -2, 10],
    [50, 18, -6, 12],
    [55, 0, -34, 12.5],
    [44, -8, -62, 12],
    [6, forward(-66) + 34, -68, 10],
    [-26, 4, -50, 10.5],
    [-34, 18, -34, 11],
  ]);
  const chyme = uniform(generator, 15, 55);
  const lumen =
    (wall: number, gasFrom: number): Tissue['hounsfield'] =>
    (depth, { fine, lobular, coarse }) => {
      if (depth < wall) return hu.bowelWall + 6 * fine;
      return lobular + 0.5 * coarse > gasFrom ? -600 : chyme + 22 * (fine + lobular);
    };

  // Liver: a right lobe under the dome, a left lobe across the midline, hollowed by what lies below.
  const li = sizes.liver;
  const rightLobe = new Ellipsoid(
    [71, 0, 24 + jitter(4)],
    [84 * li, 98 * li, 93 * li],
    frame([-0.12, 0.1, 1], [1, 0.1, 0.12]),
  );
  const leftLobe = new Ellipsoid(
    [2 + jitter(6), 48, 50 + jitter(4)],
    [78 * li, 45 * li, 46 * li],
    frame([0.22, -0.3, 1], [1, -0.1, -0.3]),
  );
  const hollow = new Ellipsoid([18, -12, -44], [46, 56, 70], frame([-0.45, 0.1, 1], [1, 0, 0.4]));
  const liver = new Difference(new Union(rightLobe, leftLobe, 26), hollow, 0);
  const parenchyma = even(hu.liver, 9);
  add(liver, organ.liver, parenchyma, { halo: 1.5, lobules: 2.5 });
  const hepatic = 0.55 * hu.portal + 0.45 * Math.max(hu.liver, hu.cava);
  const vein = (stations: readonly Station[], value: number): void =>
    add(new Tube(stations), organ.liver, even(value, 4));
  vein(
    [
      [26, -12, 88, 6],
      [58, -8, 66, 4.5],
      [96, -20, 36, 3],
      [118, -20, 14, 1.6],
    ],
    hepatic,
  );
  vein(
    [
      [26, -10, 88, 6],
      [52, 22, 70, 4.2],
      [76, 48, 44, 2.6],
    ],
    hepatic,
  );
  vein(
    [
      [24, -8, 88, 5.5],
      [10, 28, 72, 3.8],
      [-18, 48, 58, 2.2],
    ],
    hepatic,
  );
  vein(
    [
      [48, 12, 34, 6],
      [74, 6, 34, 5],
      [104, 22, 24, 3],
      [120, 22, 4, 1.6],
    ],
    hu.portal,
  );
  vein(
    [
      [70, 6, 34, 4.4],
      [88, -34, 40, 3],
      [104, -48, 30, 1.6],
    ],
    hu.portal,
  );
  vein(
    [
      [48, 14, 36, 5.4],
      [28, 32, 46, 4],
      [2, 52, 48, 2.4],
    ],
    hu.portal,
  );
  if (cyst === 'liver') {
    add(new Ellipsoid([88, 30, 40], [17, 16, 16]), organ.liver, even(6, 4));
  }

  const stomachSpread = { halo: 2, lobules: 2.5 };
  add(stomach, organ.stomach, content, stomachSpread);
  add(duodenum, tract, lumen(3, 0.75), { halo: 2, lobules: 2 });

  // Spleen: a thick shell against the left ribs.
  const sp = sizes.spleen;
  const spleen = new Difference(
    new Ellipsoid(
      [-97, -42, 52 + jitter(5)],
      [50 * sp, 66 * sp, 72 * sp],
      frame([0.16, -0.28, 1], [1, -0.5, 0]),
    ),
    new Ellipsoid([-46, -12, 50], [29, 44, 74], frame([0.16, -0.28, 1], [1, -0.5, 0])),
    0,
  );
  const arterial = patient.phase === 'arterial';
  add(
    spleen,
    organ.spleen,
    (_depth, { fine, coarse, lobular }) =>
      hu.spleen + 9 * mottle * fine + (arterial ? 34 * (coarse + lobular) : 4 * lobular),
    { halo: 1.5, lobules: 2 },
  );

  // Kidneys: bright bark, pyramids, a sinus of fat and vessels that opens to the middle.
  const kidney = (side: 1 | -1, label: number, size: number, z: number): void => {
    const tilt = side * 0.2 + jitter(0.03);
    const x = side * 60 + jitter(3);
    const y = forward(z) + 6 + jitter(3);
    const axes = frame([-tilt, -0.22, 1], [1, -side * 0.55, 0]);
    const whole = new Ellipsoid([x, y, z], [29.5 * size, 26 * size, 56 * size], axes);
    const sinus = new Ellipsoid([x - side * 17, y + 9, z], [17, 10, 27], axes);
    add(new Ellipsoid([x, y - 2, z], [36 * size, 32 * size, 62 * size], axes), 1, even(hu.fat, 6));
    add(
      new Difference(whole, sinus, 0),
      label,
      (depth, { fine, lobular }) => {
        const inner = Math.min(1, Math.max(0, (depth - 5.5 - 5 * lobular) / 2.5));
        return hu.cortex + inner * (hu.medulla - hu.cortex) + 9 * mottle * fine;
      },
      { lobules: 2 },
    );
    add(
      new Ellipsoid([x - side * 18, y + 9, z - 4], [9, 5, 11], axes),
      1,
      even(patient.phase === 'delayed' ? 240 : 25, 12),
    );
    if (cyst === (side > 0 ? 'kidney_right' : 'kidney_left')) {
      const r = 14;
      add(new Ellipsoid([x + side * 20 * size, y - 8, z + 22], [r, r, r]), label, even(7, 5));
    }
  };
  const level = jitter(5);
  if (absent.kidney !== 'right') kidney(1, organ.kidneyRight, sizes.kidneyRight, -24 + level);
  if (absent.kidney !== 'left') kidney(-1, organ.kidneyLeft, sizes.kidneyLeft, -10 + level);
  // Adrenals: a thin limb above each kidney.
  add(
    new Tube([
      [-38, forward(36) + 14, 30, 2.6],
      [-46, forward(36) - 4, 40, 2.4],
    ]),
    1,
    even(hu.liver - 15, 8),
  );
  add(
    new Tube([
      [36, forward(44) + 18, 40, 2.6],
      [42, forward(44) - 2, 46, 2.2],
    ]),
    1,
    even(hu.liver - 15, 8),
  );

  // Vessels in front of the spine.
  const ve = sizes.vessels;
  const aortaX = -11 + jitter(2);
  const trunkOf = (x: number, z: number, radius: number, ahead: number): Station => [
    x,
    forward(z) + ahead,
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
    [25, forward(50) + 32, 50, 11.5 * ve],
    trunkOf(22, 0, 11 * ve, 28),
    trunkOf(20, -60, 10.4 * ve, 27),
    trunkOf(12, -118, 10 * ve, 26),
  ];

  // Pancreas: head in the duodenum's loop, over the great vessels to the spleen's hilum.
  const pa = sizes.pancreas;
  const lift = jitter(5);
  const pancreas = new Tube([
    [33, 2, -46 + lift, 12 * pa],
    [32, 8, -18 + lift, 16.5 * pa],
    [14, 25, -3 + lift, 11.5 * pa],
    [-14, 28, 8 + lift, 12 * pa],
    [-46, 10, 20 + lift, 12.5 * pa],
    [-72, -16, 28 + lift, 13 * pa],
    [-82, -25, 32 + lift, 10 * pa],
  ]);
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
  const vessel = (stations: readonly Station[], value: number, halo = 0): void =>
    add(new Tube(stations), 1, even(value, 4), { halo });
  add(
    pancreas,
    organ.pancreas,
    (_depth, { fine, lobular }) => {
      const fatty = lobular > 0.3 ? 120 * (lobular - 0.3) * (0.4 + visceralFat) : 0;
      return hu.pancreas + 12 * mottle * fine - fatty;
    },
    { halo: 2.5, lobules: 4 },
  );
  vessel(splenicVein, hu.portal);
  vessel(portal, hu.portal, 1.5);
  vessel(
    [
      [50, 16, 30, 3],
      [36, 16, 8, 3.2],
      [33, 4, -26, 3],
    ],
    12,
  );
  const kidneyZ = -14 + level;
  vessel(
    [
      [-42, forward(-10) + 15, kidneyZ, 4.2],
      [-26, forward(-8) + 36, -6, 4.4],
      [2, forward(-8) + 45, -4, 4.6],
      [20, forward(-8) + 30, -6, 5],
    ],
    hu.cava + (patient.phase === 'portal' ? 12 : 0),
  );
  vessel(
    [
      [42, forward(-24) + 15, kidneyZ - 8, 4.4],
      [24, forward(-18) + 28, -16, 5],
    ],
    hu.cava,
  );
  vessel(
    [
      [40, forward(-20) + 12, kidneyZ - 6, 2.6],
      [10, forward(-8) + 17, -6, 2.8],
      [aortaX, forward(-4) + 25, -2, 3],
    ],
    hu.aorta,
  );
  vessel(
    [
      [-42, forward(-10) + 12, kidneyZ, 2.6],
      [aortaX, forward(-4) + 25, -3, 3],
    ],
    hu.aorta,
  );
  vessel(
    [
      [aortaX, forward(14) + 30, 14, 3.6],
      [-8, forward(0) + 44, 4, 3.6],
      [-2, 10, -30, 3.4],
      [2, 18, -90, 2.6],
      [4, 20, -160, 2],
    ],
    hu.aorta,
    2,
  );
  vessel(
    [
      [aortaX, forward(24) + 30, 25, 3.8],
      [-8, 14, 28, 3.4],
      [18, 18, 28, 2.8],
      [42, 20, 34, 2.4],
    ],
    hu.aorta,
  );
  vessel(
    [
      [-8, 12, 28, 2.6],
      [-40, 2, 30, 2.4],
      [-82, -30, 40, 2],
    ],
    hu.aorta,
  );
  add(new Tube(aorta), organ.aorta, even(hu.aorta, 6), { confined: false, halo: 1 });
  add(new Tube(cava), organ.cava, even(hu.cava, 7));
  vessel([trunkOf(-6, -108, 6.6 * ve, 28), trunkOf(-26, -150, 6, 26), [-44, 0, -230, 5.5]], hu.aorta);
  vessel([trunkOf(-4, -108, 6.6 * ve, 28), trunkOf(20, -150, 6, 26), [44, 0, -230, 5.5]], hu.aorta);
  if (!absent.gallbladder) {
    const gb = sizes.gallbladder;
    add(
      new Ellipsoid(
        [60 + jitter(4), 46 + jitter(4), -12 + jitter(4)],
        [16 * gb, 18 * gb, 32 * gb],
        frame([-0.3, -0.55, 1], [1, 0, 0.3]),
      ),
      organ.gallbladder,
      (depth, { fine }) => (depth < 1.6 ? hu.bowelWall - 35 : hu.bile + 4 * fine),
      { halo: 0.6, lobules: 1.5 },
    );
  }
  return tissues;
}
