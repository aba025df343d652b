import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadProjector } from '@semcrc/kernels';
import {
  baselinePredictor,
  networkPredictor,
  networkSegmenter,
  openNetwork,
  type Predictor,
  type Segmenter,
  standInSegmenter,
} from '@semcrc/predict';
import { nodeRuntime, readShippedNetwork } from '@semcrc/predict/node';
import { beforeAll, describe, expect, it } from 'vitest';
import { addScan, bestSmoothing, emptyTally, qualityOf } from '../scripts/image-quality.mjs';
import { organScores, segmentationQuality } from '../scripts/segmentation-quality.mjs';
import {
  denoisingTask,
  type Population,
  phantomPopulation,
  reconstructionTask,
  type Task,
  warpPopulation,
  windowed,
} from '../src/index.ts';
import { readTemplate } from '../src/node.ts';

/** Neither the networks nor the baselines learned from its patients. */
const SEED = 97;
const sample = fileURLToPath(new URL('../../../../shared/data/totalsegmentator-sample/', import.meta.url));
const missing = existsSync(sample) ? '' : ` (skipped: no ${sample})`;

const phantoms = phantomPopulation([8, 101, 122], [3, 3, 3]);
const warpsOfSample = async () => {
  const files = { truth: `${sample}example_ct_sm.nii.gz`, segmentation: `${sample}example_seg.nii.gz` };
  return warpPopulation([await readTemplate(files, 'totalsegmentator', null)]);
};
let fbp: Task;
beforeAll(async () => {
  fbp = reconstructionTask(await loadProjector());
});

/** A patient measured and predicted: quality of the network, the baseline and the best smoothing. */
async function compare(population: Population, task: Task, model: 'denoising' | 'fbp') {
  const patient = population.draw(SEED, 0);
  const network = networkPredictor(await openNetwork(await readShippedNetwork(model), await nodeRuntime()));
  const truth = windowed(patient.truth).data;
  const measurement = await task.measure(windowed(patient.truth), { seed: SEED, index: 0 });
  const { anatomy } = patient;
  const quality = async (predictor: Predictor) => {
    const tally = emptyTally();
    addScan(tally, { truth, anatomy }, await predictor.predict(measurement));
    return qualityOf(tally);
  };
  return {
    network: await quality(network),
    baseline: await quality(baselinePredictor(model === 'fbp' ? 'reconstruction' : 'denoising')),
    smoothing: bestSmoothing([{ truth, anatomy, measurement }]),
  };
}

function expectBetter({ network, baseline, smoothing }: Awaited<ReturnType<typeof compare>>): void {
  for (const other of [baseline, smoothing]) {
    expect(network.psnr).toBeGreaterThan(other.psnr);
    expect(network.pinball).toBeLessThan(other.pinball);
  }
}

describe('a network that ships beats the baseline and the best Gaussian smoothing in PSNR and pinball loss', () => {
  it('denoising, on a phantom', async () => {
    expectBetter(await compare(phantoms, denoisingTask(), 'denoising'));
  });
  it.skipIf(missing !== '')(`denoising, on a warp of a CT${missing}`, async () => {
    expectBetter(await compare(await warpsOfSample(), denoisingTask(), 'denoising'));
  });
  it('of FBP images, on a phantom', async () => {
    expectBetter(await compare(phantoms, fbp, 'fbp'));
  });
  it.skipIf(missing !== '')(`of FBP images, on a warp of a CT${missing}`, async () => {
    expectBetter(await compare(await warpsOfSample(), fbp, 'fbp'));
  });
});

/** Mean F1 over the organs of some patients, denoised by the network that ships: of the network that names organs, and of other segmenters. */
async function f1Of(population: Population, patients: number, others: readonly Segmenter[]) {
  const runtime = await nodeRuntime();
  const denoiser = networkPredictor(await openNetwork(await readShippedNetwork('denoising'), runtime));
  const organs = networkSegmenter(await openNetwork(await readShippedNetwork('organs'), runtime));
  const segmenters = [organs, ...others].map((segmenter) => ({
    segmenter,
    scores: [] as ReadonlyMap<number, number>[],
  }));
  for (let index = 0; index < patients; index++) {
    const patient = population.draw(SEED, index);
    const measurement = await denoisingTask().measure(windowed(patient.truth), { seed: SEED, index });
    const { point } = await denoiser.predict(measurement);
    for (const { segmenter, scores } of segmenters) {
      scores.push(await organScores(segmenter, population, patient, { measurement, point }));
    }
  }
  return segmenters.map(({ scores }) => segmentationQuality(scores, population).mean);
}

describe('the network that names organs', () => {
  it('finds them better than the stand-in, in phantoms', async () => {
    const [network, standIn] = await f1Of(phantoms, 2, [standInSegmenter(phantoms.organs)]);
    expect(network).toBeGreaterThan(standIn);
  });
  it.skipIf(missing !== '')(`finds them in a warp of a CT${missing}`, async () => {
    const [network] = await f1Of(await warpsOfSample(), 1, []);
    expect(network).toBeGreaterThan(0.85);
  });
});
