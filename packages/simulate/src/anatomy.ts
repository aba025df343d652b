import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { standardNormal, uniform } from './random.ts';

/**
 * A tissue shape in body coordinates: (0, 0) is the body's centre, x = ±1 the patient's right and left side, y = ±1 front
 * and back, z = ±1 the top and bottom of the field of view. RAS: x grows to the right, y to the front, z upwards.
 */
interface OrganTemplate {
  readonly label: number;
  readonly name: string;
  readonly centre: readonly [x: number, y: number, z: number];
  /** Half-axes; an infinite one makes a tube along z. */
  readonly radius: readonly [x: number, y: number, z: number];
  /** Tangent of half the in-plane angle by which the shape is turned. */
  readonly turn: number;
  /** Mean over scans, in HU, and its standard deviation over scans. */
  readonly hounsfield: number;
  readonly spread: number;
  /** Amplitude of the texture inside one organ, in HU. */
  readonly texture: number;
  /** Share of scans without it. */
  readonly absent: number;
}

const templates: readonly OrganTemplate[] = [
  organ(7, 'liver', [0.44, 0.16, 0.15], [0.42, 0.5, 1.3], 0.05, 112, 9, 14),
  organ(8, 'stomach', [-0.32, 0.4, 0.15], [0.28, 0.25, 0.95], -0.1, 35, 15, 60),
  organ(2, 'spleen', [-0.68, -0.14, 0.1], [0.14, 0.28, 0.95], 0.1, 122, 9, 12),
  organ(3, 'kidney_right', [0.44, -0.46, -0.3], [0.15, 0.18, 0.95], -0.12, 165, 14, 45),
  organ(4, 'kidney_left', [-0.44, -0.44, -0.2], [0.15, 0.18, 0.95], 0.12, 165, 14, 45),
  organ(5, 'gallbladder', [0.24, 0.38, -0.3], [0.12, 0.12, 0.45], 0, 12, 6, 8, 0.25),
  organ(12, 'pancreas', [-0.04, 0.14, -0.2], [0.3, 0.095, 0.5], 0.12, 88, 10, 70),
  organ(10, 'inferior_vena_cava', [0.11, -0.17, 0], [0.085, 0.07, Number.POSITIVE_INFINITY], 0, 135, 12, 8),
  organ(9, 'aorta', [-0.08, -0.2, 0], [0.075, 0.085, Number.POSITIVE_INFINITY], 0, 175, 16, 8),
];

/** Ten organs where the nine are not enough; its id is the first above those of the nine-organ labels. */
const duodenum = organ(64, 'duodenum', [0.17, 0.1, -0.35], [0.1, 0.14, 0.6], 0, 55, 12, 50, 0.06);

function organ(
  label: number,
  name: string,
  centre: OrganTemplate['centre'],
  radius: OrganTemplate['radius'],
  turn: number,
  hounsfield: number,
  spread: number,
  texture: number,
  absent = 0,
): OrganTemplate {
  return { label, name, centre, radius, turn, hounsfield, spread, texture, absent };
}

/** Which organs a cohort has: the nine of every label scheme, or those and the duodenum. */
export type OrganSet = 'nine' | 'ten';

/** The templates of a set, in the order they are painted: later ones cover earlier ones. */
export function organTemplates(set: OrganSet): readonly OrganTemplate[] {
  return set === 'nine' ? templates : [...templates.slice(0, 5), duodenum, ...templates.slice(5)];
}

/** One organ of one patient, in body coordinates, turned by (cosine, sine). */
export interface Organ {
  readonly label: number;
  readonly centre: readonly [number, number, number];
  readonly radius: readonly [number, number, number];
  readonly cosine: number;
  readonly sine: number;
  readonly hounsfield: number;
  readonly texture: number;
}

/** One patient: a body and the organs in it. */
export interface Anatomy {
  /** Centre and half-axes of the body as shares of the image's width and height. */
  readonly body: {
    readonly x: number;
    readonly y: number;
    readonly halfWidth: number;
    readonly halfHeight: number;
  };
  /** Factor of the texture of every tissue. */
  readonly mottled: number;
  /** Squared radius beyond which the body is subcutaneous fat. */
  readonly fatFrom: number;
  /** Painting order. */
  readonly organs: readonly Organ[];
  /** Bones, label-less: spine and ribs. */
  readonly bones: readonly Organ[];
}

/** Draws a patient: sizes, places, densities and which organs there are. */
export function drawAnatomy(generator: RandomGenerator, set: OrganSet): Anatomy {
  const body = {
    x: 0.5 + uniform(generator, -0.01, 0.01),
    y: 0.5 + uniform(generator, -0.015, 0.015),
    halfWidth: uniform(generator, 0.4, 0.485),
    halfHeight: uniform(generator, 0.31, 0.43),
  };
  // Tissues are even in one patient and mottled in the next; so the predictor errs more in one than in another.
  const mottled = uniform(generator, 0.4, 1.8);
  const fatRadius = uniform(generator, 0.85, 0.94);
  const organs: Organ[] = [];
  for (const template of organTemplates(set)) {
    const present = uniform(generator, 0, 1) >= template.absent;
    // An absent organ takes its draws all the same, so that the others do not depend on it.
    const drawn = drawOrgan(generator, template, mottled);
    if (present) organs.push(drawn);
  }
  return {
    body,
    mottled,
    fatFrom: fatRadius * fatRadius,
    organs,
    bones: drawBones(generator, fatRadius - 0.05),
  };
}

function drawOrgan(generator: RandomGenerator, template: OrganTemplate, mottled: number): Organ {
  const [x, y, z] = template.centre;
  const size = uniform(generator, 0.88, 1.14);
  const turned = rotation(template.turn + 0.05 * standardNormal(generator));
  return {
    label: template.label,
    centre: [
      x + 0.02 * standardNormal(generator),
      y + 0.02 * standardNormal(generator),
      z + uniform(generator, -0.1, 0.1),
    ],
    radius: [
      template.radius[0] * size * uniform(generator, 0.92, 1.08),
      template.radius[1] * size * uniform(generator, 0.92, 1.08),
      template.radius[2],
    ],
    ...turned,
    hounsfield: template.hounsfield + template.spread * standardNormal(generator),
    texture: template.texture * mottled * uniform(generator, 0.8, 1.2),
  };
}

/** The spine, and ribs on a circle of the given radius. */
function drawBones(generator: RandomGenerator, ring: number): Organ[] {
  const bone = (x: number, y: number, halfWidth: number, halfHeight: number): Organ => ({
    label: 1,
    centre: [x, y, 0],
    radius: [halfWidth, halfHeight, Number.POSITIVE_INFINITY],
    cosine: 1,
    sine: 0,
    hounsfield: uniform(generator, 180, 320),
    texture: 90,
  });
  const bones = [bone(0, -0.52, 0.15, 0.15)];
  // Tangents of half the angle from the back spread the ribs round the body.
  for (const tangent of [-2.6, -1.05, -0.42, 0.42, 1.05, 2.6]) {
    const { cosine, sine } = rotation(tangent * uniform(generator, 0.85, 1.15));
    bones.push(bone(ring * sine, ring * -cosine, 0.05, 0.045));
  }
  return bones;
}

/** Cosine and sine of twice the angle whose tangent is given: rational, so the same bits everywhere. */
function rotation(tangent: number): { cosine: number; sine: number } {
  const square = tangent * tangent;
  return { cosine: (1 - square) / (1 + square), sine: (2 * tangent) / (1 + square) };
}
