// The paper's experiment from end to end, on simulated patients: two cohorts × two tasks, simulated and scanned, predicted by the networks
// that ship, segmented by `organs`, prepared, and calibrated by every procedure over 20 splits; Table 1 and the figures on one page.
//
//     node paper/run.mjs --scale small --out paper-small --template ct.nii.gz --segmentation seg.nii.gz --labels totalsegmentator
//
// Started again after being killed, the same line goes on where it was.
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { estimateScan, templateGrid } from './estimate.mjs';
import { imageQuality, segmentationQuality } from './quality.mjs';
import { SCALES, TASKS } from './scales.mjs';
import { Stages } from './stages.mjs';
import { summaryOf } from './summary.mjs';

const { values: given } = parseArgs({
  options: {
    scale: { type: 'string', default: 'small' },
    out: { type: 'string', default: 'paper' },
    template: { type: 'string' },
    segmentation: { type: 'string' },
    labels: { type: 'string' },
    workers: { type: 'string', default: String(availableParallelism()) },
    'dry-run': { type: 'boolean', default: false },
  },
});
const scale = Object.hasOwn(SCALES, given.scale) ? SCALES[given.scale] : undefined;
if (scale === undefined) fail(`--scale: expected ${Object.keys(SCALES).join(', ')}, found ${given.scale}`);
const warp = [given.template, given.segmentation, given.labels];
if (warp.some((value) => value !== undefined) && warp.includes(undefined))
  fail(
    '--template, --segmentation and --labels go together: a labelled CT, its labels, and how they are numbered',
  );

const COHORTS = [
  {
    name: 'phantom',
    title: 'Phantoms',
    patients: phantomsOn(scale.phantom),
    simulating: phantomsOn,
    grid: async () => scale.phantom,
  },
];
if (given.template !== undefined) {
  const template = path.resolve(given.template);
  const source = [
    ...['warp', '--template', template, '--segmentation', path.resolve(given.segmentation)],
    ...['--labels', given.labels],
  ];
  COHORTS.push({
    name: 'warp',
    title: 'Warps of one CT',
    patients: source,
    simulating: ({ spacing }) => [...source, '--spacing', spacing.join()],
    grid: () => templateGrid(template),
  });
}
if (given.template === undefined)
  console.log(
    'note: no --template, so that the cohort of warps is left out; a labelled CT and its labels make it',
  );
const cells = COHORTS.flatMap((cohort) => TASKS.map((task) => ({ cohort, task })));
const workers = ['--workers', given.workers];

try {
  await (given['dry-run'] ? estimate() : run());
} catch (error) {
  fail(error instanceof Error ? error.message : String(error));
}

async function run() {
  const out = path.resolve(given.out);
  const stages = new Stages(out);
  const results = [];
  for (const { cohort, task } of cells) {
    const name = `${cohort.name}-${task.name}`;
    const at = (folder) => path.join(out, name, folder);
    for (const { step, args } of stepsOf(cohort, task, scale.patients, at)) {
      await stages.run({ name: `${name}/${step}`, step, args });
    }
    results.push(at('results'));
  }
  const report = path.join(out, 'report.html');
  await stages.run({
    name: 'report',
    step: 'report',
    args: ['report', ...results, '--out', report, '--force'],
  });
  const qualities = [];
  for (const { cohort, task } of cells) {
    const manifest = path.join(out, `${cohort.name}-${task.name}`, 'simulated', 'manifest.csv');
    qualities.push({
      title: `${cohort.title}, ${task.title}`,
      images: await imageQuality(manifest),
      f1: await segmentationQuality(manifest),
    });
  }
  const summary = path.join(out, 'summary.md');
  const experiments = cells.map(({ cohort, task }, at) => ({
    title: `${cohort.title}, ${task.title}`,
    file: path.join(results[at], 'experiment.json'),
  }));
  writeFileSync(summary, summaryOf({ scale, qualities, experiments, records: stages.records }));
  console.log(`\nread ${report}\nand  ${summary}`);
}

/** The steps of one cohort and task, as commands. */
function stepsOf({ patients }, { task, network }, n, at) {
  const [kind, ...grid] = patients;
  const made = ['-n', String(n), '--seed', String(scale.seed), '--task', task];
  const models = ['--predictor', network, '--segmenter', 'organs'];
  const source = [path.join(at('simulated'), 'manifest.csv'), '--labels', 'suprem'];
  return [
    {
      step: 'simulate, scan, predict and segment',
      args: ['simulate', kind, ...grid, ...made, ...models, '--out', at('simulated'), ...workers],
    },
    {
      step: 'prepare',
      args: ['prepare', ...source, ...scale.prepare, '--out', at('cohort.zarr'), ...workers],
    },
    {
      step: 'calibrate and evaluate',
      args: ['experiment', at('cohort.zarr'), ...scale.experiment, '--out', at('results'), ...workers],
    },
  ];
}

async function estimate() {
  let seconds = 0;
  for (const { cohort, task } of cells) {
    const each = await estimateScan(await cohort.grid(), cohort.simulating, task);
    console.log(
      `${cohort.name}-${task.name}: ${hours(each.making * scale.patients)} to simulate and scan, ` +
        `${hours(each.predicting * scale.patients)} to predict and segment`,
    );
    seconds += (each.making + each.predicting) * scale.patients;
  }
  const cores = Number(given.workers);
  console.log(
    `${cells.length} cohorts and tasks of ${scale.patients} patients: ${hours(seconds)} of one core, ${hours(seconds / cores)} of ${cores}. Estimated ` +
      'from smaller scans: simulating and scanning by voxels, networks by slices. Preparing adds a few percent, splits and procedures minutes.',
  );
}

/** @param {import('./scales.mjs').Grid} grid */
function phantomsOn({ size, spacing }) {
  return ['phantom', '--size', size.join(), '--spacing', spacing.join()];
}

/** @param {number} seconds */
function hours(seconds) {
  return seconds < 360 ? `${(seconds / 60).toFixed(1)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

/** @param {string} message @returns {never} */
function fail(message) {
  console.error(`error: ${message}`);
  process.exit(1);
}
