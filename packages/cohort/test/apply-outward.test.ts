import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readNifti, resolveLabelling } from '@semcrc/imaging/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApplyOptions, applyToFiles } from '../src/node.ts';
import { calibration, LAMBDA, labelOf, randomScan, type Scan, VOXELS, writeScanFiles } from './apply-scan.ts';
import type { PlainFile } from './plain-nifti.ts';
import { uniform } from './random-cohort.ts';

let folder: string;
let options: ApplyOptions;
let serial = 0;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'semcrc-apply-'));
  options = { labelling: await resolveLabelling('suprem') };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const write = (scan: Scan, more: Partial<PlainFile> = {}) =>
  writeScanFiles(join(folder, `scan-${serial++}`), scan, more);
const out = () => join(folder, `out-${serial++}`);
const values = async (home: string, name: string) =>
  (await readNifti(join(home, `${name}.nii.gz`))).volume.data;

describe('what is published', () => {
  it('leaves nothing covered outside, to the last bit, in either unit', async () => {
    const next = uniform(7);
    const scan = randomScan(2);
    // Truths as near the edge of coverage as f32 can put them: a few ulp around lower − λ and upper + λ.
    const ulp = (value: number, steps: number) => {
      const float = Float32Array.of(value);
      const bits = new Int32Array(float.buffer);
      bits[0] = (bits[0] as number) + steps;
      return float[0] as number;
    };
    let covered = 0;
    const outside: number[] = [];
    for (let round = 0; round < 40; round++) {
      const lambda = Object.fromEntries(
        Object.keys(LAMBDA).map((id) => [id, round % 2 === 0 ? 0 : Math.fround(next() * 0.2)]),
      );
      scan.lower = Float32Array.from({ length: VOXELS }, () => next() * 0.6);
      scan.upper = scan.lower.map((value) => value + next() * 0.3);
      const files = write(scan);
      const [home, inHu] = [out(), out()];
      await applyToFiles(calibration({ lambda }), files, home, { ...options, level: 1 });
      await applyToFiles(calibration({ lambda }), files, inHu, { ...options, units: 'hu', level: 1 });
      const [low, high, lowHu, highHu] = await Promise.all([
        values(home, 'lower'),
        values(home, 'upper'),
        values(inHu, 'lower'),
        values(inHu, 'upper'),
      ]);
      for (let voxel = 0; voxel < VOXELS; voxel++) {
        const own = lambda[labelOf(scan.seg[voxel] as number)] as number;
        const [lower, upper] = [scan.lower[voxel] as number, scan.upper[voxel] as number];
        for (let steps = -3; steps <= 3; steps++) {
          for (const edge of [Math.fround(lower - own), Math.fround(upper + own)]) {
            if (edge <= 0.01 || edge >= 0.99) continue;
            const truth = ulp(edge, steps);
            const score = Math.max(Math.fround(lower - truth), Math.fround(truth - upper));
            if (score > own) continue;
            covered++;
            if (truth < (low[voxel] as number) || truth > (high[voxel] as number)) outside.push(truth);
            // HU that windowing rounds to this truth, from both ends of its rounding interval.
            for (const hu of [-4, -2, -1, 0, 1, 2, 4].map((part) => (truth + part * 2 ** -27) * 425 - 175)) {
              if (Math.fround((hu + 175) / 425) !== truth) continue;
              if (hu < (lowHu[voxel] as number) || hu > (highHu[voxel] as number)) outside.push(hu);
            }
          }
        }
      }
    }
    expect(outside).toEqual([]);
    expect(covered).toBeGreaterThan(10_000);
  });
});
