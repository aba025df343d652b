import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { makeVolume, type Shape } from '@semcrc/imaging';
import { describe, expect, it } from 'vitest';
import {
  defaultWarp,
  drawMap,
  drawWarp,
  generatorOf,
  leastJacobian,
  type Template,
  warpPopulation,
} from '../src/index.ts';
import { readTemplate } from '../src/node.ts';

const shape = [20, 60, 70] as const;
const affine = [3, 0, 0, -100, 0, 3, 0, -90, 0, 0, 3, 0, 0, 0, 0, 1];

/** A body with two balls in it, the smaller half in the last slices. */
function balls(level = 100): Template {
  const data = new Float32Array(shape[0] * shape[1] * shape[2]).fill(-1000);
  const anatomy = new Uint8Array(data.length);
  for (let at = 0; at < data.length; at++) {
    const [x, y, z] = [at % 70, Math.floor(at / 70) % 60, Math.floor(at / 4200)];
    if ((x - 35) ** 2 / 900 + (y - 30) ** 2 / 625 < 1) {
      data[at] = 40;
      anatomy[at] = 1;
    }
    if ((x - 24) ** 2 + (y - 30) ** 2 + (z - 10) ** 2 < 81) {
      data[at] = level;
      anatomy[at] = 7;
    }
    if ((x - 48) ** 2 + (y - 34) ** 2 + (z - 12) ** 2 < 36) {
      data[at] = 140;
      anatomy[at] = 2;
    }
  }
  return { truth: makeVolume(data, shape, affine), anatomy };
}

/** Voxels of a label, and of its largest 6-connected part. */
function components(
  anatomy: Uint8Array,
  label: number,
  [, height, width]: Shape = shape,
): { readonly all: number; readonly largest: number } {
  const seen = new Uint8Array(anatomy.length);
  let all = 0;
  let largest = 0;
  for (let start = 0; start < anatomy.length; start++) {
    if (anatomy[start] !== label || seen[start] === 1) continue;
    const stack = [start];
    seen[start] = 1;
    let size = 0;
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      size += 1;
      const x = at % width;
      const y = Math.floor(at / width) % height;
      const steps = [
        x > 0 ? -1 : 0,
        x < width - 1 ? 1 : 0,
        y > 0 ? -width : 0,
        y < height - 1 ? width : 0,
        -width * height,
        width * height,
      ];
      for (const step of steps) {
        const to = at + step;
        if (step !== 0 && anatomy[to] === label && seen[to] === 0) {
          seen[to] = 1;
          stack.push(to);
        }
      }
    }
    all += size;
    largest = Math.max(largest, size);
  }
  return { all, largest };
}

