// Trains the models that ship with @semcrc/predict on phantom patients of their own: the baseline predictor of each task,
// and the segmentation stand-in on the predictions of the one for denoising. Writes JSON documents with their training records.
//
//     node packages/simulate/scripts/train-models.mjs [baseline|baseline-fbp|stand-in]
//
// About a quarter of an hour of one core. The same bits come out on every platform, but for `baseline-fbp`, whose scanner uses the
// engine's sines and logarithms. A change of the phantom that moves what the models learn is a reason to run it again.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadBaselineKernels, loadProjector } from '@semcrc/kernels';
import { anatomyFeatureCount, bodyMask, featureNames, parseBaseline, parseStandIn } from '@semcrc/predict';
import {
  acquire,
  BlockExamples,
  balanceStandIn,
  centredGrid,
  classLoss,
  denoisingTask,
  drawPhantom,
  drawPhantomVolume,
  generatorOf,
  quantileLoss,
  reconstructionTask,
  trainingSeed,
  trainNetwork,
  VoxelExamples,
  windowed,
} from '@semcrc/simulate';

const predict = fileURLToPath(new URL('../../predict/', import.meta.url));
const heldOutSeed = trainingSeed - 1;
const task = denoisingTask();
const only = process.argv[2];

/** Patients, seeds and sizes of each training; they stand in the records. */
const BASELINE = { patients: 120, examples: 360_000, units: [16, 16, 3], epochs: 12, batch: 64, rate: 4e-3 };
/** The authors' helix most often, as users take it; the other beams to know their images, too. */
const FBP = {
  patients: 64,
  geometries: ['helix', 'helix', 'helix', 'fan', 'parallel'],
  ...{ examples: 400_000, units: [16, 16, 3], epochs: 12, batch: 64, rate: 4e-3 },
};
const STAND_IN = {
  patients: 560,
  balancing: 40,
  organShare: 0.5,
  bodyShare: 0.12,
  units: [72, 32, 11],
  epochs: 12,
  batch: 64,
  rate: 3e-3,
};
const CLASSES = [0, 2, 3, 4, 5, 7, 8, 9, 10, 12, 64];
const HELD_OUT = 40;

/** Sees no organ anywhere. */
const blind = { name: 'none', digest: '', segment: async ({ point }) => new Uint8Array(point.length) };

const models = ['baseline', 'baseline-fbp', 'stand-in'];
if (only !== undefined && !models.includes(only)) {
  throw new Error(`expected one of ${models.join(', ')}, found ${only}`);
}
const wanted = (name) => only === undefined || only === name;
if (wanted('baseline')) write('baseline', await trainBaseline());
if (wanted('baseline-fbp')) write('baseline-fbp', await trainBaselineFbp());
if (wanted('stand-in')) write('stand-in', await trainStandIn(readModel('baseline')));

/** Slabs of three slices at all heights, pixels of 1.5 to 4 mm. */
async function trainBaseline() {
  const { patients, examples, units, ...schedule } = BASELINE;
  const generator = generatorOf(trainingSeed, 1_000_000);
  const voxels = new VoxelExamples(await loadBaselineKernels());
  for (let index = 0; index < patients; index++) {
    const [pixel, slice] = [
      [3, 3],
      [3, 3],
      [2, 3],
      [1.5, 1.5],
      [4, 3],
    ][index % 5];
    const side = Math.round(336 / pixel);
    for (let level = 0; level < 4; level++) {
      const grid = centredGrid([3, side, side], [pixel, pixel, slice], -50 + 45 * level + (index % 7) * 5);
      const truth = windowed(drawPhantomVolume({ seed: trainingSeed, organs: 'nine' }, index, grid).truth);
      const measured = await task.measure(truth, { seed: trainingSeed, index }, level * 10);
      voxels.add(truth, measured, 1, examples / patients / 4, generator);
    }
  }
  const model = await fitBaseline('baseline', voxels.examples, { units, ...schedule }, generator);
  const heldOut = await measureBaseline(parseBaseline(model, 'baseline'), drawHeldOut);
  const record = { seed: trainingSeed, ...BASELINE, task: task.name, ...task.settings };
  return withRecord(model, { ...record, examples: voxels.examples.count }, heldOut);
}

