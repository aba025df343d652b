import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { standardNormal, uniform } from './random.ts';

/** When after the injection the scan was taken; decides which vessels and organs stand out. */
export type ContrastPhase = 'native' | 'arterial' | 'portal' | 'delayed';

/** Attenuation of each tissue in HU, as drawn for one patient. */
export interface Attenuation {
  readonly fat: number;
  readonly muscle: number;
  readonly liver: number;
  readonly spleen: number;
  readonly pancreas: number;
  readonly cortex: number;
  readonly medulla: number;
  readonly aorta: number;
  readonly cava: number;
  readonly portal: number;
  readonly bowelWall: number;
  readonly bile: number;
  readonly spongiosa: number;
}

/** How large an organ is: the factor on its lengths, 1 in the reference patient. */
export interface OrganSizes {
  readonly liver: number;
  readonly spleen: number;
  readonly kidneyRight: number;
  readonly kidneyLeft: number;
  readonly gallbladder: number;
  readonly stomach: number;
  readonly pancreas: number;
  readonly vessels: number;
}

/** Everything that tells one patient from another. Lengths in mm. */
export interface Patient {
  readonly phase: ContrastPhase;
  /** Stretch of the reference patient along x, y and z. */
  readonly stretch: readonly [x: number, y: number, z: number];
  /** Depth of the subcutaneous fat at the flanks. */
  readonly fat: number;
  /** Depth of the abdominal wall's muscle. */
  readonly wall: number;
  /** Share of the fat between organs where bowel lies in lean patients. */
  readonly visceralFat: number;
  /** Height of the right dome of the diaphragm above the first lumbar vertebra. */
  readonly dome: number;
  /** How far the lumbar spine curves forward. */
  readonly lordosis: number;
  readonly sizes: OrganSizes;
  readonly attenuation: Attenuation;
  /** Factor on the texture of every tissue. */
  readonly mottle: number;
  /** Amplitude of the scanner's own noise in the truth, HU. */
  readonly grain: number;
  /** Shift of the field of view against the patient. */
  readonly offset: readonly [x: number, y: number, z: number];
  readonly absent: { readonly gallbladder: boolean; readonly kidney: 'none' | 'right' | 'left' };
  /** A cyst in a kidney or the liver, or none. */
  readonly cyst: 'none' | 'kidney_right' | 'kidney_left' | 'liver';
}

type Row = readonly [native: number, arterial: number, portal: number, delayed: number, spread: number];

const phases: readonly ContrastPhase[] = ['native', 'arterial', 'portal', 'delayed'];

/** Mean HU by phase and the standard deviation between patients; sources in docs/simulate.md. */
const enhancement = {
  liver: [57, 70, 108, 90, 10],
  spleen: [48, 112, 120, 95, 10],
  pancreas: [40, 100, 92, 72, 10],
  cortex: [34, 160, 185, 165, 16],
  medulla: [32, 70, 160, 165, 14],
  aorta: [42, 300, 158, 118, 16],
  cava: [38, 75, 135, 112, 12],
  portal: [40, 95, 165, 115, 14],
  bowelWall: [38, 85, 90, 65, 9],
} satisfies Record<string, Row>;

/** Draws a patient. Every patient takes the same number of draws of each kind, whatever they come out as. */
export function drawPatient(generator: RandomGenerator): Patient {
  const normal = (): number => Math.min(2.5, Math.max(-2.5, standardNormal(generator)));
  const about = (mean: number, spread: number): number => mean + spread * normal();
  const phase = phases[phaseOf(uniform(generator, 0, 1))];
  const habitus = uniform(generator, 0, 1);
  const stature = about(1, 0.04);
  const girth = 0.94 + 0.14 * habitus;
  const stretch = [
    stature * girth * about(1, 0.02),
    stature * (0.9 + 0.24 * habitus) * about(1, 0.03),
    about(1, 0.045),
  ] as const;
  const fattyLiver = uniform(generator, 0, 1) < 0.2 ? uniform(generator, 12, 45) : 0;
  const missing = uniform(generator, 0, 1);
  const cyst = uniform(generator, 0, 1);
  const column = phases.indexOf(phase);
  const blood = normal();
  const drawn = (row: Row): number =>
    row[column] + row[4] * (0.75 * normal() + (column === 0 ? 0 : 0.66 * blood));
  const attenuation: Attenuation = {
    fat: about(-104, 6),
    muscle: about(column === 0 ? 52 : 60, 6),
    liver: drawn(enhancement.liver) - fattyLiver,
    spleen: drawn(enhancement.spleen),
    pancreas: drawn(enhancement.pancreas) - 12 * habitus,
    cortex: drawn(enhancement.cortex),
    medulla: drawn(enhancement.medulla),
    aorta: drawn(enhancement.aorta),
    cava: drawn(enhancement.cava),
    portal: drawn(enhancement.portal),
    bowelWall: drawn(enhancement.bowelWall),
    bile: about(10, 5),
    spongiosa: about(165, 38),
  };
  return {
    phase,
    stretch,
    fat: 7 + 26 * habitus * habitus + 5 * uniform(generator, 0, 1),
    wall: about(15, 1.6),
    visceralFat: Math.min(1, Math.max(0, 0.25 + 0.6 * habitus + 0.12 * normal())),
    dome: about(106, 8),
    lordosis: about(13, 3),
    sizes: {
      liver: about(1, 0.055) + (fattyLiver > 20 ? 0.04 : 0),
      spleen: about(1, 0.09),
      kidneyRight: about(1, 0.055),
      kidneyLeft: about(1.01, 0.055),
      gallbladder: about(1, 0.12),
      stomach: about(1, 0.1),
      pancreas: about(1, 0.08),
      vessels: about(1, 0.08),
    },
    attenuation,
    mottle: uniform(generator, 0.6, 1.6),
    grain: uniform(generator, 6, 16),
    offset: [about(0, 5), about(0, 4), about(0, 9)],
    absent: {
      gallbladder: missing < 0.11,
      kidney: missing >= 0.9 ? (missing < 0.906 ? 'right' : missing < 0.912 ? 'left' : 'none') : 'none',
    },
    cyst: cyst < 0.08 ? 'kidney_right' : cyst < 0.16 ? 'kidney_left' : cyst < 0.21 ? 'liver' : 'none',
  };
}

/** Shares of abdominal scans: native 15 %, arterial 15 %, portal 60 %, delayed 10 %. */
function phaseOf(draw: number): number {
  if (draw < 0.15) return 0;
  if (draw < 0.3) return 1;
  return draw < 0.9 ? 2 : 3;
}
