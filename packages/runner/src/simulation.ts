import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { beginStore, finishStore, type StorePlan, writeScan } from '@semcrc/cohort/node';
import { type Labels, type Sample, UNKNOWN_PREPARING } from '@semcrc/core';
import { abdomenWindow } from '@semcrc/imaging';
import { readTextFile, writeFileAtomic } from '@semcrc/imaging/node';
import { loadProjector, type Projector, SemcrcError } from '@semcrc/kernels';
import {
  baselinePredictor,
  isImageModel,
  networkPredictor,
  openNetwork,
  type Predictor,
  parseBaseline,
  parseStandIn,
  type StandInData,
  standInSegmenter,
} from '@semcrc/predict';
import { nodeRuntime, readNetworkFiles } from '@semcrc/predict/node';
import { hasParts, type PartWriter, partItems, type Whole } from '@semcrc/results';
import {
  type Acquisition,
  acquire,
  checkScanWidth,
  denoisingTask,
  heightOf,
  mergeBody,
  noTask,
  type Population,
  phantomPopulation,
  type ReconstructionOptions,
  reconstructionTask,
  type SimulatedScan,
  type Task,
  trainStandIn,
  type WarpOptions,
  warpPopulation,
  windowed,
} from '@semcrc/simulate';
import {
  type FileLayout,
  readTemplate,
  scanIsWritten,
  scanPaths,
  type TemplateFiles,
  writeScanFiles,
  writtenScheme,
} from '@semcrc/simulate/node';
import { stringify } from 'csv-stringify/sync';
import type { Executor, Workbench } from './executor.ts';
import { goneFrom } from './gone-scan.ts';
import { lanesFor, runConcurrently } from './run-concurrently.ts';

/** Which patients are drawn, as plain data. */
export type PatientsToDraw =
  | {
      readonly kind: 'phantom';
      /** Slices × height × width. */
      readonly shape: readonly [slices: number, height: number, width: number];
      /** Along x, y, z in mm. */
      readonly spacing: readonly [x: number, y: number, z: number];
    }
  | {
      readonly kind: 'warp';
      readonly templates: readonly TemplateFiles[];
      /** Label scheme of the templates, or the path of a label map. */
      readonly labels: string | undefined;
      /** Resample the templates to this spacing first; null keeps their own. */
      readonly spacing: readonly [x: number, y: number, z: number] | null;
      readonly options?: WarpOptions;
    };

/** How scans are measured, as plain data. */
export type TaskToMeasure =
  | { readonly kind: 'none' }
  | { readonly kind: 'denoising'; readonly sigma: number }
  | ({ readonly kind: 'reconstruction' } & Required<ReconstructionOptions>);

/** A cohort to simulate, as plain data. */
export interface SimulationSpec {
  readonly patients: PatientsToDraw;
  readonly scans: number;
  /** 32-bit integer. */
  readonly seed: number;
  readonly task: TaskToMeasure;
  /**
   * `baseline`: the one that ships for the task; the path of a baseline predictor's JSON, or of a network (.onnx) with its record
   * beside it.
   */
  readonly predictor: string;
  readonly segmenter: 'stand-in';
}

/** Where a simulated cohort goes: files in a folder, or a prepared cohort. */
export interface SimulationOutput {
  readonly path: string;
  readonly format: FileLayout | 'store';
}

/** What there is to know of a simulation before its first scan is drawn; plain data. */
export interface SimulationPlan {
  /** SHA-256 over all that decides the voxels. */
  readonly digest: string;
  readonly ids: readonly string[];
  readonly labels: Labels;
  readonly task: string;
  readonly segmenter: string;
  /** The stand-in that was trained for these patients; null where the shipped one serves. */
  readonly standIn: StandInData | null;
}

export interface SimulationSession {
  readonly spec: SimulationSpec;
  readonly output: SimulationOutput;
  readonly plan?: SimulationPlan;
  /** Where the stand-in of an earlier call is kept; none is looked for without it. */
  readonly standInFile?: string | undefined;
}

/** What one scan came to. */
export interface ScanMade {
  readonly scan: string;
  /** F1 score of the segmentation against the true anatomy, by label id; organs that are there. */
  readonly f1: Readonly<Record<string, number>>;
  /** Share of voxels inside lower … upper before calibration, inside the body. */
  readonly coverage: number;
  /** Mean squared error of the point inside the body. */
  readonly squaredError: number;
}

export interface SimulationJobs {
  readonly plan: { readonly input: null; readonly output: SimulationPlan };
  /** Input: place of the scan. It stands at its place when the job is done. */
  readonly scan: { readonly input: number; readonly output: ScanMade };
}

