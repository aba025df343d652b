import { Tube } from '../shape.ts';
import { type Body, type OrganSet, organ, type Tissue, tissue } from './tissue.ts';

/** Colon: right side up, across in front, left side down. Haustra, stool, and gas where it floats. */
export function drawColon(body: Body): Tissue[] {
  const { attenuation: hu } = body.patient;
  const sag = body.uniform(-30, 12);
  const colon = new Tube([
    [92 + body.jitter(3), -12, -190, 24],
    [96 + body.jitter(3), -8, -110, 26],
    [97 + body.jitter(3), -8, -60, 23],
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
  const gasLevel = body.uniform(-0.2, 0.9);
  const stool = body.uniform(-60, 40);
  const haustra: Tissue['hounsfield'] = (depth, { coarse, lobular, fine }) => {
    if (depth < 2.4) return hu.bowelWall - 15;
    const filled = gasLevel + 1.1 * coarse;
    if (colon.height > filled) return -930 + 40 * fine;
    const pocket = lobular + 0.6 * fine;
    return pocket > 0.45 ? Math.max(-850, stool - 2600 * (pocket - 0.45)) : stool + 45 * fine + 30 * lobular;
  };
  return [tissue(colon, 1, haustra, { halo: 3, lobules: 9 })];
}

/** Stomach, with gas where it floats in a patient who lies on the back. */
export function drawStomach(body: Body): Tissue[] {
  const { attenuation: hu, sizes } = body.patient;
  const fundus = body.jitter(5);
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
  const bubble = body.uniform(0.1, 1.15);
  const food = body.uniform(8, 45);
  const meal = body.uniform(4, 45);
  const content: Tissue['hounsfield'] = (depth, { fine, lobular, coarse }) => {
    if (depth < 3.6) return hu.bowelWall - 6 + 8 * fine;
    if (stomach.height > bubble + 0.12 * coarse && depth > 4) return -950 + 15 * fine;
    return food + meal * (lobular + fine);
  };
  return [tissue(stomach, organ.stomach, content, { halo: 2, lobules: 2.5 })];
}

/** Duodenum: an organ of its own in the larger set, else a part of the body. */
export function drawDuodenum(body: Body, organs: OrganSet): Tissue[] {
  const { attenuation: hu } = body.patient;
  const tract = organs === 'ten' ? organ.duodenum : 1;
  const duodenum = new Tube([
    [34, 34, -2, 10],
    [50, 18, -6, 12],
    [55, 0, -34, 12.5],
    [44, -8, -62, 12],
    [6, body.forward(-66) + 34, -68, 10],
    [-26, 4, -50, 10.5],
    [-34, 18, -34, 11],
  ]);
  const chyme = body.uniform(15, 55);
  const lumen =
    (wall: number, gasFrom: number): Tissue['hounsfield'] =>
    (depth, { fine, lobular, coarse }) => {
      if (depth < wall) return hu.bowelWall + 6 * fine;
      return lobular + 0.5 * coarse > gasFrom ? -600 : chyme + 22 * (fine + lobular);
    };
  return [tissue(duodenum, tract, lumen(3, 0.75), { halo: 2, lobules: 2 })];
}
