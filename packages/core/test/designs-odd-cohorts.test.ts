import { type Kernels, loadKernels } from '@semcrc/kernels';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  applyLambda,
  calibratedLambda,
  describeCalibration,
  evaluateCalibration,
  type Fit,
  fitSplit,
  PAPER_OPTIONS,
  type ProcedureOptions,
  parseCalibration,
  placeSample,
  type Sample,
  UNKNOWN_PREPARING,
} from '../src/index.ts';
import { dataOf, draws, indexOf, LABELS, select } from './random-cohort.ts';
import { meetsCondition, overPatients } from './reference.ts';

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

const DESIGNS = ['shortest', 'recentred', 'organ-shortest'] as const;
const HEIGHT = 16;
const WIDTH = 15;
const COUNT = HEIGHT * WIDTH;

/** A scan of one slice; `voxel` gives [organ, truth, lower, point, upper] of each voxel. */
function scanOf(
  id: string,
  voxel: (v: number) => readonly [organ: number, truth: number, lower: number, point: number, upper: number],
): Sample {
  const rows = Array.from({ length: COUNT }, (_, v) => voxel(v));
  const column = (at: number) => Float32Array.from(rows, (row) => row[at]);
  return {
    ...{ id, patient: id, shape: [1, HEIGHT, WIDTH], organs: Uint8Array.from(rows, ([organ]) => organ) },
    ...{ truth: column(1), lower: column(2), point: column(3), upper: column(4) },
    mended: { clipped: 0, crossed: 0 },
  };
}

/** A voxel that is predicted with noise, as most are. */
function ordinary(random: () => number, organ: number): [number, number, number, number, number] {
  const point = 0.2 + 0.6 * random();
  const half = 0.01 + 0.05 * random();
  return [organ, point + 0.1 * (random() - 0.4), point - half, point, point + half];
}

/** Share of a scan's voxels (of one organ) missed, by plain comparison. */
function lossOf(sample: Sample, fit: Fit, organ?: number): number {
  const { partition, centre = null, shrink = false, lambda } = fit;
  const { interval, regions } = placeSample(sample, partition, { ...PAPER_OPTIONS, shrink }, centre);
  const { lower, upper, point = lower } = interval;
  let [missed, voxels] = [0, 0];
  sample.truth.forEach((x, v) => {
    if (organ !== undefined && sample.organs[v] !== organ) return;
    voxels++;
    const group = partition.groupOfRegion[regions[v]];
    const outside =
      x < point[v]
        ? Math.fround(lower[v] - x) > lambda[group]
        : x > point[v] && Math.fround(x - upper[v]) > lambda[partition.keys.length + group];
    if (outside) missed++;
  });
  return voxels === 0 ? 0 : missed / voxels;
}

const COHORTS: readonly (readonly [
  what: string,
  scan: (id: string, at: number, random: () => number) => Sample,
])[] = [
  [
    'an organ of one voxel a scan',
    (id, _, random) => scanOf(id, (v) => ordinary(random, v === 37 ? 7 : v % WIDTH < 4 ? 0 : 1)),
  ],
  [
    'an organ that the opt scans lack',
    (id, at, random) => scanOf(id, (v) => ordinary(random, at >= 8 && v % WIDTH > 9 ? 3 : 1)),
  ],
  ['images that are constant', (id, at) => scanOf(id, () => [1, 0.5 + 0.01 * at, 0.4, 0.5, 0.6])],
  [
    'truths that are the prediction',
    (id, _, random) =>
      scanOf(id, () => {
        const point = Math.fround(random());
        return [1, point, Math.max(0, point - 0.1), point, Math.min(1, point + 0.1)];
      }),
  ],
  [
    'intervals without width',
    (id, _, random) =>
      scanOf(id, () => {
        const point = random();
        return [1, random(), point, point, point];
      }),
  ],
  [
    'points at the ends of the range',
    (id, _, random) => scanOf(id, (v) => [1, random(), v % 2, v % 2, v % 2]),
  ],
  [
    'points outside their intervals',
    (id, _, random) =>
      scanOf(id, (v) => {
        const [organ, truth, lower, , upper] = ordinary(random, v % WIDTH < 4 ? 0 : 1);
        return [organ, truth, lower, v % 3 === 0 ? upper + 0.1 : v % 3 === 1 ? lower - 0.1 : 0.5, upper];
      }),
  ],
  ['nothing but background', (id, _, random) => scanOf(id, () => ordinary(random, 0))],
];