export type SimulationExecutor = Executor<SimulationSession, SimulationJobs>;

export interface SimulationOptions {
  readonly executor: SimulationExecutor;
  /** The part of the scans to be made; all of them by default. Parts are put together by {@link mergeSimulation}. */
  readonly part?: PartWriter | null | undefined;
  /** Whether a cohort of other content at the same place gives way; default `keep`: it is an error. */
  readonly replace?: 'keep' | 'replace';
  /** Gives up; scans written so far are kept, and the next call goes on from them. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: { readonly done: number; readonly total: number }) => void) | undefined;
  readonly warn?: ((message: string) => void) | undefined;
}

/** What a simulation wrote. */
export interface SimulationSummary {
  readonly path: string;
  readonly scans: number;
  /** Scans that stood there already. */
  readonly kept: number;
  /** The manifest; null for a store and for the authors' tree. */
  readonly manifest: string | null;
  /** Over the scans made now: mean F1 of the segmentation, over organs and then scans, and its deviation over scans. */
  readonly f1: { readonly mean: number; readonly sd: number } | null;
  /** Nominal 0.8 for the baseline: share of body voxels inside the intervals before calibration. */
  readonly coverage: number | null;
  /** Of the point inside the body, dB; the data range is 1. */
  readonly psnr: number | null;
}

const RECORD = 'simulation.json';
const MANIFEST = 'manifest.csv';
const STAND_IN = 'stand-in.json';

/**
 * Simulates a cohort, several scans at a time. Interrupted at any moment it can be called again and goes on where it stood.
 *
 * @throws SemcrcError `usage` for what cannot be simulated, or when other content stands at the place; `bad-input` for
 *   templates that cannot be read or a place that cannot be written; `interrupted`.
 */
export async function runSimulation(
  spec: SimulationSpec,
  output: SimulationOutput,
  { executor, part, replace = 'keep', signal, onProgress, warn }: SimulationOptions,
): Promise<SimulationSummary> {
  checkSpec(spec);
  await part?.enter();
  if (output.format !== 'store') checkPlace(output, replace);
  // Of a store, only parts keep it: for each other.
  const standInFile =
    output.format === 'store' ? part?.shared('.stand-in.json') : join(output.path, STAND_IN);
  const plan = await executor.run({
    session: { spec, output, standInFile },
    kind: 'plan',
    input: null,
    name: 'cohort',
    signal,
  });
  const session: SimulationSession = { spec, output, plan };
  const own = part ? partItems(part.part, plan.ids.length) : plan.ids.map((_, index) => index);
  const { state, pending } = await begin(session, plan, replace, own);
  const total = own.length;
  if (state === 'begun') {
    await part?.begin({
      command: 'simulate',
      digest: plan.digest,
      noun: 'scans',
      items: [...plan.ids],
      details: { format: output.format, task: plan.task, segmenter: plan.segmenter },
      ...(plan.standIn && output.format === 'store'
        ? { shared: { '.stand-in.json': `${JSON.stringify(plan.standIn)}\n` } }
        : {}),
    });
  }
  const made: ScanMade[] = [];
  let done = total - pending.length;
  onProgress?.({ done, total });
  await runConcurrently(signal, lanesFor(executor), pending, async (index, either) => {
    const name = `scan ${plan.ids[index]}`;
    made.push(await executor.run({ session, kind: 'scan', input: index, name, signal: either }));
    done += 1;
    onProgress?.({ done, total });
  });
  let manifest: string | null = null;
  if (!part) manifest = await finish(output, plan);
  else if (state === 'begun') await part.finish({ made }, pending.length);
  if (made.length < total && made.length > 0)
    warn?.(`the figures below are of the ${made.length} scans made now`);
  return { path: output.path, scans: total, kept: total - pending.length, manifest, ...figuresOf(made) };
}

/**
 * Puts a cohort together that was simulated in parts: its manifest, or its store.
 *
 * @param outcomes of the parts, as they gave them
 * @throws SemcrcError `bad-input` naming a scan whose files are gone
 */
export async function mergeSimulation(
  path: string,
  whole: Whole,
  outcomes: readonly unknown[],
): Promise<SimulationSummary> {
  const { format, task, segmenter } = whole.details as Pick<SimulationPlan, 'task' | 'segmenter'> & {
    readonly format: SimulationOutput['format'];
  };
  const names = { ids: whole.items, task, segmenter };
  if (format !== 'store') {
    const gone = whole.items.find((id) => !scanIsWritten(path, scanPaths(format, id, names)));
    if (gone !== undefined) throw goneFrom(path, gone);
  }
  const manifest = await finish({ path, format }, names);
  const made = outcomes.flatMap((outcome) => (outcome as { readonly made: readonly ScanMade[] }).made);
  return { path, scans: whole.items.length, kept: 0, manifest, ...figuresOf(made) };
}

/** What a simulation will take, from one scan that is made on trial. */
export interface SimulationEstimate {
  readonly scans: number;
  /** Seconds of one core for the stand-in's training, where there is any, and for each scan. */
  readonly preparing: number;
  readonly perScan: number;
  readonly bytesPerScan: number;
}

/**
 * Makes one scan in a temporary folder to tell how long and how large a cohort would be; nothing is left of it.
 *
 * @throws SemcrcError as {@link runSimulation}.
 */
export async function estimateSimulation(
  spec: SimulationSpec,
  output: SimulationOutput,
): Promise<SimulationEstimate> {
  checkSpec(spec);
  const folder = await mkdtemp(join(tmpdir(), 'semcrc-'));
  try {
    const trial: SimulationOutput = {
      path: join(folder, 'trial'),
      format: output.format === 'store' ? 'store' : output.format,
    };
    const bench = new SimulationWorkbench();
    const one = { ...spec, scans: Math.min(spec.scans, 2) };
    const begun = performance.now();
    await bench.begin({ spec: one, output: trial });
    const plan = await bench.perform('plan', null);
    const planned = performance.now();
    const session = { spec: one, output: trial, plan };
    await begin(session, plan, 'keep', []);
    await bench.begin(session);
    // The first scan also warms the code up; the second tells the time.
    for (let index = 0; index < one.scans - 1; index++) await bench.perform('scan', index);
    const before = sizeOf(folder);
    const started = performance.now();
    await bench.perform('scan', one.scans - 1);
    const ended = performance.now();
    return {
      scans: spec.scans,
      preparing: (planned - begun) / 1000,
      perScan: (ended - started) / 1000,
      bytesPerScan: sizeOf(folder) - before,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function sizeOf(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += statSync(join(entry.parentPath, entry.name)).size;
  }
  return bytes;
}

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

/** The stand-in that an interrupted run of the same simulation trained. */
function keptStandIn(file: string | undefined, making: unknown): StandInData | null {
  if (file === undefined) return null;
  try {
    const document = JSON.parse(readFileSync(file, 'utf8'));
    parseStandIn(document, STAND_IN);
    return document.training.of === JSON.stringify(making) ? document : null;
  } catch {
    return null;
  }
}

async function digestOf(definition: unknown): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(definition));
  return Buffer.from(await crypto.subtle.digest('SHA-256', bytes)).toString('hex');
}

/** Makes ready for scans, or finds what an earlier call left; which of one's own are still to be made. */
async function begin(
  { spec, output }: SimulationSession,
  plan: SimulationPlan,
  replace: 'keep' | 'replace',
  own: readonly number[],
): Promise<{ readonly state: 'begun' | 'finished'; readonly pending: readonly number[] }> {
  const { path, format } = output;
  if (format === 'store') {
    const ids = own.map((index) => plan.ids[index]);
    const progress = await beginStore(path, storePlanOf(spec, plan), replace, ids);
    if (progress.state === 'finished') return { state: 'finished', pending: [] };
    const pending = new Set(progress.pending);
    return { state: 'begun', pending: own.filter((index) => pending.has(plan.ids[index])) };
  }
  const record = recordOf(path);
  if (record !== null && record !== plan.digest) {
    if (replace === 'keep') {
      throw new SemcrcError(
        'usage',
        `${path} holds a cohort that was simulated with other options; choose another \`out\`, or replace it with \`force\``,
        { data: { file: path, options: ['out', 'force'] } },
      );
    }
    // All that a simulation writes, and nothing else.
    for (const name of [
      MANIFEST,
      RECORD,
      STAND_IN,
      'scans',
      join('data', 'simulated'),
      join('results', 'simulated'),
    ]) {
      rmSync(join(path, name), { recursive: true, force: true });
    }
  }
  mkdirSync(path, { recursive: true });
  const { standIn, ids, ...facts } = plan;
  const document = {
    schema: 'semcrc/simulation@1',
    ...facts,
    labelScheme: writtenScheme,
    scans: ids.length,
    spec,
  };
  await writeFileAtomic(join(path, RECORD), `${JSON.stringify(document, null, 2)}\n`);
  if (standIn) await writeFileAtomic(join(path, STAND_IN), `${JSON.stringify(standIn)}\n`);
  const pending = own.filter((index) => !scanIsWritten(path, scanPaths(format, ids[index], plan)));
  const finished = pending.length === 0 && existsSync(join(path, MANIFEST)) && !hasParts(path);
  return { state: finished ? 'finished' : 'begun', pending };
}

/** Refuses a folder of the user's that is no simulated cohort. */
function checkPlace({ path }: SimulationOutput, replace: 'keep' | 'replace'): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isDirectory()) {
    throw new SemcrcError('usage', `${path} is a file; choose a folder for \`out\``, {
      data: { file: path, options: ['out'] },
    });
  }
  if (recordOf(path) === null && readdirSync(path).length > 0) {
    throw new SemcrcError(
      'usage',
      `${path} holds files that are no simulated cohort${replace === 'replace' ? ', which stay' : ''}; choose another \`out\``,
      { data: { file: path, options: ['out'] } },
    );
  }
}

