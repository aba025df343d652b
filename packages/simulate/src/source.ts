import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Labels, Source } from '@semcrc/core';
import { SemcrcError } from '@semcrc/kernels';
import { type OrganSet, organTemplates } from './anatomy.ts';
import { drawPhantom, type PhantomModel, phantomId } from './phantom.ts';

/** A phantom cohort: everything left out takes the default of the built-in cohort. */
export interface PhantomOptions {
  /** Number of scans, from 1; default 160. */
  readonly scans?: number;
  /** 32-bit integer; default 0. */
  readonly seed?: number;
  /** [slices, height, width]; default [4, 96, 96]. Height and width from 32. */
  readonly shape?: readonly [slices: number, height: number, width: number];
  /** `nine` (default): the organs of every label scheme. `ten`: those and the duodenum, 12 groups in all. */
  readonly organs?: OrganSet;
}

/** Changes whenever the same options give other voxels, so that digests of old artefacts do not match. */
const version = 1;

/**
 * The built-in phantom cohort as a source. Scan i depends on the options and i alone, so any number of workers can open
 * the same cohort without a byte of data passing between them.
 *
 * @throws SemcrcError `usage` for options out of range.
 */
export function phantomSource(options: PhantomOptions = {}): Source {
  const { scans = 160, seed = 0, shape = [4, 96, 96], organs = 'nine' } = options;
  checkOptions(scans, seed, shape);
  const model: PhantomModel = { seed, shape, organs };
  const ids = Array.from({ length: scans }, (_, index) => phantomId(index));
  const indexOf = new Map(ids.map((id, index) => [id, index]));
  const definition = JSON.stringify({ phantom: version, scans, ...model });
  return {
    name: 'built-in phantom',
    ids,
    patients: ids,
    labels: labelsOf(organs),
    digest: bytesToHex(sha256(utf8ToBytes(definition))),
    draws: 0,
    leftOut: [],
    read: async (id) => {
      const index = indexOf.get(id);
      if (index === undefined) {
        throw new SemcrcError(
          'usage',
          `the phantom cohort has no scan ${JSON.stringify(id)}: its ${scans} scans are ${ids[0]} … ${ids.at(-1)}`,
          { data: { scan: id, scans } },
        );
      }
      const { measurement: _measurement, anatomy: _anatomy, ...sample } = drawPhantom(model, index);
      return sample;
    },
  };
}

/**
 * The size of the paper's Table 1: 640 scans of 4 × 256 × 256 with 12 groups, some organs absent in some scans.
 *
 * @throws SemcrcError `usage` for options out of range.
 */
export function paperSizedSource(options: { readonly scans?: number; readonly seed?: number } = {}): Source {
  const { scans = 640, seed = 0 } = options;
  return phantomSource({ scans, seed, shape: [4, 256, 256], organs: 'ten' });
}

function labelsOf(organs: OrganSet): Labels {
  const named = organTemplates(organs).map(({ label, name }) => [String(label), name] as const);
  return Object.fromEntries([['0', 'background'], ['1', 'body'], ...named]);
}

function checkOptions(scans: number, seed: number, shape: readonly [number, number, number]): void {
  const refuse = (name: string, expected: string, found: string): never => {
    throw new SemcrcError('usage', `phantom ${name}: expected ${expected}, found ${found}`, {
      data: { option: name, expected, found },
    });
  };
  if (!Number.isSafeInteger(scans) || scans < 1) refuse('scans', 'a whole number from 1', String(scans));
  if ((seed | 0) !== seed) refuse('seed', 'a 32-bit integer', String(seed));
  const [slices, height, width] = shape;
  const fits = shape.every(Number.isSafeInteger) && slices >= 1 && Math.min(height, width) >= 32;
  if (!fits) refuse('shape', 'slices × height × width, height and width from 32', shape.join(' × '));
}
