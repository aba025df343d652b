// What the figures of the method are computed on: the built-in phantom cohort or the teaching cohort, in one split, and
// what is made from them.
import {
  buildProfile,
  drawSplit,
  evaluateFits,
  fitSplit,
  makePartition,
  PAPER_OPTIONS,
  profileOptionsOf,
} from '@semcrc/core';
import { loadKernels } from '@semcrc/kernels';
import { openSource } from '@semcrc/runner/node';
import { teachingCohort } from './teaching.mjs';

/** @typedef {import('@semcrc/core').Fit} Fit */
/** Profiles that lie in memory. @typedef {import('@semcrc/core').Profile & { readonly scores: Float32Array }} Profile */
/** @typedef {import('@semcrc/core').Sample} Sample */
/** @typedef {import('@semcrc/core').Procedure} Procedure */
/** @typedef {import('@semcrc/core').ProcedureOptions} ProcedureOptions */
/** @typedef {import('@semcrc/core').SplitSizes} SplitSizes */
/** @typedef {Pick<import('@semcrc/core').Source, 'ids' | 'patients' | 'labels' | 'read'>} Cohort */

/** Width of the intensity window, −175 to 250 HU: what 1 is in windowed intensity. */
export const HU = 425;
export const EPSILON = 0.1;
/** @type {ProcedureOptions} */
export const ENVELOPE_LINE = { ...PAPER_OPTIONS, anchor: 'envelope' };
/** @type {ProcedureOptions} */
export const ENVELOPE_PATH = { ...ENVELOPE_LINE, backtrack: 'path' };

export const kernels = await loadKernels();

/** The cohort with every scan in memory. @param {Cohort} source @returns {Promise<Cohort>} */
async function drawn({ ids, patients, labels, read }) {
  /** @type {Map<string, Sample>} */
  const samples = new Map();
  for (const id of ids) samples.set(id, await read(id));
  return { ids, patients, labels, read: async (id) => samples.get(id) ?? read(id) };
}

/** Drawn once on this machine, as `calibrate` keeps it. */
export const phantom = await drawn(await openSource({ kind: 'phantom' }));

/** As many scans as SIZES splits. */
export const teaching = teachingCohort({ scans: 192, side: 96 });

/** The built-in cohort's sizes, as `calibrate` splits it. @type {SplitSizes} */
export const SIZES = { nOpt: 32, nCal: 128, nTest: 32 };

/**
 * The cohort as if it showed two organs only: all other voxels become label 0, which `within: 'body'` leaves out.
 * @param {Cohort} cohort @param {readonly [number, number]} organs @returns {Cohort}
 */
export function twoOrgans({ ids, patients, labels, read }, organs) {
  return {
    ids,
    patients,
    labels: Object.fromEntries([['0', 'elsewhere'], ...organs.map((id) => [String(id), labels[id]])]),
    read: async (id) => {
      const sample = await read(id);
      return { ...sample, organs: sample.organs.map((group) => (organs.includes(group) ? group : 0)) };
    },
  };
}

/**
 * Procedures fitted on one split of a cohort, with all that went into it.
 * @param {Cohort} cohort @param {readonly Procedure[]} procedures @param {ProcedureOptions} options
 * @param {SplitSizes} [sizes] @param {number} [run]
 */
export async function fitted(cohort, procedures, options, sizes = SIZES, run = 0) {
  const profiling = profileOptionsOf(procedures, options);
  const partition = makePartition({ kind: 'organ' }, cohort.labels);
  const split = drawSplit(cohort, sizes, 0, run);
  /** @type {Map<string, Profile>} */
  const profiles = new Map();
  for (const id of [...split.opt, ...split.cal, ...split.test]) {
    const profile = buildProfile(kernels, await cohort.read(id), partition, profiling);
    profiles.set(id, /** @type {Profile} */ (profile));
  }
  const profileOf = (/** @type {string} */ id) => /** @type {Profile} */ (profiles.get(id));
  const data = { kernels, labels: cohort.labels, read: cohort.read, profileOf };
  const stream = { seed: 0, run };
  const [{ fits }] = await fitSplit(data, split, procedures, [EPSILON], options, stream);
  return {
    split,
    partition,
    fits,
    profileOf,
    evaluate: () => evaluateFits(data, fits, split.test, profiling),
  };
}

/** Name of a label as words. @param {Cohort} cohort @param {number | string} label */
export function nameOf({ labels }, label) {
  return labels[label].replaceAll('_', ' ').replace('inferior vena cava', 'vena cava');
}

/**
 * Mean over scans of the share of voxels missed, for one λ per organ (index of the partition's keys).
 * @param {readonly Profile[]} profiles @param {import('@semcrc/core').Partition} partition @param {ArrayLike<number>} lambda
 */
export function riskOf(profiles, { groupOfRegion, regionCount }, lambda) {
  let risk = 0;
  for (const { offsets, scores, dimension } of profiles) {
    let missed = 0;
    for (let region = 0; region < regionCount; region++) {
      const [start, end] = [offsets[region], offsets[region + 1]];
      if (start < end)
        missed += end - firstAbove(scores, Math.fround(lambda[groupOfRegion[region]]), start, end);
    }
    risk += missed / dimension / profiles.length;
  }
  return risk;
}

/** Index of the first of ascending values above `bound`, from `start` up to `end`. @param {Float32Array} values @param {number} bound @param {number} start @param {number} end */
export function firstAbove(values, bound, start, end) {
  let [low, high] = [start, end];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle] > bound) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The anchor of a fit that has one. @param {Fit} fit */
export function anchorOf({ anchor, procedure }) {
  if (!anchor) throw new Error(`expected an anchor, found none in ${procedure}`);
  return anchor;
}

/** The path of a fit's envelope anchor. @param {Fit} fit */
export function pathOf(fit) {
  const { solution } = anchorOf(fit);
  if (solution.method !== 'envelope')
    throw new Error(`expected an envelope anchor, found ${solution.method}`);
  return solution;
}
