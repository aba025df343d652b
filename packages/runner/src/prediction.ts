import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { disk, fingerprintOf, moveCells, readManifestTable } from '@semcrc/cohort/node';
import { checkOutput, readNifti, writeFileAtomic, writeNifti } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';
import {
  baselinePredictor,
  type ImageModel,
  isImageModel,
  type Network,
  openNetwork,
  predictScan,
  predictScanWith,
  type ScanUnits,
  type SegmentationModel,
  segmentScan,
} from '@semcrc/predict';
import { nodeRuntime, type RuntimeChoice, readNetworkFiles } from '@semcrc/predict/node';
import { hasParts, type PartWriter, partItems, type Whole } from '@semcrc/results';
import { stringify } from 'csv-stringify/sync';
import type { Executor, Workbench } from './executor.ts';
import { goneFrom } from './gone-scan.ts';
import { lanesFor, runConcurrently } from './run-concurrently.ts';

/** Names that stand for a predictor which ships with semcrc. */
export const BUILT_IN_MODELS: Readonly<Record<string, string>> = {
  baseline:
    'quantile regression on features of noisy CT, trained on phantoms (denoising, σ = 0.2); no network',
};

/** What is predicted from what, as plain data. */
export interface PredictionSpec {
  /** Path of an ONNX file with its record beside it, or a name of {@link BUILT_IN_MODELS}. */
  readonly model: string;
  /** A volume, or a manifest (.csv, .json). */
  readonly input: string;
  /** Column of a manifest that holds the images; null for the usual one of the model's task. */
  readonly column: string | null;
  readonly units: ScanUnits;
  readonly runtime: RuntimeChoice;
}

/** One scan to be predicted. */
interface ScanToPredict {
  readonly scan: string;
  readonly image: string;
  /** Where its files go. */
  readonly folder: string;
}

export interface PredictionSession {
  readonly spec: PredictionSpec;
  /** Threads of each network. */
  readonly threads: number;
  /** Three 32-bit integers that all workers count in: windows done, windows of scans begun, scans begun. */
  readonly progress: SharedArrayBuffer;
}

/** What one scan came to. */
export interface ScanPredicted {
  readonly scan: string;
  /** What the network ran on. */
  readonly runtime: string;
  readonly clipped: number;
  readonly crossed: number;
  /** Of a segmentation: labels that some voxel has. */
  readonly labels: readonly number[];
}

export interface PredictionJobs {
  /** The scan's files stand when the job is done. */
  readonly predict: { readonly input: ScanToPredict; readonly output: ScanPredicted };
}

export type PredictionExecutor = Executor<PredictionSession, PredictionJobs>;

export interface PredictionOptions {
  readonly executor: PredictionExecutor;
  /** The part of the scans to be predicted; all of them by default. Parts are put together by {@link mergePrediction}. */
  readonly part?: PartWriter | null | undefined;
  /** Whether predictions of another model or input in that place give way; default `keep`: it is an error. */
  readonly replace?: 'keep' | 'replace';
  /** Gives up; scans predicted so far are kept, and the next call goes on from them. */
  readonly signal?: AbortSignal | undefined;
  /** Windows done, of about how many: scans not begun are taken for as large as those that are. */
  readonly onProgress?: ((progress: { readonly done: number; readonly total: number }) => void) | undefined;
  readonly warn?: ((message: string) => void) | undefined;
}

/** What a prediction wrote. */
export interface PredictionSummary {
  readonly path: string;
  readonly model: string;
  readonly task: string;
  /** What it ran on; null where every scan was there already. */
  readonly runtime: string | null;
  readonly scans: number;
  readonly kept: number;
  /** Over the scans predicted now. */
  readonly clipped: number;
  readonly crossed: number;
  readonly labels: readonly number[];
  /** Null where only a part was predicted. */
  readonly manifest: string | null;
  /** Label scheme of the segmentations; null for images. */
  readonly scheme: string | null;
  /** Columns that `calibrate` needs and the manifest lacks. */
  readonly lacking: readonly string[];
}

