import { writeScan } from '@semcrc/cohort/node';
import type { Sample } from '@semcrc/core';
import { abdomenWindow, makeVolume, windowIntensity } from '@semcrc/imaging';
import { loadProjector, type Projector, SemcrcError } from '@semcrc/kernels';
import { type Predictor, parseStandIn, type Segmenter, standInSegmenter } from '@semcrc/predict';
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
import { readTemplate, scanPaths, writeMeasuredFiles, writeScanFiles } from '@semcrc/simulate/node';
import { digestOf } from '../definition-digest.ts';
import type { Workbench } from '../executor.ts';
import type { ScanMade, ScanQuality, SimulationJobs, SimulationPlan, SimulationSession } from './jobs.ts';
import { predictorOf, segmenterOf } from './models.ts';
import { keptStandIn, STAND_IN } from './place.ts';
import { type PatientsToDraw, type SimulationSpec, STAND_IN_SEGMENTER } from './spec.ts';

/** What predicts, null where nothing is predicted; and the network that segments, null for the stand-in. */
interface Models {
  readonly predictor: Predictor | null;
  readonly segmenter: Segmenter | null;
}

/** How patients become scans; a null predictor leaves them measured. */
interface Making {
  readonly task: Task;
  readonly predictor: Predictor | null;
  readonly segmenter: Segmenter;
}

const predicts = (making: Making): making is Acquisition => making.predictor !== null;

/** Draws, measures and writes scans, one at a time. */
export class SimulationWorkbench implements Workbench<SimulationSession, SimulationJobs> {
  #session: SimulationSession | undefined;
  #population: { readonly key: string; readonly value: Population } | undefined;
  #making: Making | undefined;
  #models: { readonly key: string; readonly value: Models } | undefined;
  #projector: Promise<Projector> | undefined;

  async begin(session: SimulationSession): Promise<void> {
    const key = JSON.stringify(session.spec.patients);
    if (this.#population?.key !== key) {
      this.#population = { key, value: await openPopulation(session.spec.patients) };
    }
    this.#session = session;
    const standIn = session.plan?.standIn;
    const { predictor, segmenter } = await this.#modelsOf(session.spec);
    this.#making = {
      task: await this.#taskOf(session.spec),
      predictor,
      segmenter:
        segmenter ??
        (standIn ? parseStandIn(standIn, STAND_IN) : standInSegmenter(this.#population.value.organs)),
    };
  }

  /** Networks are loaded once. */
  async #modelsOf(spec: SimulationSpec): Promise<Models> {
    const key = JSON.stringify([
      spec.predictor,
      spec.segmenter,
      spec.task.kind,
      spec.patients.kind,
      spec.seed,
    ]);
    if (this.#models?.key !== key) {
      const value = { predictor: await predictorOf(spec), segmenter: await segmenterOf(spec) };
      this.#models = { key, value };
    }
    return this.#models.value;
  }

  async perform<Kind extends keyof SimulationJobs>(
    kind: Kind,
    input: SimulationJobs[Kind]['input'],
  ): Promise<SimulationJobs[Kind]['output']> {
    if (!this.#session || !this.#population || !this.#making) {
      throw new SemcrcError('internal', 'a job came before its session');
    }
    const { value: population } = this.#population;
    if (kind === 'plan') return planOf(this.#session, population, this.#making);
    return makeScan(this.#session, population, this.#making, input as number);
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

async function planOf(
  { spec, standInFile }: SimulationSession,
  population: Population,
  making: Making,
): Promise<SimulationPlan> {
  const { task, predictor } = making;
  const digits = Math.max(3, String(spec.scans - 1).length);
  const ids = Array.from(
    { length: spec.scans },
    (_, index) => `${population.name}-${String(index).padStart(digits, '0')}`,
  );
  const content = [population.digest, spec.seed, task.name, task.settings, predictor?.digest ?? null];
  const standIn =
    population.name === 'warp' && spec.segmenter === STAND_IN_SEGMENTER && predicts(making)
      ? (keptStandIn(standInFile, content) ??
        (await trainStandIn(
          (seed, index) => population.draw(seed, index),
          spec.seed,
          population.organs,
          making,
        )))
      : null;
  const segmenter = standIn ?? making.segmenter;
  return {
    digest: await digestOf([content, predicts(making) ? segmenter.digest : null, ids.length]),
    ids,
    labels: population.labels,
    task: task.name === 'denoising' ? `denoising_sigma${task.settings.sigma}` : task.name,
    segmenter: predicts(making) ? segmenter.name : 'none',
    standIn: standIn && { ...standIn, training: { ...standIn.training, of: JSON.stringify(content) } },
  };
}

async function makeScan(
  { spec, output, plan }: SimulationSession,
  population: Population,
  making: Making,
  index: number,
): Promise<ScanMade> {
  if (!plan) throw new SemcrcError('internal', 'a scan came before its plan');
  const id = plan.ids[index];
  const patient = population.draw(spec.seed, index);
  const seed = { seed: spec.seed, index };
  if (!predicts(making)) {
    const measurement = await making.task.measure(windowed(patient.truth), seed);
    await writeMeasuredFiles(output.path, scanPaths('manifest', id, plan), { ...patient, measurement });
    return { scan: id, quality: null };
  }
  const [depth] = patient.truth.shape;
  const heights = population.aligned
    ? Array.from({ length: depth }, (_, slice) => heightOf(slice, depth))
    : undefined;
  const scan = await acquire(patient, seed, making, heights);
  if (output.format === 'store') {
    const { data: measurement } = scan.measurement;
    await writeScan(output.path, id, { state: 'kept', sample: sampleOf(id, scan), measurement });
  } else {
    await writeScanFiles(output.path, scanPaths(output.format, id, plan), scan);
  }
  return { scan: id, quality: measure(scan, population.organs) };
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

function measure(scan: SimulatedScan, organs: readonly number[]): ScanQuality {
  const said = new Uint32Array(256);
  const is = new Uint32Array(256);
  const both = new Uint32Array(256);
  const { anatomy, segmentation, lower, point, upper } = scan;
  const { data, shape, affine } = scan.truth;
  const [, height, width] = shape;
  const area = height * width;
  const slice = new Float32Array(area);
  let voxels = 0;
  let inside = 0;
  let square = 0;
  for (let from = 0; from < data.length; from += area) {
    // A slice at a time: a windowed copy of the whole volume would be one more in memory.
    const hounsfield = makeVolume(data.subarray(from, from + area), [1, height, width], affine);
    const truth = windowIntensity(hounsfield, abdomenWindow, slice).data;
    for (let k = 0, at = from; k < area; k++, at++) {
      const label = anatomy[at];
      is[label] += 1;
      said[segmentation[at]] += 1;
      if (label === segmentation[at]) both[label] += 1;
      if (label === 0) continue;
      voxels += 1;
      if (truth[k] >= lower[at] && truth[k] <= upper[at]) inside += 1;
      const off = truth[k] - point[at];
      square += off * off;
    }
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