/** Digest of the simulation whose files stand in a folder; null where there is none. */
function recordOf(path: string): string | null {
  try {
    const record = JSON.parse(readFileSync(join(path, RECORD), 'utf8'));
    return record.schema === 'semcrc/simulation@1' ? String(record.digest) : null;
  } catch {
    return null;
  }
}

function storePlanOf(spec: SimulationSpec, { digest, ids, labels }: SimulationPlan): StorePlan {
  const [lo, hi] = abdomenWindow;
  return {
    ...{ digest, ids, patients: ids, labels, labelBytes: 1 },
    volumes: { point: true, std: false, measurement: spec.task.kind !== 'none', samples: 0 },
    name: `simulated ${spec.patients.kind}`,
    preparing: {
      ...UNKNOWN_PREPARING,
      ...{ point: true, std: false, body: true, draws: 0, segmentation: 'labels', truthUnits: 'hu' },
      ...{ labels: writtenScheme, window: [lo, hi] },
    },
  };
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

/** Writes the manifest, or puts the store in place. */
async function finish(
  { path, format }: SimulationOutput,
  plan: Pick<SimulationPlan, 'ids' | 'task' | 'segmenter'>,
): Promise<string | null> {
  if (format === 'store') {
    // There already: nothing was begun.
    if (statSync(`${resolve(path)}.partial`, { throwIfNoEntry: false })) await finishStore(path);
    return null;
  }
  if (format !== 'manifest') return null;
  const columns = [
    ['ground_truth', 'groundTruth'],
    ['lower', 'lower'],
    ['point', 'point'],
    ['upper', 'upper'],
    ['segmentation', 'segmentation'],
    ['body', 'body'],
    ['measurement', 'measurement'],
    ['anatomy', 'anatomy'],
  ] as const;
  const rows = plan.ids.map((id) => {
    const paths = scanPaths(format, id, plan);
    return [id, ...columns.map(([, field]) => paths[field].replaceAll('\\', '/'))];
  });
  const text = stringify([['scan', ...columns.map(([column]) => column)], ...rows]);
  const manifest = join(path, MANIFEST);
  await writeFileAtomic(manifest, text);
  return manifest;
}

function figuresOf(made: readonly ScanMade[]): Pick<SimulationSummary, 'f1' | 'coverage' | 'psnr'> {
  if (made.length === 0) return { f1: null, coverage: null, psnr: null };
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const scores = made.map(({ f1 }) => Object.values(f1)).filter((values) => values.length > 0);
  const means = scores.map(mean);
  const average = mean(means);
  return {
    f1:
      means.length === 0
        ? null
        : { mean: average, sd: Math.sqrt(mean(means.map((value) => (value - average) ** 2))) },
    coverage: mean(made.map(({ coverage }) => coverage)),
    psnr: -10 * Math.log10(mean(made.map(({ squaredError }) => squaredError))),
  };
}

function checkSpec({ scans, seed, task, patients }: SimulationSpec): void {
  const refuse = (option: string, expected: string, found: number): never => {
    throw new SemcrcError('usage', `\`${option}\`: expected ${expected}, found ${found}`, {
      data: { options: [option] },
    });
  };
  if (!Number.isSafeInteger(scans) || scans < 1) refuse('scans', 'a whole number from 1', scans);
  if ((seed | 0) !== seed) refuse('seed', 'a whole number of 32 bits', seed);
  // Before anything is written; templates are measured while the cohort is planned.
  if (task.kind === 'reconstruction' && patients.kind === 'phantom')
    checkScanWidth(task.geometry, patients.shape);
}