/** Whole volumes scanned and reconstructed, pixels of 1.5 to 3 mm; slices at all heights, the incomplete ends among them. */
async function trainBaselineFbp() {
  const { patients, geometries, examples, units, ...schedule } = FBP;
  const projector = await loadProjector();
  const tasks = Object.fromEntries(
    [...new Set(geometries)].map((geometry) => [geometry, reconstructionTask(projector, { geometry })]),
  );
  const generator = generatorOf(trainingSeed, 3_000_000);
  const voxels = new VoxelExamples(await loadBaselineKernels());
  for (let index = 0; index < patients; index++) {
    const [pixel, thickness, slices] = [
      [3, 3, 32],
      [2, 3, 32],
      [3, 5, 24],
      [3, 3, 32],
      [2, 3, 32],
      [3, 3, 32],
      [3, 5, 24],
      [1.5, 3, 24],
    ][index % 8];
    const side = Math.round(336 / pixel);
    const grid = centredGrid([slices, side, side], [pixel, pixel, thickness]);
    const truth = windowed(drawPhantomVolume({ seed: trainingSeed, organs: 'nine' }, index, grid).truth);
    const geometry = geometries[index % geometries.length];
    if (index % 4 === 0) console.error(`baseline-fbp: patient ${index}`);
    const measured = await tasks[geometry].measure(truth, { seed: trainingSeed, index });
    const step = 4;
    for (let slice = index % step; slice < slices; slice += step) {
      voxels.add(truth, measured, slice, (examples / patients / slices) * step, generator);
    }
  }
  const found = voxels.examples;
  const model = await fitBaseline('baseline-fbp', found, { units, ...schedule }, generator);
  const predictor = parseBaseline(model, 'baseline-fbp');
  const heldOut = {};
  for (const [geometry, fbp] of Object.entries(tasks)) {
    heldOut[geometry] = await measureBaseline(predictor, (index) => scanHeldOut(index, fbp, predictor), 10);
  }
  const { name, settings } = tasks.helix;
  const record = { seed: trainingSeed, ...FBP, task: name, photons: settings.photons, examples: found.count };
  return withRecord(model, record, heldOut);
}

async function scanHeldOut(index, fbp, predictor) {
  const grid = centredGrid([32, 112, 112], [3, 3, 3]);
  const patient = drawPhantomVolume({ seed: heldOutSeed, organs: 'nine' }, index, grid);
  const acquisition = { task: fbp, predictor, segmenter: blind };
  const scan = await acquire(patient, { seed: heldOutSeed, index }, acquisition);
  return { ...scan, truth: windowed(patient.truth).data };
}

async function fitBaseline(name, found, schedule, generator) {
  const losses = [];
  const network = trainNetwork(await loadBaselineKernels(), found, quantileLoss(0.1, found.targets), {
    inputs: featureNames.length,
    ...schedule,
    generator,
    onEpoch: (epoch, loss) => {
      losses.push(Number(loss.toFixed(5)));
      console.error(`${name}: epoch ${epoch + 1}, loss ${loss.toFixed(5)}`);
    },
  });
  return {
    schema: 'semcrc/baseline@1',
    name,
    digest: digestOf(featureNames, network),
    alpha: 0.1,
    features: [...featureNames],
    network,
    training: { losses },
  };
}

function withRecord(model, record, heldOut) {
  return { ...model, training: { ...record, ...model.training, heldOut } };
}

async function measureBaseline(predictor, draw, patients = HELD_OUT) {
  let voxels = 0;
  let square = 0;
  let below = 0;
  let above = 0;
  const pinball = [0, 0];
  for (let index = 0; index < patients; index++) {
    const scan = await draw(index, predictor);
    for (let at = 0; at < scan.truth.length; at++) {
      // Background is easy: what counts is what the prediction shows of the patient.
      if (scan.anatomy[at] === 0) continue;
      const x = scan.truth[at];
      voxels += 1;
      square += (x - scan.point[at]) ** 2;
      if (x < scan.lower[at]) below += 1;
      if (x > scan.upper[at]) above += 1;
      for (const [order, [bound, level]] of [
        [scan.lower[at], 0.1],
        [scan.upper[at], 0.9],
      ].entries()) {
        pinball[order] += x > bound ? level * (x - bound) : (1 - level) * (bound - x);
      }
    }
  }
  const round = (value) => Number(value.toFixed(5));
  return {
    seed: heldOutSeed,
    patients,
    region: 'body',
    psnr: Number((10 * Math.log10(voxels / square)).toFixed(2)),
    pinball: { lower: round(pinball[0] / voxels), upper: round(pinball[1] / voxels) },
    coverage: { nominal: 0.8, measured: round(1 - (below + above) / voxels) },
    below: round(below / voxels),
    above: round(above / voxels),
  };
}

function drawHeldOut(index, predictor, segmenter = blind) {
  return drawPhantom({ seed: heldOutSeed, shape: [4, 128, 128], organs: 'ten' }, index, {
    task,
    predictor,
    segmenter,
  });
}

