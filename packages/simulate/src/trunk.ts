import type { Patient } from './patient.ts';

/** Where one point lies in the layers of the trunk; lengths in mm, in the reference patient's frame. */
export interface TrunkPlace {
  /** Below the skin: positive inside the body. */
  skin: number;
  /** Below the outer face of the muscle. */
  muscle: number;
  /** Inside the inner face of the abdominal and chest wall. */
  cavity: number;
  /** Below the diaphragm; negative in the chest. */
  diaphragm: number;
  /** Round the body: 0 at the back, 1 at the flank, 2 in front. */
  round: number;
}

/** The layers of the trunk: skin, subcutaneous fat, muscle, cavity, and the diaphragm across it. */
export class Trunk {
  readonly #patient: Patient;

  constructor(patient: Patient) {
    this.#patient = patient;
  }

  /** Fills in where (x, y, z) lies. */
  locate(x: number, y: number, z: number, wobble: number, place: TrunkPlace): void {
    const { fat, wall, dome } = this.#patient;
    const waist = z < 20 ? 1 - 0.05 * hump((z + 60) / 75) : 1;
    const a = 139 * waist + (z < -90 ? Math.min(14, (-90 - z) * 0.22) : 0);
    const back = y < 0;
    const b = back ? 93 : 92 - (z > 60 ? Math.min(10, (z - 60) * 0.16) : 0);
    const squareness = back ? 0.42 : 0.2;
    const u = (x / a) * (x / a);
    const v = (y / b) * (y / b);
    // Squarer than an ellipse, the more so at the back; far outside, an ellipse again.
    const corner = 1 / (1 + u * v);
    const radius = Math.sqrt(Math.max(u + v - squareness * u * v * corner, 1e-6));
    const turn = squareness * corner * corner;
    const gx = (x / (a * a)) * (1 - turn * v);
    const gy = (y / (b * b)) * (1 - turn * u);
    const slope = Math.sqrt(gx * gx + gy * gy) / radius;
    let muscle = (1 - radius) / Math.max(slope, 1 / 150);
    if (back) muscle -= 9 * hump(x / 26) * (y < -40 ? Math.min(1, (-40 - y) / 30) : 0);
    const side = Math.abs(x) / a;
    const front = Math.max(0, y / b);
    const rear = Math.max(0, -y / b);
    const round = 1 + (front - rear) / (side + front + rear + 1e-6);
    place.round = round;
    place.muscle = muscle;
    // Most fat lies on the flanks and low on the belly, least over the ribs and the spine.
    const depth =
      fat *
        (0.62 + 0.4 * side + (z < 0 ? 0.25 * front * Math.min(1, -z / 80) : 0) - (z > 40 ? 0.2 : 0)) *
        (1 + 0.35 * wobble) +
      3;
    place.skin = muscle + depth;
    // Thin at the white line in front, thick at the flanks and the back.
    const line = front > 0.4 ? hump(x / 9) : 0;
    const thickness =
      wall * (0.75 + 0.35 * (1 - Math.abs(round - 1)) + 0.5 * Math.max(0, 0.8 - round)) * (1 - 0.65 * line);
    place.cavity = muscle - thickness;
    const saddle = dome - 16 - (x * x) / 150 - ((y - 20) * (y - 20)) / (y < 20 ? 34 : 70);
    const recess = dome - 54 - 8 * rear - x * x * 0.0014;
    place.diaphragm =
      Math.max(domeAt(x - 68, y - 8, dome), domeAt(x + 66, y - 6, dome - 11), saddle, recess) - z;
  }
}

/** Height of a dome above a point at (x, y) from its top's foot. */
function domeAt(x: number, y: number, top: number): number {
  return top - (x * x) / 62 - (y * y) / 66;
}

/** A smooth bump: 1 at 0, 0 from 1 on. */
export function hump(t: number): number {
  const square = t * t;
  return square >= 1 ? 0 : (1 - square) * (1 - square);
}
