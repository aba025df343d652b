import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Labels, Sample, Source } from '@semcrc/core';
import { organLabels } from '@semcrc/imaging';
import { SemcrcError } from '@semcrc/kernels';
import { baselinePredictor, standInSegmenter } from '@semcrc/predict';
import { type OrganSet, organ } from './anatomy/tissue.ts';
import { drawPhantom, type PhantomModel, phantomId } from './phantom.ts';
import type { Acquisition } from './simulation.ts';
import { denoisingTask } from './task.ts';

/** A phantom cohort: everything left out takes the default of the built-in cohort. */
export interface PhantomOptions {
  /** Number of scans, from 1; default 160. */
  readonly scans?: number;
  /** 32-bit integer; default 0. */
  readonly seed?: number;
  /** [slices, height, width]; default [4, 112, 112]. Slices up to 48, height and width from 32. */
  readonly shape?: readonly [slices: number, height: number, width: number];
  /** `nine` (default): the organs of every label scheme. `ten`: those and the duodenum, 12 labels in all. */
  readonly organs?: OrganSet;
}

/** Where drawn scans are kept, so that they are drawn once. */
export interface ScanCache {
  /** Bytes put under this name before, whole; undefined where there are none. */
  get(name: string): Promise<Uint8Array | undefined>;
  /** Keeps bytes under a name, all of them or none. May fail silently: the scan is drawn again then. */
  put(name: string, bytes: Uint8Array): Promise<void>;
}

/** Changes whenever the same options give other voxels, so that digests of old artefacts do not match. */
const version = 2;

/** Seed that the shipped models were trained on: no cohort may share its patients. */
export const trainingSeed = -1066001;

/** How the built-in cohort's patients become scans: denoising, the shipped baseline and the shipped stand-in. */
export function phantomAcquisition(organs: OrganSet = 'nine'): Acquisition {
  const labels = Object.keys(labelsOf(organs)).map(Number);
  return { task: denoisingTask(), predictor: baselinePredictor(), segmenter: standInSegmenter(labels) };
}

/**
 * The built-in phantom cohort as a source. Scan i depends on the options and i alone, so any number of workers can open
 * the same cohort without a byte of data passing between them.
 *
 * @param cache where scans are kept once they are drawn; one found damaged is drawn again.
 * @throws SemcrcError `usage` for options out of range.
 */
export function phantomSource(options: PhantomOptions = {}, cache?: ScanCache): Source {
  const { scans = 160, seed = 0, shape = [4, 112, 112], organs = 'nine' } = options;
  checkOptions(scans, seed, shape);
  const model: PhantomModel = { seed, shape, organs };
  const acquisition = phantomAcquisition(organs);
  const { task, predictor, segmenter } = acquisition;
  const making = [version, model, task.name, task.settings, predictor.digest, segmenter.digest];
  const ids = Array.from({ length: scans }, (_, index) => phantomId(index));
  const indexOf = new Map(ids.map((id, index) => [id, index]));
  const folder = digestOf({ phantom: making });
  return {
    name: 'built-in phantom',
    ids,
    patients: ids,
    labels: labelsOf(organs),
    digest: digestOf({ phantom: making, scans }),
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
      const name = `${folder}/${id}`;
      const kept = unpack(await cache?.get(name), id, shape);
      if (kept) return kept;
      const { truth, lower, point, upper, organs } = await drawPhantom(model, index, acquisition);
      const mended = { clipped: 0, crossed: 0 };
      const sample = { id, patient: id, shape, truth, lower, upper, point, organs: organs, mended };
      await cache?.put(name, pack(sample));
      return sample;
    },
  };
}

/**
 * The size of the paper's Table 1: 640 scans of 4 × 256 × 256 with 12 labels, some organs absent in some scans.
 *
 * @throws SemcrcError `usage` for options out of range.
 */
export function paperSizedSource(options: { readonly scans?: number; readonly seed?: number } = {}): Source {
  const { scans = 640, seed = 0 } = options;
  return phantomSource({ scans, seed, shape: [4, 256, 256], organs: 'ten' });
}

/** Names of the labels of a phantom cohort. */
function labelsOf(organs: OrganSet): Labels {
  const named = Object.entries(organLabels).map(([name, label]) => [String(label), name] as const);
  const extra = organs === 'ten' ? [[String(organ.duodenum), 'duodenum'] as const] : [];
  return Object.fromEntries([['0', 'background'], ['1', 'body'], ...named, ...extra]);
}

function digestOf(definition: unknown): string {
  return bytesToHex(sha256(utf8ToBytes(JSON.stringify(definition))));
}

type PackedSample = Sample & { readonly point: Float32Array };

/** SHA-256, then truth, lower, point, upper as little-endian f32 and the organs as bytes. */
function pack({ truth, lower, point, upper, organs }: PackedSample): Uint8Array {
  const voxels = truth.length;
  const bytes = new Uint8Array(32 + 17 * voxels);
  for (const [order, part] of [truth, lower, point, upper].entries()) {
    bytes.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), 32 + 4 * voxels * order);
  }
  bytes.set(organs, 32 + 16 * voxels);
  bytes.set(sha256(bytes.subarray(32)), 0);
  return bytes;
}

/** The scan that was packed; undefined where there is none or its digest does not match. */
function unpack(bytes: Uint8Array | undefined, id: string, shape: Sample['shape']): PackedSample | undefined {
  const voxels = shape[0] * shape[1] * shape[2];
  if (bytes?.length !== 32 + 17 * voxels) return undefined;
  const digest = sha256(bytes.subarray(32));
  if (digest.some((byte, at) => byte !== bytes[at])) return undefined;
  // A copy of its own: a Buffer of Node may be a view into memory it shares, and its `slice` copies nothing.
  const content = new ArrayBuffer(17 * voxels);
  new Uint8Array(content).set(bytes.subarray(32));
  const part = (order: number): Float32Array => new Float32Array(content, 4 * voxels * order, voxels);
  return {
    ...{ id, patient: id, shape, truth: part(0), lower: part(1), point: part(2), upper: part(3) },
    organs: new Uint8Array(content, 16 * voxels, voxels),
    mended: { clipped: 0, crossed: 0 },
  };
}

function checkOptions(scans: number, seed: number, shape: readonly [number, number, number]): void {
  const refuse = (name: string, expected: string, found: string): never => {
    throw new SemcrcError('usage', `phantom ${name}: expected ${expected}, found ${found}`, {
      data: { option: name, expected, found },
    });
  };
  if (!Number.isSafeInteger(scans) || scans < 1) refuse('scans', 'a whole number from 1', String(scans));
  if ((seed | 0) !== seed) refuse('seed', 'a 32-bit integer', String(seed));
  if (seed === trainingSeed) refuse('seed', 'another than the models were trained on', String(seed));
  const [slices, height, width] = shape;
  const fits =
    shape.every(Number.isSafeInteger) && slices >= 1 && slices <= 48 && Math.min(height, width) >= 32;
  if (!fits) {
    refuse('shape', 'up to 48 slices × height × width, height and width from 32', shape.join(' × '));
  }
}
