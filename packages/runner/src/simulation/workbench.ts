import { writeScan } from '@semcrc/cohort/node';
import type { Sample } from '@semcrc/core';
import { readTextFile } from '@semcrc/imaging/node';
import { loadProjector, type Projector, SemcrcError } from '@semcrc/kernels';
import {
  baselinePredictor,
  isImageModel,
  networkPredictor,
  openNetwork,
  type Predictor,
  parseBaseline,
  parseStandIn,
  standInSegmenter,
} from '@semcrc/predict';
import { nodeRuntime, readNetworkFiles } from '@semcrc/predict/node';
import {
  type Acquisition,
  acquire,
  denoisingTask,
  heightOf,
  mergeBody,
  noTask,
  type Population,
  phantomPopulation,
  reconstructionTask,
  type SimulatedScan,
  type Task,
  trainStandIn,
  warpPopulation,
  windowed,
} from '@semcrc/simulate';
import { readTemplate, scanPaths, writeScanFiles } from '@semcrc/simulate/node';
import type { Workbench } from '../executor.ts';
import type { ScanMade, SimulationJobs, SimulationPlan, SimulationSession } from './jobs.ts';
import { keptStandIn, STAND_IN } from './place.ts';
import type { PatientsToDraw, SimulationSpec } from './spec.ts';

/** Draws, measures and writes scans, one at a time. */
export class SimulationWorkbench implements Workbench<SimulationSession, SimulationJobs> {
  #session: SimulationSession | undefined;
  #population: { readonly key: string; readonly value: Population } | undefined;
  #acquisition: Acquisition | undefined;
  #predictor: { readonly key: string; readonly value: Predictor } | undefined;
  #projector: Promise<Projector> | undefined;

  async begin(session: SimulationSession): Promise<void> {
    const key = JSON.stringify(session.spec.patients);
    if (this.#population?.key !== key) {
      this.#population = { key, value: await openPopulation(session.spec.patients) };
    }
    this.#session = session;
    const standIn = session.plan?.standIn;
    this.#acquisition = {
      task: await this.#taskOf(session.spec),
      predictor: await this.#predictorOf(session.spec),
      segmenter: standIn ? parseStandIn(standIn, STAND_IN) : standInSegmenter(this.#population.value.organs),
    };
  }

  /** A network is loaded once. */
  async #predictorOf(spec: SimulationSpec): Promise<Predictor> {
    if (this.#predictor?.key !== spec.predictor) {
      this.#predictor = { key: spec.predictor, value: await predictorOf(spec) };
    }
    return this.#predictor.value;
  }

  async perform<Kind extends keyof SimulationJobs>(
    kind: Kind,
    input: SimulationJobs[Kind]['input'],
  ): Promise<SimulationJobs[Kind]['output']> {
    if (!this.#session || !this.#population || !this.#acquisition) {
      throw new SemcrcError('internal', 'a job came before its session');
    }
    const { value: population } = this.#population;
    if (kind === 'plan') return planOf(this.#session, population, this.#acquisition);
    return makeScan(this.#session, population, this.#acquisition, input as number);
  }

  async #taskOf({ task }: SimulationSpec): Promise<Task> {
    if (task.kind === 'none') return noTask;
    if (task.kind === 'denoising') return denoisingTask(task.sigma);
    this.#projector ??= loadProjector();
    return reconstructionTask(await this.#projector, task);
  }
}

async function openPopulation(patients: PatientsToDraw): Promise<Population> {
  if (patients.kind === 'phantom') return phantomPopulation(patients.shape, patients.spacing);
  const { templates, labels, spacing, options } = patients;
  const read = [];
  for (const files of templates) read.push(await readTemplate(files, labels, spacing));
  return warpPopulation(read, options);
}

async function predictorOf({ predictor, task }: SimulationSpec): Promise<Predictor> {
  if (predictor === 'baseline')
    return baselinePredictor(task.kind === 'reconstruction' ? 'reconstruction' : 'denoising');
  if (/\.onnx$/i.test(predictor)) {
    const { record, ...files } = await readNetworkFiles(predictor);
    if (isImageModel(record)) {
      return networkPredictor(await openNetwork({ ...files, record }, await nodeRuntime()));
    }
    throw new SemcrcError(
      'usage',
      `\`predictor\`: ${predictor} names organs; give a network that predicts images`,
      {
        data: { options: ['predictor'], file: predictor },
      },
    );
  }
  const text = await readTextFile(predictor);
  try {
    return parseBaseline(JSON.parse(text), predictor);
  } catch (cause) {
    if (cause instanceof SemcrcError) throw cause;
    throw new SemcrcError(
      'bad-input',
      `${predictor}: expected a baseline predictor as JSON, found other text`,
      {
        data: { file: predictor },
        cause,
      },
    );
  }
}

async function planOf(
  { spec, standInFile }: SimulationSession,
  population: Population,
  acquisition: Acquisition,
): Promise<SimulationPlan> {
  const { task, predictor } = acquisition;
  const digits = Math.max(3, String(spec.scans - 1).length);
  const ids = Array.from(
    { length: spec.scans },
    (_, index) => `${population.name}-${String(index).padStart(digits, '0')}`,
  );
  const making = [population.digest, spec.seed, task.name, task.settings, predictor.digest];
  const standIn =
    population.name === 'warp'
      ? (keptStandIn(standInFile, making) ??
        (await trainStandIn(
          (seed, index) => population.draw(seed, index),
          spec.seed,
          population.organs,
          acquisition,
        )))
      : null;
  const segmenter = standIn ?? acquisition.segmenter;
  return {
    digest: await digestOf([making, segmenter.digest, ids.length]),
    ids,
    labels: population.labels,
    task: task.name === 'denoising' ? `denoising_sigma${task.settings.sigma}` : task.name,
    segmenter: segmenter.name,
    standIn: standIn && { ...standIn, training: { ...standIn.training, of: JSON.stringify(making) } },
  };
}

async function digestOf(definition: unknown): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(definition));
  return Buffer.from(await crypto.subtle.digest('SHA-256', bytes)).toString('hex');
}

