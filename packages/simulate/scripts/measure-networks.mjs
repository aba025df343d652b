// Measures the networks that ship with @semcrc/predict on patients none of them learned from, beside the baseline predictor and the best
// Gaussian smoothing.
//
//     node packages/simulate/scripts/measure-networks.mjs [patients] [TEMPLATE.nii.gz SEGMENTATION.nii.gz SCHEME]
//
// Prints a Markdown table of each kind of patient; docs/predict.md has them.
import { loadProjector } from '@semcrc/kernels';
import { baselinePredictor, networkPredictor, openNetwork } from '@semcrc/predict';
import { nodeRuntime, readShippedNetwork } from '@semcrc/predict/node';
import {
  denoisingTask,
  phantomPopulation,
  reconstructionTask,
  warpPopulation,
  windowed,
} from '@semcrc/simulate';
import { readTemplate } from '@semcrc/simulate/node';
import { addScan, bestSmoothing, emptyTally, qualityOf } from './image-quality.mjs';

/** Cohorts that networks learned from have other seeds. */
const SEED = 31;
const patients = Number(process.argv[2] ?? 10);
const [template, segmentation, labels] = process.argv.slice(3);

const populations = [
  ['phantoms', phantomPopulation([30, 101, 122], [3, 3, 3])],
  ...(template === undefined
    ? []
    : [['warps', warpPopulation([await readTemplate({ truth: template, segmentation }, labels, null)])]]),
];
const tasks = [
  ['denoising', denoisingTask(), 'denoising'],
  ['reconstruction', reconstructionTask(await loadProjector()), 'fbp'],
];

for (const [kind, population] of populations) {
  for (const [name, task, model] of tasks) {
    const network = networkPredictor(await openNetwork(await readShippedNetwork(model), await nodeRuntime()));
    const baseline = baselinePredictor(name);
    const scans = [];
    const [ours, theirs] = [emptyTally(), emptyTally()];
    for (let index = 0; index < patients; index++) {
      const { truth: hounsfield, anatomy } = population.draw(SEED, index);
      const measurement = await task.measure(windowed(hounsfield), { seed: SEED, index });
      const truth = windowed(hounsfield).data;
      addScan(ours, { truth, anatomy }, await network.predict(measurement));
      addScan(theirs, { truth, anatomy }, await baseline.predict(measurement));
      scans.push({ truth, anatomy, measurement });
    }
    const smoothing = bestSmoothing(scans);
    console.log(`\n### ${kind}, ${name}: ${patients} patients of seed ${SEED}\n`);
    console.log('| | PSNR, dB | pinball loss | inside |\n|---|---|---|---|');
    row(`network \`${model}\``, qualityOf(ours));
    row('baseline', qualityOf(theirs));
    row(`Gaussian, σ = ${smoothing.deviation}`, smoothing);
  }
}

function row(name, { psnr, pinball, coverage }) {
  console.log(`| ${name} | ${psnr.toFixed(2)} | ${pinball.toFixed(4)} | ${(100 * coverage).toFixed(1)}% |`);
}
