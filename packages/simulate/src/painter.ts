import { furnish } from './anatomy/contents.ts';
import type { OrganSet, Tissue } from './anatomy/tissue.ts';
import { Brush, type PhantomGrid } from './brush.ts';
import { Lattice } from './lattice.ts';
import { drawPatient, type Patient } from './patient.ts';
import { generatorOf, uniform } from './random.ts';
import { Spine } from './spine.ts';
import { hump, Trunk, type TrunkPlace } from './trunk.ts';

/** How far organs are moved and bent, mm. */
const bend = { slow: 13, quick: 4.5 };
const reach = bend.slow + bend.quick;

/** One patient's abdomen, ready to be sampled on any grid. */
export class Abdomen {
  readonly patient: Patient;
  readonly #lattice: Lattice;
  readonly #tissues: readonly Tissue[];
  readonly #trunk: Trunk;
  readonly #spine: Spine;
  readonly #ribShift: number;

  constructor(seed: number, index: number, organs: OrganSet) {
    const generator = generatorOf(seed, index);
    this.patient = drawPatient(generator);
    this.#trunk = new Trunk(this.patient);
    this.#spine = new Spine(this.patient);
    this.#ribShift = uniform(generator, -8, 8);
    this.#tissues = furnish(this.patient, this.#spine, organs, generator);
    this.#lattice = new Lattice(generator);
  }

  /**
   * Samples a grid slice by slice: attenuation in HU, unless only organs are wanted, and label ids (0 outside the body, 1 body, organs).
   */
  paint(grid: PhantomGrid, hounsfield: Float32Array | null, organs: Uint8Array): void {
    const [, height, width] = grid.shape;
    const brush = new Brush(grid, this.#lattice);
    for (let slice = 0; slice < grid.shape[0]; slice++) {
      for (let row = 0; row < height; row++) {
        const at = (slice * height + row) * width;
        this.#paintRow(
          brush,
          slice,
          row,
          hounsfield?.subarray(at, at + width) ?? null,
          organs.subarray(at, at + width),
        );
      }
    }
  }