/** What a merge of parts writes and says of the whole. */
interface PredictionDetails extends Pick<PredictionSummary, 'model' | 'task' | 'scheme' | 'lacking'> {
  readonly writes: readonly string[];
  /** Where each scan's files are, relative to the output. */
  readonly folders: readonly string[];
  /** The text of the manifest. */
  readonly manifest: string;
  /** What tells each image from another in its place. */
  readonly prints: readonly string[];
}

const RECORD = 'prediction.json';
const MANIFEST = 'manifest.csv';
const IMAGES = ['lower', 'point', 'upper', 'body'] as const;
const LABELS = ['segmentation'] as const;
/** Columns of predictions made before, which a new one makes wrong. */
const OUTDATED = ['std', 'samples'];
const NEEDED = ['ground_truth', 'lower', 'upper', 'segmentation'];

/** What there is to know of a model without running it. */
interface ModelFacts {
  readonly name: string;
  readonly digest: string;
  readonly task: string;
  readonly writes: readonly string[];
  readonly scheme: string | null;
}

/**
 * Predicts (or segments) the scans of a manifest, or one volume, several at a time. Interrupted at any moment it can be called
 * again and goes on where it stood.
 *
 * @throws SemcrcError `bad-input` for a model or images that cannot be used; `usage` when other content stands at `path`;
 *   `interrupted`.
 */
export async function runPrediction(
  spec: PredictionSpec,
  path: string,
  { executor, part, replace = 'keep', signal, onProgress, warn }: PredictionOptions,
): Promise<PredictionSummary> {
  const facts = await factsOf(spec);
  const list = await listScans(spec, path, facts);
  const own = part ? partItems(part.part, list.scans.length).map((at) => list.scans[at]) : list.scans;
  await part?.enter();
  const prints = await printsOf(list.scans, own, part?.begun() ?? null);
  const digest = await digestOf([
    facts.digest,
    spec.units,
    list.scans.map(({ scan }, at) => [scan, prints[at]]),
  ]);
  await begin(spec, path, facts, digest, list.scans, own, replace);
  const { columns, text } = manifestOf(path, list, facts);
  const lacking = NEEDED.filter((column) => !columns.includes(column));
  const pending = own.filter(({ folder }) => !isWritten(folder, facts.writes));
  const manifest = join(path, MANIFEST);
  const merged = part && pending.length === 0 && existsSync(manifest) && !hasParts(path);
  if (part && !merged) {
    const details: PredictionDetails = {
      ...{ model: facts.name, task: facts.task, scheme: facts.scheme, writes: facts.writes, lacking },
      folders: list.scans.map(({ folder }) => relative(resolve(path), folder)),
      manifest: text,
      prints,
    };
    const items = list.scans.map(({ scan }) => scan);
    await part.begin({ command: 'predict', digest, noun: 'scans', items, details: { ...details } });
  }
  for (const { folder } of pending) mkdirSync(folder, { recursive: true });
  const counts = new Int32Array(new SharedArrayBuffer(12));
  const session: PredictionSession = {
    spec,
    threads: Math.max(1, Math.floor(executor.workers / Math.max(1, pending.length))),
    progress: counts.buffer as SharedArrayBuffer,
  };
  const report = (): void => {
    const [done, total, begun] = counts;
    if (begun > 0)
      onProgress?.({ done, total: Math.max(done, Math.round((total / begun) * pending.length)) });
  };
  const timer = setInterval(report, 200);
  const made: ScanPredicted[] = [];
  try {
    await runConcurrently(signal, lanesFor(executor), pending, async (scan, either) => {
      const name = `scan ${scan.scan}`;
      made.push(await executor.run({ session, kind: 'predict', input: scan, name, signal: either }));
      report();
    });
  } finally {
    clearInterval(timer);
  }
  if (!part) await writeFileAtomic(manifest, text);
  else if (!merged) await part.finish({ made }, pending.length);
  if (list.outdated.length > 0) {
    warn?.(`the manifest leaves out ${list.outdated.join(', ')}, which belong to an earlier prediction`);
  }
  return {
    path,
    model: facts.name,
    task: facts.task,
    scans: own.length,
    kept: own.length - pending.length,
    ...figuresOf(made),
    manifest: part && !merged ? null : manifest,
    scheme: facts.scheme,
    lacking,
  };
}