/** Fits a design on 8 opt and 19 cal scans of a cohort. */
async function fitOn(
  samples: readonly Sample[],
  design: (typeof DESIGNS)[number],
  options: ProcedureOptions,
  nOpt = 8,
) {
  const ids = samples.map(({ id }) => id);
  const split = { opt: ids.slice(0, nOpt), cal: ids.slice(nOpt), test: [] };
  const data = dataOf(kernels, samples, { sides: 2, within: options.within });
  const epsilon = samples.length === 2 ? 0.5 : 0.1;
  const [{ fits }] = await fitSplit(data, split, [design], [epsilon], options, { seed: 0, run: 0 });
  return { fit: fits[0], split, epsilon };
}

describe.each(DESIGNS)('%s', (design) => {
  it.each(COHORTS)(
    'calibrates %s: the condition holds, recounted, and intervals hold what is covered',
    async (_, scan) => {
      const random = draws(3);
      const samples = Array.from({ length: 27 }, (__, at) => scan(`s${at}`, at, random));
      const { fit, split, epsilon } = await fitOn(samples, design, PAPER_OPTIONS);
      expect(fit.lambda.some(Number.isNaN)).toBe(false);
      const cal = select(samples, split.cal);
      if (design === 'organ-shortest') {
        for (const [organ, { status, nCal }] of Object.entries(fit.organs)) {
          const own = cal.filter(({ organs }) => organs.includes(Number(organ)));
          expect(nCal).toBe(own.length);
          if (status !== 'calibrated') continue;
          expect(
            meetsCondition(
              overPatients(own, (sample) => lossOf(sample, fit, Number(organ))),
              epsilon,
            ),
          ).toBe(true);
        }
      } else {
        expect(fit.lambda.every((value) => value >= -1 && value < 2)).toBe(true);
        expect(
          meetsCondition(
            overPatients(cal, (sample) => lossOf(sample, fit)),
            epsilon,
          ),
        ).toBe(true);
      }
      const written = describeCalibration(fit, {
        ...{ epsilon, options: PAPER_OPTIONS, labels: LABELS, seed: 0, split, cohort: indexOf(samples) },
        source: { name: 'odd', digest: '0', scans: 27, leftOut: 0, preparing: UNKNOWN_PREPARING },
        ...{ test: null, versions: {} },
      });
      const calibration = parseCalibration(JSON.stringify(written), 'calibration.json');
      const read = calibratedLambda(calibration);
      for (const sample of samples.slice(7, 10)) {
        const placed = placeSample(
          sample,
          read.partition,
          { ...PAPER_OPTIONS, shrink: read.shrink ?? false },
          read.centre,
        );
        const { lower, upper } = applyLambda(kernels, placed.interval, placed.regions, read);
        let outside = 0;
        sample.truth.forEach((x, v) => {
          expect(lower[v] >= 0 && lower[v] <= upper[v] && upper[v] <= 1).toBe(true);
          if (x < lower[v] || x > upper[v]) outside++;
        });
        expect(outside / COUNT).toBeLessThanOrEqual(lossOf(sample, fit));
        expect(evaluateCalibration(kernels, calibration, sample).risk).toBeCloseTo(lossOf(sample, fit), 12);
      }
    },
  );

  it('calibrates two patients, one to optimize, where ε allows it', async () => {
    const random = draws(4);
    const samples = ['a', 'b'].map((id) => scanOf(id, (v) => ordinary(random, v % WIDTH < 4 ? 0 : 1)));
    const { fit, epsilon } = await fitOn(samples, design, PAPER_OPTIONS, 1);
    expect(fit.lambda.some(Number.isNaN)).toBe(false);
    if (design !== 'organ-shortest') expect(meetsCondition([lossOf(samples[1], fit)], epsilon)).toBe(true);
  });

  it('says in one error that no voxel counts where the loss is of the body and there is none', async () => {
    const random = draws(5);
    const samples = Array.from({ length: 27 }, (_, at) => scanOf(`s${at}`, () => ordinary(random, 0)));
    const options = { ...PAPER_OPTIONS, within: 'body' } as const;
    const fitted = await fitOn(samples, design, options).then(
      ({ fit }) => fit,
      (error: unknown) => error,
    );
    if (fitted instanceof Error) expect(fitted).toMatchObject({ name: 'SemcrcError', code: 'infeasible' });
    else expect((fitted as Fit).losses.scan.mean).toBe(0);
  });
});
