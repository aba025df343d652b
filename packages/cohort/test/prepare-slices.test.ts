import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sample } from '@semcrc/core';
import type { PaperSlices } from '@semcrc/imaging';
import { resolveLabelling } from '@semcrc/imaging/node';
import { loadResampler, type Resampler } from '@semcrc/kernels';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareScan, type ScanFiles } from '../src/node.ts';
import type { IntensityUnits } from '../src/scan/reading.ts';
import { ScanMemory } from '../src/scan/scan-memory.ts';
import { failure } from './failure.ts';
import { type PlainFile, writeNifti } from './plain-nifti.ts';
import { uniform } from './random-cohort.ts';

let resampler: Resampler;
let folder: string;
let serial = 0;
beforeAll(async () => {
  resampler = await loadResampler();
  folder = mkdtempSync(join(tmpdir(), 'semcrc-slices-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Voxels along x, y and z: as many each way, so that any axis can be the one along the body. */
const EDGE = 40;
const VOXELS = EDGE ** 3;
/** All slices but the first and the last: the window cannot lie elsewhere, and of 4 of it the file's slices are these. */
const WINDOW = EDGE - 2;
const TAKEN = [1, 13, 25, 38];

type Rows = readonly (readonly number[])[];

/** Rows of the affine whose voxel axes run along these directions, in mm. */
function rowsOf(x: readonly number[], y: readonly number[], z: readonly number[]): Rows {
  return [0, 1, 2].map((row) => [x, y, z].map((axis) => axis[row] as number).concat(7 * row - 20));
}

const ORIENTATIONS: readonly (readonly [string, Rows])[] = [
  ['RAS', rowsOf([1.5, 0, 0], [0, 1.5, 0], [0, 0, 1.5])],
  ['LPS', rowsOf([-1.5, 0, 0], [0, -1.5, 0], [0, 0, 1.5])],
  ['RAI, z turned round', rowsOf([1.5, 0, 0], [0, 1.5, 0], [0, 0, -1.5])],
  ['SRA, axes swapped', rowsOf([0, 0, 1.5], [1.5, 0, 0], [0, 1.5, 0])],
  ['LIP, axes swapped and turned round', rowsOf([-1.5, 0, 0], [0, 0, -1.5], [0, -1.5, 0])],
  ['RAS, oblique', rowsOf([1.5, 0, 0], [0, 1.47, 0.3], [0, -0.3, 1.47])],
  ['LPI, oblique', rowsOf([-1.47, 0, 0.3], [0, -1.5, 0], [-0.3, 0, -1.47])],
];

/** What a test changes of a scan. */
interface Change {
  readonly affine?: Rows;
  readonly compressed?: boolean;
  readonly units?: IntensityUnits;
  readonly series?: boolean;
  /** Last change to the values of lower, or of std. */
  readonly lower?: (values: Float32Array) => void;
  readonly std?: (values: Float32Array) => void;
}

/** A scan of noise, the same each time, with every optional volume. */
function writeScan({ affine, compressed = true, units = 'window', series, lower, std }: Change): ScanFiles {
  const home = join(folder, `scan-${serial++}`);
  const next = uniform(7);
  const ending = compressed ? '.nii.gz' : '.nii';
  mkdirSync(join(home, 'draws'), { recursive: true });
  const write = (name: string, type: PlainFile['type'], values: ArrayLike<number>, volumes = 1): string => {
    const path = join(home, `${name}${ending}`);
    const more = { ...(affine ? { affine } : {}), ...(volumes > 1 ? { volumes } : {}) };
    writeNifti(path, { size: [EDGE, EDGE, EDGE], type, values, ...more });
    return path;
  };
  const noise = (from: number, to: number, count = VOXELS) =>
    Float32Array.from({ length: count }, () => from + (to - from) * next());
  const [least, most] = units === 'hu' ? [-250, 350] : [-0.1, 1.1];
  const low = noise(least, most);
  lower?.(low);
  const deviation = noise(0, 0.2);
  std?.(deviation);
  const draws = noise(least, most, 2 * VOXELS);
  return {
    scan: 's',
    patient: 'p',
    groundTruth: write('ct', 'int16', noise(-250, 350)),
    lower: write('lower', 'float32', low),
    upper: write('upper', 'float32', noise(least, most)),
    point: write('point', 'int16', units === 'hu' ? noise(least, most) : noise(0, 2).map(Math.floor)),
    segmentation: write('seg', 'uint8', noise(0, 12)),
    body: write('body', 'uint8', noise(0, 2)),
    std: write('std', 'float32', deviation),
    samples: series
      ? write('series', 'float32', draws, 2)
      : join(write('draws/d0', 'float32', draws.subarray(VOXELS)), '..'),
  };
}

async function prepare(
  files: ScanFiles,
  slices: number,
  {
    spacing = null,
    units = 'window',
    memory,
  }: { spacing?: PaperSlices['spacing']; units?: IntensityUnits; memory?: ScanMemory },
): Promise<Sample> {
  const paper = {
    spacing,
    ...{ windowSlices: WINDOW, margin: 1, leastLabelled: 1 },
    slices,
    size: [32, 36],
    crop: 'truth',
  } as const;
  const reading = { labelling: await resolveLabelling('suprem'), predictionUnits: units };
  const prepared = await prepareScan(files, reading, paper, resampler, memory);
  if (prepared.state === 'left-out') throw new Error(prepared.reason);
  return prepared.sample;
}

/** The volumes of a sample by name, each as some of its slices. */
function slicesOf(sample: Sample, slices: readonly number[]) {
  const area = sample.shape[1] * sample.shape[2];
  const cut = (data: Float32Array | Uint8Array | Uint16Array) =>
    slices.map((z) => data.slice(z * area, (z + 1) * area));
  const { truth, lower, upper, point, std, samples = [], organs } = sample;
  const volumes = Object.entries({
    truth,
    lower,
    upper,
    point,
    std,
    organs,
    ...Object.fromEntries(samples.entries()),
  });
  return new Map(volumes.flatMap(([name, data]) => (data ? [[name, cut(data)] as const] : [])));
}

describe('a scan of which a few slices are taken', () => {
  // All slices of the window are one span of each file, a few are several: from the same first slice to the same last.
  describe.each(ORIENTATIONS)('in the order %s', (_, affine) => {
    it.each([
      { compressed: true, series: false, units: 'window', spacing: null },
      { compressed: true, series: true, units: 'hu', spacing: [1.5, 1.5, 1.4] },
      { compressed: false, series: true, units: 'window', spacing: [1.3, 1.7, 1.1] },
    ] as const)(
      'has in them what it has when all are taken: %o',
      async ({ units, spacing, series, compressed }) => {
        const files = writeScan({ affine, units, series, compressed });
        const memory = new ScanMemory();
        const all = await prepare(files, WINDOW, { units, spacing });
        const taken = [
          [4, [0, 12, 24, 37]],
          [3, [0, 18, 37]],
          [2, [0, 37]],
        ] as const;
        for (const [count, slices] of taken) {
          const few = await prepare(files, count, { units, spacing, memory });
          expect(slicesOf(few, [...slices.keys()])).toEqual(slicesOf(all, slices));
          expect(slicesOf(few, [0]).size).toBe(series ? 8 : 7);
        }
      },
    );
  });

  /** Values of a volume in some of its slices set to one value. */
  const set = (value: number, slices: readonly number[]) => (values: Float32Array) => {
    for (const z of slices) values.fill(value, z * EDGE ** 2, (z + 1) * EDGE ** 2);
  };
  const slices = Array.from({ length: EDGE }, (_, z) => z);
  /** Slices that are neither taken nor next to one that is. */
  const apart = slices.filter((z) => TAKEN.every((taken) => Math.abs(taken - z) > 2));

  it('may have anything in the others', async () => {
    const sound = await prepare(writeScan({}), 4, {});
    const odd = { lower: set(Number.NaN, apart), std: set(-1, apart) };
    expect(await prepare(writeScan(odd), 4, {})).toEqual(sound);
    expect(await prepare(writeScan({ lower: set(300, apart) }), 4, {})).toEqual(sound);
  });

  it('is refused for what those hold', async () => {
    const refusal = async (change: Change) => (await failure(prepare(writeScan(change), 4, {}))).message;
    const read = TAKEN.flatMap((z) => [z - 1, z, z + 1]);
    expect(await refusal({ lower: set(300, read) })).toMatch(
      /the median of .*lower\.nii\.gz is 300, expected one in \[-1, 2\]/,
    );
    const nan = (values: Float32Array) => values.fill(Number.NaN, 25 * EDGE ** 2 + 43, 26 * EDGE ** 2);
    expect(await refusal({ lower: nan })).toMatch(/lower\.nii\.gz: voxel 40043 \(3, 1, 25\) is NaN/);
    const negative = (values: Float32Array) => values.fill(-1, 25 * EDGE ** 2 + 43, 26 * EDGE ** 2);
    expect(await refusal({ std: negative })).toMatch(/std\.nii\.gz is -1 at voxel \(3, 1, 25\), index 40043/);
  });

  it('is refused when a file ends early, or its checksum is wrong, behind the last of them', async () => {
    for (const [compressed, keep] of [
      [true, -1],
      [true, -12],
      [false, -1],
    ] as const) {
      const files = writeScan({ compressed });
      const whole = readFileSync(files.upper);
      writeFileSync(files.upper, whole.subarray(0, keep));
      expect((await failure(prepare(files, 1, {}))).message).toMatch(
        /scan s: .*upper\.nii.*(truncated|cannot hold)/,
      );
      if (!compressed) continue;
      whole[whole.length - 6] = (whole.at(-6) as number) ^ 1;
      writeFileSync(files.upper, whole);
      expect((await failure(prepare(files, 1, {}))).message).toMatch(
        /upper\.nii\.gz: .*incorrect data check/,
      );
    }
  });
});
