import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Labels } from '@semcrc/core';
import { organLabels } from '@semcrc/imaging';
import { SemcrcError } from '@semcrc/kernels';
import type { PhantomGrid } from './brush.ts';
import { centredGrid, drawPhantomVolume } from './phantom.ts';
import type { SimulatedPatient } from './simulation.ts';
import { trainingSeed } from './source.ts';
import { checkWarp, defaultWarp, drawWarp, type Template, type WarpOptions } from './warp.ts';

/** Patients that can be drawn one by one: a pure function of seed and index. */
export interface Population {
  /** Begins the names of its scans. */
  readonly name: 'phantom' | 'warp';
  /** Label ids of the organs its patients may have, 2 and up. */
  readonly organs: readonly number[];
  /** Names of all labels. */
  readonly labels: Labels;
  /** SHA-256 (hex) over all that decides what is drawn beside seed and index. */
  readonly digest: string;
  /** Whether the place of a slice in its volume tells its height in the body alike in all patients. */
  readonly aligned: boolean;
  draw(seed: number, index: number): SimulatedPatient;
}

/** Changes whenever the same options give other voxels. */
const version = 1;

/**
 * Phantom patients on a grid, its middle in the upper abdomen.
 *
 * @throws SemcrcError `usage` for a shape or spacing out of range.
 */
export function phantomPopulation(shape: PhantomGrid['shape'], spacing: PhantomGrid['spacing']): Population {
  const refuse = (option: string, expected: string, found: string): never => {
    throw new SemcrcError('usage', `\`${option}\`: expected ${expected}, found ${found}`, {
      data: { options: [option] },
    });
  };
  const whole = shape.every((n) => Number.isSafeInteger(n) && n >= 1) && Math.min(shape[1], shape[2]) >= 16;
  if (!whole || shape[0] * shape[1] * shape[2] > 2 ** 27) {
    refuse(
      'size',
      'whole numbers of voxels x, y, z, x and y from 16, at most 134 million in all',
      [...shape].reverse().join(','),
    );
  }
  if (!spacing.every((mm) => mm >= 0.2 && mm <= 20)) refuse('spacing', '0.2 to 20 mm', spacing.join(','));
  const grid = centredGrid(shape, spacing);
  return {
    name: 'phantom',
    organs: Object.values(organLabels),
    labels: labelsOf(Object.values(organLabels)),
    digest: digestOf({ phantom: version, shape, spacing }),
    aligned: false,
    draw(seed, index) {
      checkSeed(seed);
      return drawPhantomVolume({ seed, organs: 'nine' }, index, grid);
    },
  };
}

/**
 * Warps of templates.
 *
 * @throws SemcrcError `usage` for options that would fold space.
 */
export function warpPopulation(
  templates: readonly Template[],
  options: WarpOptions = defaultWarp,
): Population {
  checkWarp(options);
  const organs = new Set<number>();
  for (const { anatomy } of templates) for (const label of anatomy) if (label > 1) organs.add(label);
  const sorted = [...organs].sort((a, b) => a - b);
  const content = templates.map(({ truth, anatomy }) => ({
    ...{ shape: truth.shape, affine: truth.affine },
    truth: bytesToHex(
      sha256(new Uint8Array(truth.data.buffer, truth.data.byteOffset, truth.data.byteLength)),
    ),
    anatomy: bytesToHex(sha256(anatomy)),
  }));
  return {
    name: 'warp',
    organs: sorted,
    labels: labelsOf(sorted),
    digest: digestOf({ warp: version, options, content }),
    aligned: true,
    draw: (seed, index) => drawWarp(templates, seed, index, options),
  };
}

function labelsOf(organs: readonly number[]): Labels {
  const wanted = new Set(organs);
  const named = Object.entries(organLabels).filter(([, label]) => wanted.has(label));
  return Object.fromEntries([
    ['0', 'background'],
    ['1', 'body'],
    ...named.map(([name, label]) => [String(label), name]),
  ]);
}

function checkSeed(seed: number): void {
  if (seed === trainingSeed) {
    throw new SemcrcError(
      'usage',
      `\`seed\` ${seed} draws the patients the models were trained on; take another`,
      {
        data: { options: ['seed'] },
      },
    );
  }
}

function digestOf(definition: unknown): string {
  return bytesToHex(sha256(utf8ToBytes(JSON.stringify(definition))));
}