  #paintRow(
    brush: Brush,
    slice: number,
    row: number,
    hounsfield: Float32Array | null,
    organs: Uint8Array,
  ): void {
    const { patient } = this;
    const { grid, count, softness, xs } = brush;
    const [stretchX, stretchY, stretchZ] = patient.stretch;
    const [offsetX, offsetY, offsetZ] = patient.offset;
    const placeY = grid.first[1] + row * grid.spacing[1];
    const placeZ = grid.first[2] + slice * grid.spacing[2];
    const y = (placeY - offsetY) / stretchY;
    const z = (placeZ - offsetZ) / stretchZ;
    brush.sampleShaping(placeY, placeZ);
    let touched = false;
    const { place, bone } = brush;
    for (let i = 0; i < count; i++) {
      const x = (xs[i] - offsetX) / stretchX;
      // Organs are bent by a smooth field; the trunk and the spine by a third of it.
      const bx = bend.slow * brush.slowX[i] + bend.quick * brush.quickX[i];
      const by = bend.slow * brush.slowY[i] + bend.quick * brush.quickY[i];
      const bz = bend.slow * brush.slowZ[i];
      brush.x[i] = x + bx;
      brush.y[i] = y + by;
      brush.z[i] = z + bz;
      this.#trunk.locate(x + 0.3 * bx, y + 0.3 * by, z, brush.slowX[i], place);
      brush.cavity[i] = Math.min(place.cavity, place.diaphragm - 3);
      brush.muscle[i] = place.muscle;
      organs[i] = place.skin > 0 ? 1 : 0;
      if (place.skin < -softness) {
        if (hounsfield) hounsfield[i] = -1000;
        continue;
      }
      // Many rows pass the patient by.
      if (hounsfield && !touched) brush.sampleTexture(placeY, placeZ);
      touched = true;
      if (hounsfield) hounsfield[i] = this.#trunkAt(place, brush, i, z);
    }
    if (touched) {
      for (const tissue of this.#tissues) this.#paintTissue(brush, tissue, y, z, hounsfield, organs);
    }
    this.#spine.level(z);
    const shiftX = (at: number): number => 0.3 * (brush.x[at] - (xs[at] - offsetX) / stretchX);
    for (let i = 0; i < count; i++) {
      const x = (xs[i] - offsetX) / stretchX;
      if (x > -62 && x < 62 && organs[i] > 0) {
        const sx = shiftX(i);
        const sy = 0.3 * (brush.y[i] - y);
        if (this.#spine.at(x + sx, y + sy, brush.coarse[i], brush.fine[i], bone)) {
          const alpha = clamp01(0.5 - bone.distance / softness);
          if (alpha > 0 && hounsfield) hounsfield[i] = mix(hounsfield[i], bone.hounsfield, alpha);
          if (alpha >= 0.5) organs[i] = 1;
        }
      }
      if (hounsfield === null) continue;
      if (organs[i] > 0) hounsfield[i] += patient.grain * 2.2 * brush.grain[i];
      else if (hounsfield[i] <= -990) hounsfield[i] = couch(xs[i], placeY, offsetY, stretchY, patient);
    }
  }

  /** HU of the trunk before organs are painted into it. */
  #trunkAt(place: TrunkPlace, brush: Brush, i: number, z: number): number {
    const { attenuation: hu, mottle } = this.patient;
    const { softness } = brush;
    let value = hu.fat + 9 * mottle * brush.fine[i];
    // Skin, 2 mm.
    value = mix(value, 25, (2.2 - place.skin) / softness + 0.5);
    value = this.#wall(value, place, brush, i, z);
    if (place.cavity > -softness) value = this.#inside(value, place, brush, i);
    return mix(-1000, value, place.skin / softness + 0.5);
  }

  /** The muscles of the wall, the ribs in it and the wings of the pelvis below them. */
  #wall(value: number, place: TrunkPlace, brush: Brush, i: number, z: number): number {
    const { attenuation: hu } = this.patient;
    const { softness } = brush;
    if (place.muscle < -softness) return value;
    const fine = brush.fine[i];
    let muscle = hu.muscle + 11 * fine;
    const thickness = place.muscle - place.cavity;
    const share = place.muscle / thickness;
    // At the flanks the wall is three sheets with fat between.
    if (z < 60 && place.round > 0.75 && place.round < 1.7) {
      const sheet = Math.min(Math.abs(share - 0.36), Math.abs(share - 0.68)) * thickness;
      if (sheet < 1.3) muscle -= 85 * (1.3 - sheet) * clamp01((1.7 - place.round) * 5);
    } else if (place.round >= 1.7 && place.round < 1.8) {
      muscle -= 90 * hump((place.round - 1.75) * 22);
    }
    let filled = mix(value, muscle, place.muscle / softness + 0.5);
    if (z > -40) {
      // Ribs slope down from the spine; below the tenth they end early.
      const slope = z + this.#ribShift + 98 * place.round - 27 * place.round * place.round - 34;
      const nearest = Math.round(slope / 28.5);
      const rise = slope - nearest * 28.5;
      const end = nearest < 0 ? 0 : nearest === 0 ? 0.55 : nearest === 1 ? 0.95 : 1.42;
      const across = place.muscle - thickness * 0.6;
      if (place.round > 0.16 && place.round < Math.min(end + 0.34, 1.78) && nearest >= 0) {
        const squeeze = Math.sqrt((rise * rise) / 2.1 + across * across + 1e-6);
        const depth = 4.6 - squeeze;
        const cartilage = place.round > end;
        if (depth > -softness && !(cartilage && nearest < 2)) {
          const inner = cartilage ? 105 + 25 * fine : depth > 1.7 ? 230 + 70 * fine : 560 + 90 * fine;
          filled = mix(filled, inner, depth / softness + 0.5);
        }
      }
    } else if (z < -88) {
      const crest = -92 - 70 * (place.round - 0.72) * (place.round - 0.72);
      const across = Math.abs(place.muscle - (10 + (-88 - z) * 0.17));
      const depth = Math.min(5.2 - across, crest - z, (place.round - 0.3) * 90, (1.25 - place.round) * 90);
      if (depth > -softness) {
        filled = mix(filled, depth > 1.8 ? 240 + 80 * fine : 570 + 80 * fine, depth / softness + 0.5);
      }
    }
    return filled;
  }

  /** What fills the cavity before organs are painted: fat, mesentery, small bowel; lungs above the diaphragm. */
  #inside(value: number, place: TrunkPlace, brush: Brush, i: number): number {
    const { attenuation: hu, visceralFat, mottle } = this.patient;
    const { softness } = brush;
    const inside = clamp01(place.cavity / softness + 0.5);
    const [x, y, z] = [brush.x[i], brush.y[i], brush.z[i]];
    const fine = brush.fine[i];
    const lobular = brush.lobular[i];
    let filling = hu.fat + 4 + 8 * mottle * fine;
    if (place.diaphragm > -softness) {
      // Vessels and nodes of the mesentery: where two fields vanish together, threads run.
      const central = clamp01((y + 34) / 20) * clamp01((112 - Math.abs(x)) / 12);
      if (central > 0) {
        const p = brush.threadA[i];
        const q = brush.threadB[i];
        const thread = Math.sqrt(p * p + q * q);
        const vessel = clamp01((0.13 - thread) / 0.05) * central;
        if (vessel > 0) filling = mix(filling, 0.5 * (hu.portal + hu.aorta) - 10, vessel * 0.9);
        // Small bowel: thicker threads, where it lies.
        const belly = clamp01((14 - z - 0.3 * Math.abs(x + 38)) / 16) * clamp01((y + 26) / 14);
        if (belly > 0) {
          const m = brush.bowelA[i];
          const n = brush.bowelB[i];
          const girth = 0.54 - 0.16 * visceralFat;
          const depth = (girth * belly - Math.sqrt(m * m + n * n)) * 44;
          if (depth > -softness) {
            const gas = brush.coarse[i] > 0.38 && y > 25;
            const wall = hu.bowelWall + 8 * fine;
            const chyme = gas ? -880 : 22 + 26 * fine + 24 * lobular;
            const content = mix(wall, chyme, clamp01((depth - 2.2) / 1.2));
            filling = mix(filling, content, depth / softness + 0.5);
          }
        }
      }
      // The diaphragm.
      if (place.diaphragm < 3) filling = mix(filling, hu.muscle, (3 - place.diaphragm) / softness + 0.5);
    }
    if (place.diaphragm < softness) {
      let lung = -850 + 110 * fine + 60 * lobular;
      const p = brush.threadA[i];
      const q = brush.threadB[i];
      const thread = Math.sqrt(p * p + q * q);
      if (thread < 0.12) lung = mix(lung, 40, (0.12 - thread) * 12);
      // The heart stands on the diaphragm, the mediastinum behind it.
      const hx = (x + 22) / 62;
      const hy = (y - 30) / 46;
      const hz = (z - 132) / 50;
      const heart = 1 - Math.sqrt(hx * hx + hy * hy + hz * hz);
      if (heart > -0.05) {
        const chamber = heart > 0.22 ? 0.5 * (hu.aorta + hu.cava) : hu.muscle + 35;
        lung = mix(lung, chamber + 8 * fine, heart * 25 + 0.5);
      }
      const middle = (Math.sqrt(((x + 4) / 33) * ((x + 4) / 33) + ((y + 6) / 40) * ((y + 6) / 40)) - 1) * 33;
      if (middle < 2) lung = mix(lung, hu.fat + 90 + 25 * lobular, 0.5 - middle / 3);
      filling = mix(filling, lung, 0.5 - place.diaphragm / softness);
    }
    return mix(value, filling, inside);
  }

  #paintTissue(
    brush: Brush,
    tissue: Tissue,
    y: number,
    z: number,
    hounsfield: Float32Array | null,
    organs: Uint8Array,
  ): void {
    const { softness, point, count } = brush;
    const span = tissue.shape.row(y, z, reach + tissue.lobules + tissue.halo + softness);
    if (span === null) return;
    const [from, to] = brush.indices(span[0] - reach, span[1] + reach, this.patient);
    const { attenuation: hu } = this.patient;
    for (let i = from; i < to && i < count; i++) {
      if (organs[i] === 0) continue;
      let distance = tissue.shape.distance(brush.x[i], brush.y[i], brush.z[i]);
      if (distance > tissue.lobules + tissue.halo + softness) continue;
      distance -= tissue.lobules * brush.lobular[i];
      distance = Math.max(distance, tissue.confined ? 1.5 - brush.cavity[i] : -brush.muscle[i]);
      if (distance > tissue.halo + softness) continue;
      if (tissue.halo > 0 && hounsfield) {
        const fatty = clamp01(0.5 + (tissue.halo - distance) / softness);
        const bounded = tissue.confined ? clamp01(brush.cavity[i] / softness) : 1;
        hounsfield[i] = mix(hounsfield[i], hu.fat + 8, fatty * bounded * 0.9);
      }
      const alpha = clamp01(0.5 - distance / softness);
      if (alpha <= 0) continue;
      if (hounsfield) {
        point.coarse = brush.coarse[i];
        point.lobular = brush.lobular[i];
        point.fine = brush.fine[i];
        hounsfield[i] = mix(hounsfield[i], tissue.hounsfield(-distance, point, brush.y[i]), alpha);
      }
      if (alpha >= 0.5) organs[i] = tissue.label;
    }
  }
}

/** The thin top of the couch the patient lies on; air above and below it. */
function couch(x: number, y: number, offsetY: number, stretchY: number, patient: Patient): number {
  const top = offsetY - (93 + patient.fat + 9) * stretchY + (x * x) / 2200;
  const across = Math.abs(y - top);
  return across < 2.6 && x > -210 && x < 210 ? -1000 + (2.6 - across) * 300 : -1000;
}

function clamp01(value: number): number {
  return Math.min(1, Math.max(0, value));
}

/** From `a` to `b`, by a share that is clamped to 0 … 1. */
function mix(a: number, b: number, share: number): number {
  return share <= 0 ? a : share >= 1 ? b : a + share * (b - a);
}
