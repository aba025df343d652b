import type { Patient } from './patient.ts';
import { hump } from './trunk.ts';

/** The middle of the discs in the reference patient, mm above the middle of the first lumbar vertebra, from L5/S1 up. */
const discs: readonly number[] = [
  -163, -126, -89, -53, -17, 17, 48, 76, 103, 129, 154, 178, 201, 224, 246, 268, 290, 312, 334, 356,
];

/** What of the spine is at a point: HU, or null outside it. */
export interface BonePlace {
  /** Signed distance to the surface in mm, negative inside. */
  distance: number;
  hounsfield: number;
}

/** Vertebrae, discs, the canal and the processes, curved as a lumbar spine is. */
export class Spine {
  readonly #patient: Patient;
  #mid = 0;
  #relative = 0;
  #half = 1;
  #disc = 4;
  #fromDisc = 0;
  #size = 1;

  constructor(patient: Patient) {
    this.#patient = patient;
  }

  /** How far in front of the reference line the middle of the vertebral bodies lies at height z. */
  forward(z: number): number {
    const { lordosis } = this.#patient;
    return (
      -40 +
      lordosis * hump((z + 85) / 170) -
      (z > 60 ? Math.min(24, (z - 60) * (z - 60) * 0.0028) : 0) -
      (z < -120 ? (-120 - z) * 0.45 : 0)
    );
  }

  /** Readies for points at height z. */
  level(z: number): void {
    let below = 0;
    while (below + 2 < discs.length && discs[below + 1] < z) below++;
    const [low, high] = [discs[below], discs[below + 1]];
    const lumbar = z < 20;
    this.#mid = this.forward(z);
    this.#half = (high - low) / 2;
    this.#relative = (z - (low + high) / 2) / this.#half;
    this.#fromDisc = Math.min(Math.abs(z - low), Math.abs(z - high));
    this.#disc = lumbar ? 4.2 : 2.4;
    this.#size = z < -50 ? 1.06 : z < 20 ? 1 : Math.max(0.72, 1 - (z - 20) * 0.0022);
  }

  /** What lies at (x, y) of the level; false when nothing of the spine is within 3 mm. */
  at(x: number, y: number, coarse: number, fine: number, place: BonePlace): boolean {
    const dy = y - this.#mid;
    const ax = Math.abs(x);
    if (ax > 58 || dy > 26 || dy < -80) return false;
    const { attenuation, mottle } = this.#patient;
    const size = this.#size;
    const r = this.#relative;
    const waist = 0.87 + 0.13 * r * r;
    place.distance = 1e6;
    // The vertebral body and the disc: an ellipse with a hollow back.
    const rx = 23.5 * size * waist;
    const ry = 16.5 * size * waist;
    const hollow = dy < 0 ? 0.16 * hump(x / 16) : 0;
    const p = x / rx;
    const q = dy / (ry * (1 - hollow));
    const radius = Math.sqrt(p * p + q * q + 1e-9);
    const body = ((radius - 1) * radius) / Math.sqrt((p / rx) * (p / rx) + (q / ry) * (q / ry) + 1e-12);
    if (body < 3) {
      place.distance = body;
      const edge = this.#fromDisc - this.#disc;
      if (edge < 0) {
        place.hounsfield = 88 + 10 * mottle * fine;
        place.distance = body - 0.8;
      } else {
        const shell = Math.min(-body, edge * 1.3);
        const cancellous = attenuation.spongiosa + 45 * mottle * fine + 20 * coarse;
        const cortex = 430 + 60 * fine;
        const blend = Math.min(1, Math.max(0, (3 - shell) / 2));
        place.hounsfield = cancellous + blend * blend * (cortex - cancellous);
      }
    }
    // The canal and the ring of bone around it.
    const cy = dy + 25 * size;
    const canal = Math.sqrt((x * x) / 1.35 + cy * cy) - 8.2 * size;
    if (canal < 7.5 && body > 0) {
      const wall = 5.4 + (Math.abs(r) < 0.55 ? 0 : -2.2);
      if (canal < 0) {
        take(place, canal, canal < -3.2 ? 38 : 14);
      } else if (cy < 6 || ax > 9) {
        const arch = canal - wall;
        take(place, arch, Math.abs(r) < 0.6 ? 330 + 120 * fine : 95 + 60 * fine);
      }
    }
    // The facets beside the ring at the height of the disc.
    const facet =
      Math.sqrt((ax - 17 * size) * (ax - 17 * size) + (dy + 31 * size) * (dy + 31 * size)) - 7 * size;
    if (facet < 3 && Math.abs(r) > 0.45) take(place, facet, 390 + 110 * fine);
    // The spinous process points back and down.
    const tilt = (r + 0.45) * this.#half;
    const spine = Math.max(ax - 3.1, -dy - 64 * size, dy + 32 * size, Math.abs(tilt) - 9.5);
    if (spine < 3) take(place, spine, 260 + 120 * fine + (spine > -1.6 ? 170 : 0));
    // The transverse processes point sideways.
    const rise = (r - 0.12) * this.#half;
    const sweep = dy + (20 + 0.16 * (ax - 16)) * size;
    const reach = ax - 44 * size;
    const transverse = Math.max(Math.sqrt(sweep * sweep + rise * rise) - 4.4, reach, 14 * size - ax);
    if (transverse < 3) take(place, transverse, 300 + 90 * fine);
    return place.distance < 3;
  }
}

function take(place: BonePlace, distance: number, hounsfield: number): void {
  if (distance >= place.distance && place.distance < 0) return;
  if (distance < place.distance) {
    place.distance = distance;
    place.hounsfield = hounsfield;
  }
}