async function makeScan(
  { spec, output, plan }: SimulationSession,
  population: Population,
  acquisition: Acquisition,
  index: number,
): Promise<ScanMade> {
  if (!plan) throw new SemcrcError('internal', 'a scan came before its plan');
  const id = plan.ids[index];
  const patient = population.draw(spec.seed, index);
  const [depth] = patient.truth.shape;
  const heights = population.aligned
    ? Array.from({ length: depth }, (_, slice) => heightOf(slice, depth))
    : undefined;
  const scan = await acquire(patient, { seed: spec.seed, index }, acquisition, heights);
  if (output.format === 'store') {
    const { data: measurement } = scan.measurement;
    await writeScan(output.path, id, { state: 'kept', sample: sampleOf(id, scan), measurement });
  } else {
    await writeScanFiles(output.path, scanPaths(output.format, id, plan), scan);
  }
  return { scan: id, ...measure(scan, population.organs) };
}

function sampleOf(id: string, scan: SimulatedScan): Sample {
  return {
    ...{ id, patient: id, shape: scan.truth.shape, affine: scan.truth.affine },
    truth: windowed(scan.truth).data,
    ...{ lower: scan.lower, point: scan.point, upper: scan.upper },
    organs: mergeBody(scan.segmentation, scan.body),
    mended: { clipped: 0, crossed: 0 },
  };
}

/** How well a scan was segmented and predicted. */
function measure(scan: SimulatedScan, organs: readonly number[]): Omit<ScanMade, 'scan'> {
  const said = new Uint32Array(256);
  const is = new Uint32Array(256);
  const both = new Uint32Array(256);
  const truth = windowed(scan.truth).data;
  let voxels = 0;
  let inside = 0;
  let square = 0;
  for (let at = 0; at < truth.length; at++) {
    const label = scan.anatomy[at];
    is[label] += 1;
    said[scan.segmentation[at]] += 1;
    if (label === scan.segmentation[at]) both[label] += 1;
    if (label === 0) continue;
    voxels += 1;
    if (truth[at] >= scan.lower[at] && truth[at] <= scan.upper[at]) inside += 1;
    const off = truth[at] - scan.point[at];
    square += off * off;
  }
  return {
    f1: Object.fromEntries(
      organs
        .filter((label) => is[label] > 0)
        .map((label) => [label, (2 * both[label]) / (is[label] + said[label])]),
    ),
    coverage: inside / voxels,
    squaredError: square / voxels,
  };
}