/** Scans as the built-in cohort has them, at several sizes; every third patient without telling the heights. */
async function trainStandIn(baseline) {
  const { patients, balancing: _, organShare, bodyShare, units, ...schedule } = STAND_IN;
  const predictor = parseBaseline(baseline, 'baseline');
  const generator = generatorOf(trainingSeed, 2_000_000);
  const blocks = new BlockExamples(CLASSES);
  const slicesOf = async (index) => {
    const side = [128, 128, 128, 96, 192][index % 5];
    const shape = [4, side, side];
    const area = side * side;
    const scan = await drawPhantom({ seed: trainingSeed, shape, organs: 'ten' }, index, {
      ...{ task, predictor, segmenter: blind },
    });
    const body = bodyMask(scan.point, shape);
    return [0, 1, 2, 3].map((slice) => {
      const part = (array) => array.slice(slice * area, (slice + 1) * area);
      return {
        shape,
        spacing: [384 / side, 384 / side, 3],
        ...{ point: part(scan.point), body: part(body), organs: part(scan.anatomy) },
        height: index % 3 === 0 ? -1 : [0, 15, 31, 47][slice] / 47,
      };
    });
  };
  for (let index = 0; index < patients; index++) {
    for (const slice of await slicesOf(index))
      blocks.add(slice, { organ: organShare, body: bodyShare }, generator);
  }
  const found = blocks.examples;
  const counts = CLASSES.map(() => 0);
  for (const kind of found.targets) counts[kind] += 1;
  // Rare organs weigh more, by the root of how rare they are; organs were taken more often than body.
  const liver = counts[CLASSES.indexOf(7)];
  const weights = counts.map((count, kind) => (kind === 0 ? 1 : 1.4 * Math.min(3, Math.sqrt(liver / count))));
  const losses = [];
  const network = trainNetwork(await loadBaselineKernels(), found, classLoss(found.targets, weights), {
    inputs: anatomyFeatureCount,
    units,
    ...schedule,
    generator,
    onEpoch: (epoch, loss) => {
      losses.push(Number(loss.toFixed(5)));
      console.error(`stand-in: epoch ${epoch + 1}, loss ${loss.toFixed(5)}`);
    },
  });
  const model = {
    schema: 'semcrc/stand-in@1',
    name: 'stand-in',
    digest: '0'.repeat(64),
    classes: CLASSES,
    network,
    training: {},
  };
  const held = [];
  for (let index = 0; index < STAND_IN.balancing; index++) held.push(...(await slicesOf(patients + index)));
  model.network = await balanceStandIn(model, held);
  model.digest = digestOf(CLASSES, model.network);
  const heldOut = await measureStandIn(predictor, parseStandIn(model, 'stand-in'));
  model.training = {
    ...{ seed: trainingSeed, ...STAND_IN, predictor: baseline.digest, examples: found.count },
    ...{ losses, heldOut },
  };
  return model;
}

async function measureStandIn(predictor, segmenter) {
  const byOrgan = new Map();
  const means = [];
  for (let index = 0; index < HELD_OUT; index++) {
    const scan = await drawHeldOut(index, predictor, segmenter);
    const scores = [];
    for (const group of CLASSES.slice(1)) {
      let [said, is, both] = [0, 0, 0];
      for (let at = 0; at < scan.organs.length; at++) {
        const [a, b] = [scan.organs[at] === group, scan.anatomy[at] === group];
        if (a) said += 1;
        if (b) is += 1;
        if (a && b) both += 1;
      }
      if (is === 0) continue;
      const f1 = (2 * both) / (said + is);
      if (group !== 64) scores.push(f1);
      byOrgan.set(group, [...(byOrgan.get(group) ?? []), f1]);
    }
    means.push(mean(scores));
  }
  const round = (value) => Number(value.toFixed(3));
  const average = mean(means);
  return {
    seed: heldOutSeed,
    patients: HELD_OUT,
    meanF1: round(average),
    sd: round(Math.sqrt(mean(means.map((value) => (value - average) ** 2)))),
    f1: Object.fromEntries([...byOrgan].map(([group, values]) => [group, round(mean(values))])),
  };
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function digestOf(...parts) {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

function readModel(name) {
  return JSON.parse(readFileSync(`${predict}models/${name}.json`, 'utf8'));
}

/** A JSON document, of which the package's build makes a module. */
function write(name, model) {
  mkdirSync(`${predict}models`, { recursive: true });
  writeFileSync(`${predict}models/${name}.json`, `${JSON.stringify(model)}\n`);
  console.error(`${name}: ${JSON.stringify(model.training.heldOut)}`);
}
