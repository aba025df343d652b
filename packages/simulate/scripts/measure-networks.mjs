// Measures the networks that ship with @semcrc/predict on patients none of them learned from: those that predict images beside the baseline
// predictor and the best Gaussian smoothing, the one that names organs beside the stand-in.
//
//     node packages/simulate/scripts/measure-networks.mjs [patients] [TEMPLATE.nii.gz SEGMENTATION.nii.gz SCHEME]
//
// Prints Markdown tables of each kind of patient; docs/predict.md has them. Ten phantoms and ten warps take a quarter of an hour of one core,
// most of it for the stand-ins that warps train.
import { loadProjector } from '@semcrc/kernels';
import {
  baselinePredictor,
  networkPredictor,
  networkSegmenter,
  openNetwork,
  parseStandIn,
  standInSegmenter,
} from '@semcrc/predict';
import { nodeRuntime, readShippedNetwork } from '@semcrc/predict/node';
import {
  denoisingTask,
  phantomPopulation,
  reconstructionTask,
  trainStandIn,
  warpPopulation,
  windowed,
} from '@semcrc/simulate';
import { readTemplate } from '@semcrc/simulate/node';
import { addScan, bestSmoothing, emptyTally, qualityOf } from './image-quality.mjs';
import { organScores, segmentationQuality } from './segmentation-quality.mjs';

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
const runtime = await nodeRuntime();
const organs = networkSegmenter(await openNetwork(await readShippedNetwork('organs'), runtime));

for (const [kind, population] of populations) {
  for (const [name, task, model] of tasks) {
    const network = networkPredictor(await openNetwork(await readShippedNetwork(model), runtime));
    const baseline = baselinePredictor(name);
    const standIn = await standInOf(population, { task, predictor: network });
    const scans = [];
    const [ours, theirs] = [emptyTally(), emptyTally()];
    const scores = { organs: [], standIn: [] };
    for (let index = 0; index < patients; index++) {
      const patient = population.draw(SEED, index);
      const measurement = await task.measure(windowed(patient.truth), { seed: SEED, index });
      const scan = { truth: windowed(patient.truth).data, anatomy: patient.anatomy };
      const prediction = await network.predict(measurement);
      addScan(ours, scan, prediction);
      addScan(theirs, scan, await baseline.predict(measurement));
      const predicted = { measurement, point: prediction.point };
      scores.organs.push(await organScores(organs, population, patient, predicted));
      scores.standIn.push(await organScores(standIn, population, patient, predicted));
      scans.push({ ...scan, measurement });
    }
    const smoothing = bestSmoothing(scans);
    console.log(`\n### ${kind}, ${name}: ${patients} patients of seed ${SEED}\n`);
    console.log('| | PSNR, dB | pinball loss | inside |\n|---|---|---|---|');
    imageRow(`network \`${model}\``, qualityOf(ours));
    imageRow('baseline', qualityOf(theirs));
    imageRow(`Gaussian, σ = ${smoothing.deviation}`, smoothing);
    const names = population.organs.map((organ) => population.labels[organ]);
    console.log(`\n| F1 in the points of \`${model}\` | all | ${names.join(' | ')} |`);
    console.log(`|---|---|${'---|'.repeat(names.length)}`);
    organRow('network `organs`', segmentationQuality(scores.organs, population));
    organRow('stand-in', segmentationQuality(scores.standIn, population));
  }
}

/** The stand-in that `simulate` uses: phantoms the one that ships, warps one that learned from others of them. */
async function standInOf(population, acquisition) {
  if (population.name === 'phantom') return standInSegmenter(population.organs);
  const draw = (seed, index) => population.draw(seed, index);
  return parseStandIn(await trainStandIn(draw, SEED, population.organs, acquisition), 'stand-in of warps');
}

function imageRow(name, { psnr, pinball, coverage }) {
  console.log(`| ${name} | ${psnr.toFixed(2)} | ${pinball.toFixed(4)} | ${(100 * coverage).toFixed(1)}% |`);
}

function organRow(name, { mean, sd, byOrgan }) {
  const cells = [...byOrgan.values()].map((f1) => f1.toFixed(2));
  console.log(`| ${name} | ${mean.toFixed(3)} ± ${sd.toFixed(3)} | ${cells.join(' | ')} |`);
}