/**
 * Puts together what was predicted in parts: writes the manifest.
 *
 * @param outcomes of the parts, as they gave them
 * @throws SemcrcError `bad-input` naming a scan whose files are gone
 */
export async function mergePrediction(
  path: string,
  { items, details }: Whole,
  outcomes: readonly unknown[],
): Promise<PredictionSummary> {
  const { folders, writes, manifest: text, ...facts } = details as unknown as PredictionDetails;
  const gone = folders.findIndex((folder) => !isWritten(join(path, folder), writes));
  if (gone >= 0) throw goneFrom(path, items[gone]);
  const manifest = join(path, MANIFEST);
  await writeFileAtomic(manifest, text);
  const made = outcomes.flatMap((outcome) => (outcome as { readonly made: readonly ScanPredicted[] }).made);
  return {
    path,
    ...{ model: facts.model, task: facts.task, scheme: facts.scheme, lacking: facts.lacking },
    ...{ scans: items.length, kept: 0, manifest },
    ...figuresOf(made),
  };
}

function figuresOf(
  made: readonly ScanPredicted[],
): Pick<PredictionSummary, 'runtime' | 'clipped' | 'crossed' | 'labels'> {
  const sum = (of: (scan: ScanPredicted) => number): number =>
    made.reduce((total, scan) => total + of(scan), 0);
  return {
    runtime: made[0]?.runtime ?? null,
    clipped: sum(({ clipped }) => clipped),
    crossed: sum(({ crossed }) => crossed),
    labels: [...new Set(made.flatMap(({ labels }) => labels))].sort((a, b) => a - b),
  };
}

async function factsOf({ model, runtime }: PredictionSpec): Promise<ModelFacts> {
  if (isBuiltIn(model)) {
    const { name, digest } = baselinePredictor();
    return { name, digest, task: 'denoising', writes: IMAGES, scheme: null };
  }
  const { record } = await readNetworkFiles(model);
  // Fails here, before any work, where it was asked for and is not there.
  if (runtime === 'native') await nodeRuntime(runtime);
  const { name, digest, task } = record;
  return isImageModel(record)
    ? { name, digest: await digestOf([digest, record]), task, writes: IMAGES, scheme: null }
    : { name, digest: await digestOf([digest, record]), task, writes: LABELS, scheme: record.scheme };
}

function isBuiltIn(model: string): boolean {
  return Object.hasOwn(BUILT_IN_MODELS, model);
}

async function digestOf(definition: unknown): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(definition));
  return Buffer.from(await crypto.subtle.digest('SHA-256', bytes)).toString('hex');
}

/** The scans, and what their manifest says beside their images. */
interface ScansToPredict {
  readonly scans: readonly ScanToPredict[];
  readonly columns: readonly string[];
  readonly cells: readonly Readonly<Record<string, string>>[];
  readonly outdated: readonly string[];
}