describe('a warped patient', () => {
  it('is the same alone and in any batch, and another for every index and seed', () => {
    const templates = [balls()];
    const alone = drawWarp(templates, 0, 4);
    drawWarp(templates, 0, 5);
    expect(drawWarp(templates, 0, 4)).toEqual(alone);
    expect(drawWarp(templates, 0, 5).truth.data).not.toEqual(alone.truth.data);
    expect(drawWarp(templates, 1, 4).truth.data).not.toEqual(alone.truth.data);
  });

  it('is bent without folding: the Jacobian is positive everywhere', () => {
    const grid = balls().truth;
    const least = Array.from({ length: 24 }, (_, seed) =>
      leastJacobian(grid, drawMap(grid, defaultWarp, generatorOf(seed, 0))),
    );
    expect(Math.min(...least)).toBeGreaterThan(0.1);
    // The test can fail: a field ten times as strong and rough folds the voxels' grid.
    const rough = { ...defaultWarp, bend: 70, bendAcross: 70, smoothness: 8 };
    expect(leastJacobian(grid, drawMap(grid, rough, generatorOf(0, 0)))).toBeLessThan(0.1);
  });

  it('is bent no more than keeps space whole: at the limit the Jacobian is positive, beyond it warps are refused', () => {
    const grid = balls().truth;
    for (const smoothness of [8, 26, 60]) {
      const most = { ...defaultWarp, bend: smoothness / 2, bendAcross: smoothness / 4, smoothness };
      const least = Array.from({ length: 6 }, (_, seed) =>
        leastJacobian(grid, drawMap(grid, most, generatorOf(seed, 1))),
      );
      expect(Math.min(...least)).toBeGreaterThan(0.1);
      expect(() => warpPopulation([balls()], most)).not.toThrow();
      expect(() => warpPopulation([balls()], { ...most, bend: 0.6 * smoothness })).toThrow(/bend.*fold/);
    }
    for (const smoothness of [0, -1, 1e9, Number.NaN]) {
      expect(() => warpPopulation([balls()], { ...defaultWarp, smoothness })).toThrow(/smoothness/);
    }
  });

  it('keeps every organ in one piece: its largest part holds 98 % of its voxels', () => {
    for (let index = 0; index < 20; index++) {
      const { anatomy } = drawWarp([balls()], 3, index);
      for (const group of [2, 7]) {
        const { all, largest } = components(anatomy, group);
        expect(all).toBeGreaterThan(100);
        expect(largest).toBeGreaterThanOrEqual(0.98 * all);
      }
    }
  });

  it('keeps the organs of a real scan in one piece, as far as its labels are', async (context) => {
    const sample = resolve(import.meta.dirname, '../../../../shared/data/totalsegmentator-sample');
    if (!existsSync(sample)) return context.skip(`${sample} is not here`);
    const files = {
      truth: resolve(sample, 'example_ct_sm.nii.gz'),
      segmentation: resolve(sample, 'example_seg.nii.gz'),
    };
    const template = await readTemplate(files, 'totalsegmentator', null);
    const labels = [...new Set(template.anatomy)].filter((label) => label > 1);
    const wholeness = (anatomy: Uint8Array, label: number): number => {
      const { all, largest } = components(anatomy, label, template.truth.shape);
      return largest / all;
    };
    expect(labels.length).toBeGreaterThanOrEqual(7);
    for (let index = 0; index < 4; index++) {
      const { anatomy } = drawWarp([template], 1, index);
      for (const label of labels) {
        expect(wholeness(anatomy, label)).toBeGreaterThanOrEqual(0.98 * wholeness(template.anatomy, label));
      }
    }
    return undefined;
  });

  it('has CT and labels from the same places', () => {
    const still = { ...defaultWarp, hounsfield: 0 };
    for (let index = 0; index < 5; index++) {
      const { truth, anatomy } = drawWarp([balls()], 0, index, still);
      let wrong = 0;
      for (let at = 0; at < anatomy.length; at++) {
        // Half way between ball and body, linear and nearest part; a voxel's worth of blur is allowed for.
        if (anatomy[at] === 7 && truth.data[at] < 40) wrong += 1;
        if (anatomy[at] === 0 && truth.data[at] > 41) wrong += 1;
      }
      expect(wrong).toBe(0);
    }
  });

  it('brightens organs each by itself', () => {
    const ballMean = ({ truth, anatomy }: Template, group: number): number => {
      const values = Array.from(truth.data).filter((_, at) => anatomy[at] === group);
      return values.reduce((sum, value) => sum + value, 0) / values.length;
    };
    const flat = { ...defaultWarp, bend: 0.001, bendAcross: 0.001, stretch: 0, turn: 0, shift: 0 };
    const changes = Array.from({ length: 40 }, (_, index) => {
      const patient = drawWarp([balls()], 9, index, flat);
      return [ballMean(patient, 7) - 100, ballMean(patient, 2) - 140];
    });
    const mean = (values: readonly number[]): number =>
      values.reduce((sum, value) => sum + value, 0) / values.length;
    const deviation = (values: readonly number[]): number =>
      Math.sqrt(mean(values.map((v) => (v - mean(values)) ** 2)));
    const [liver, spleen] = [0, 1].map((k) => changes.map((pair) => pair[k]));
    for (const values of [liver, spleen]) {
      expect(Math.abs(mean(values))).toBeLessThan(6);
      expect(deviation(values)).toBeGreaterThan(7);
      expect(deviation(values)).toBeLessThan(15);
    }
    const together = mean(liver.map((v, k) => v * spleen[k])) / deviation(liver) / deviation(spleen);
    expect(Math.abs(together)).toBeLessThan(0.5);
  });

  it('comes from a template drawn for it, of several equally likely ones', () => {
    const templates = [balls(100), balls(60), balls(20)];
    const counts = [0, 0, 0];
    for (let index = 0; index < 60; index++) counts[drawWarp(templates, 0, index).template] += 1;
    // Five standard errors of a binomial of 60 and 1/3.
    for (const count of counts) expect(Math.abs(count - 20)).toBeLessThan(5 * Math.sqrt(40 / 3));
    expect(() => drawWarp([], 0, 0)).toThrow(/template/);
  });
});
