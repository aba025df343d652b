import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import type { Patient } from '../patient.ts';
import { standardNormal, uniform } from '../random.ts';
import { type Shape, type Station, Tube } from '../shape.ts';
import type { Spine } from '../spine.ts';

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

/** How a tissue lies among others; what is left out is confined to the cavity, pushes no fat and has an even surface. */
export type TissueOptions = Partial<Pick<Tissue, 'confined' | 'halo' | 'lobules'>>;

/** A tissue that counts as `label`. */
export function tissue(
  shape: Shape,
  label: number,
  hounsfield: Tissue['hounsfield'],
  { confined = true, halo = 0, lobules = 0 }: TissueOptions = {},
): Tissue {
  return { shape, label, confined, halo, lobules, hounsfield };
}

/** The patient that systems of organs are furnished for: its measures, and the draws that make its organs its own. */
export class Body {
  readonly patient: Patient;
  readonly #spine: Spine;
  readonly #generator: RandomGenerator;

  constructor(patient: Patient, spine: Spine, generator: RandomGenerator) {
    this.patient = patient;
    this.#spine = spine;
    this.#generator = generator;
  }

  /** One draw about 0 with this standard deviation, within 2.5 of it. */
  jitter(spread: number): number {
    return spread * Math.min(2.5, Math.max(-2.5, standardNormal(this.#generator)));
  }

  uniform(low: number, high: number): number {
    return uniform(this.#generator, low, high);
  }

  /** How far in front of the frame's origin the spine stands at a height, mm. */
  forward(z: number): number {
    return this.#spine.forward(z);
  }

  /** Attenuation that is the same at every depth, but for texture. */
  even(mean: number, texture: number): Tissue['hounsfield'] {
    const { mottle } = this.patient;
    return (_depth, { fine, lobular }) => mean + texture * mottle * (fine + 0.5 * lobular);
  }

  /** A vessel or duct that counts as body. */
  vessel(stations: readonly Station[], hounsfield: number, halo = 0): Tissue {
    return tissue(new Tube(stations), 1, this.even(hounsfield, 4), { halo });
  }
}