async function listScans(
  { input, column }: PredictionSpec,
  path: string,
  { task, writes }: ModelFacts,
): Promise<ScansToPredict> {
  if (!/\.(csv|json)$/i.test(input)) {
    if (column !== null) {
      throw new SemcrcError('usage', '`column` names a column of a manifest, but the input is a volume', {
        data: { options: ['column', 'input'] },
      });
    }
    const scan = basename(input).replace(/\.nii(\.gz)?$/i, '');
    const read = task === 'segmentation' ? 'point' : 'measurement';
    const cells = moveCells({ [read]: input }, join(process.cwd(), 'volume'), path);
    return {
      scans: [{ scan, image: resolve(input), folder: resolve(path) }],
      columns: [read],
      cells: [cells],
      outdated: [],
    };
  }
  const table = await readManifestTable(input, column ?? (task === 'segmentation' ? 'point' : 'measurement'));
  const outdated = task === 'segmentation' ? [] : OUTDATED.filter((name) => table.columns.includes(name));
  return {
    scans: table.rows.map(({ scan, image }) => ({ scan, image, folder: folderOf(path, scan) })),
    columns: table.columns.filter(
      (name) => name !== 'scan' && !outdated.includes(name) && !writes.includes(name),
    ),
    cells: table.rows.map(({ cells }) => moveCells(cells, input, path)),
    outdated,
  };
}

function folderOf(path: string, scan: string): string {
  if (/^[^/\\\0]{1,200}$/.test(scan) && scan !== '.' && scan !== '..') return resolve(path, 'scans', scan);
  throw new SemcrcError('bad-input', `scan id "${scan}" cannot name a folder; give it a plain name`, {
    data: { scan },
  });
}

/**
 * Makes the folder ready, and refuses one of the user's that holds something else.
 *
 * @param digest of all that decides the predictions
 * @param own scans that are to be written now
 */
async function begin(
  spec: PredictionSpec,
  path: string,
  facts: ModelFacts,
  digest: string,
  scans: readonly ScanToPredict[],
  own: readonly ScanToPredict[],
  replace: 'keep' | 'replace',
): Promise<void> {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found && !found.isDirectory()) {
    throw new SemcrcError('usage', `${path} is a file; choose a folder for \`out\``, {
      data: { file: path, options: ['out'] },
    });
  }
  const before = recordOf(path);
  if (before === null && found && readdirSync(path).length > 0) {
    throw new SemcrcError(
      'usage',
      `${path} holds files that are no predictions${replace === 'replace' ? ', which stay' : ''}; choose another \`out\``,
      { data: { file: path, options: ['out'] } },
    );
  }
  const inputs = [spec.input, ...scans.map(({ image }) => image)];
  for (const { folder } of own) {
    for (const file of filesOf(folder, facts.writes)) checkOutput(file, { inputs });
  }
  checkOutput(join(path, MANIFEST), { inputs });
  if (before !== null && before !== digest) {
    if (replace === 'keep') {
      throw new SemcrcError(
        'usage',
        `${path} holds predictions of another model, other images or options; choose another \`out\`, or replace them with \`force\``,
        { data: { file: path, options: ['out', 'force'] } },
      );
    }
    // All that a prediction writes, and nothing else.
    const files = [...IMAGES, ...LABELS].map((name) => `${name}.nii.gz`);
    for (const name of [MANIFEST, RECORD, 'scans', ...files])
      rmSync(join(path, name), { recursive: true, force: true });
  }
  mkdirSync(path, { recursive: true });
  const { writes: _, ...model } = facts;
  const document = { schema: 'semcrc/prediction@1', digest, model, scans: scans.length, spec };
  await writeFileAtomic(join(path, RECORD), `${JSON.stringify(document, null, 2)}\n`);
}

/**
 * What tells each image from another in its place: its content, so that a copy is as good. Of images that another part saw when it began,
 * and that are none of this one's, nothing is read.
 */
async function printsOf(
  scans: readonly ScanToPredict[],
  own: readonly ScanToPredict[],
  begun: Whole | null,
): Promise<readonly string[]> {
  const known =
    begun?.items.length === scans.length ? (begun.details.prints as readonly string[]) : undefined;
  const mine = new Set(own);
  const prints: string[] = [];
  for (const [at, scan] of scans.entries())
    prints.push(known && !mine.has(scan) ? known[at] : await fingerprintOf(disk, scan.image, 'image'));
  return prints;
}

/** Digest of the predictions whose files stand in a folder; null where there are none. */
function recordOf(path: string): string | null {
  try {
    const record = JSON.parse(readFileSync(join(path, RECORD), 'utf8'));
    return record.schema === 'semcrc/prediction@1' ? String(record.digest) : null;
  } catch {
    return null;
  }
}

function filesOf(folder: string, writes: readonly string[]): readonly string[] {
  return writes.map((name) => join(folder, `${name}.nii.gz`));
}

function isWritten(folder: string, writes: readonly string[]): boolean {
  return filesOf(folder, writes).every(
    (file) => statSync(file, { throwIfNoEntry: false })?.isFile() === true,
  );
}

/** The manifest of all scans: its columns, and its text. */
function manifestOf(
  path: string,
  { scans, columns, cells }: ScansToPredict,
  { writes }: ModelFacts,
): { readonly columns: readonly string[]; readonly text: string } {
  const header = ['scan', ...columns, ...writes];
  const rows = scans.map(({ scan, folder }, at) => {
    const own = folder === resolve(path) ? '' : `scans/${scan}/`;
    return [
      scan,
      ...columns.map((column) => cells[at][column] ?? ''),
      ...writes.map((name) => `${own}${name}.nii.gz`),
    ];
  });
  return { columns: header, text: stringify([header, ...rows]) };
}

/** Steps of windowed intensity that predictions are stored in, as 16-bit integers. */
const step = 1e-4;
const deflate = 3;

/** Predicts scans, one at a time, by one network that stays loaded. */
export class PredictionWorkbench implements Workbench<PredictionSession, PredictionJobs> {
  #session: PredictionSession | undefined;
  #network: Network | null = null;

  async begin(session: PredictionSession): Promise<void> {
    await this.#network?.close();
    this.#network = null;
    const { spec, threads } = session;
    if (!isBuiltIn(spec.model)) {
      const files = await readNetworkFiles(spec.model);
      this.#network = await openNetwork(files, await nodeRuntime(spec.runtime, threads));
    }
    this.#session = session;
  }

  async perform<Kind extends keyof PredictionJobs>(
    _: Kind,
    { scan, image, folder }: PredictionJobs[Kind]['input'],
  ): Promise<PredictionJobs[Kind]['output']> {
    if (!this.#session) throw new SemcrcError('internal', 'a job came before its session');
    const { spec, progress } = this.#session;
    const { header, volume } = await readNifti(image);
    const options = { units: spec.units, file: image, onTile: countIn(progress) };
    const image16 = { datatype: 'int16', slope: step, level: deflate, template: header } as const;
    const at = (name: string): string => join(folder, `${name}.nii.gz`);
    const network = this.#network;
    if (network && !isImageModel(network.record)) {
      const { segmentation, found } = await segmentScan(
        network as Network<SegmentationModel>,
        volume,
        options,
      );
      await writeNifti(at('segmentation'), segmentation, { level: deflate, template: header });
      return { scan, runtime: network.runtime, clipped: 0, crossed: 0, labels: found };
    }
    const predicted = network
      ? await predictScan(network as Network<ImageModel>, volume, options)
      : await predictScanWith(baselinePredictor(), volume, options);
    for (const name of ['lower', 'point', 'upper'] as const)
      await writeNifti(at(name), predicted[name], image16);
    await writeNifti(at('body'), predicted.body, { level: deflate, template: header });
    return { scan, runtime: network?.runtime ?? 'semcrc', ...predicted.mended, labels: [] };
  }
}

/** Counts windows where the main thread sees it. */
function countIn(progress: SharedArrayBuffer): (progress: { done: number; total: number }) => void {
  const counts = new Int32Array(progress);
  return ({ done, total }) => {
    if (done === 1) {
      Atomics.add(counts, 1, total);
      Atomics.add(counts, 2, 1);
    }
    Atomics.add(counts, 0, 1);
  };
}
