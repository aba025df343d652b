import { existsSync, mkdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { readNifti, writeFileAtomic, writeNifti } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';
import type { ScanUnits } from '@semcrc/predict';
import type { RuntimeChoice } from '@semcrc/predict/node';
import { hasParts, type PartWriter, partItems, type Whole } from '@semcrc/results';
import { digestOf } from './definition-digest.ts';
import type { Executor, Workbench } from './executor.ts';
import { goneFrom } from './gone-scan.ts';
import { beginPredictionFolder, isPredicted, printsOf } from './prediction-folder.ts';
import { type LoadedModel, loadModel, lookAtModel } from './prediction-model.ts';
import { listScans, MANIFEST, predictedManifest, type ScanToPredict } from './prediction-scans.ts';
import { lanesFor, runConcurrently } from './run-concurrently.ts';

/** What is predicted from what, as plain data. */
export interface PredictionSpec {
  /** Path of an ONNX file with its record beside it, or a name of `BUILT_IN_MODELS`. */
  readonly model: string;
  /** A volume, or a manifest (.csv, .json). */
  readonly input: string;
  /** Column of a manifest that holds the images; null for the usual one of the model's task. */
  readonly column: string | null;
  readonly units: ScanUnits;
  readonly runtime: RuntimeChoice;
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

const NEEDED = ['ground_truth', 'lower', 'upper', 'segmentation'];

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
  const facts = await lookAtModel(spec.model, spec.runtime);
  const list = await listScans(spec, path, facts);
  const own = part ? partItems(part.part, list.scans.length).map((at) => list.scans[at]) : list.scans;
  await part?.enter();
  const begun = part?.begun() ?? null;
  const known =
    begun?.items.length === list.scans.length ? (begun.details.prints as readonly string[]) : undefined;
  const prints = await printsOf(list.scans, own, known);
  const digest = await digestOf([
    facts.digest,
    spec.units,
    list.scans.map(({ scan }, at) => [scan, prints[at]]),
  ]);
  await beginPredictionFolder(path, { digest, spec, facts, scans: list.scans, own }, replace);
  const { columns, text } = predictedManifest(path, list, facts);
  const lacking = NEEDED.filter((column) => !columns.includes(column));
  const pending = own.filter(({ folder }) => !isPredicted(folder, facts.writes));
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
  const gone = folders.findIndex((folder) => !isPredicted(join(path, folder), writes));
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

/** Steps of windowed intensity that predictions are stored in, as 16-bit integers. */
const step = 1e-4;
const deflate = 3;

/** Predicts scans, one at a time, by one model that stays loaded. */
export class PredictionWorkbench implements Workbench<PredictionSession, PredictionJobs> {
  #session: PredictionSession | undefined;
  #model: LoadedModel | undefined;

  async begin(session: PredictionSession): Promise<void> {
    await this.#model?.close();
    this.#model = undefined;
    const { spec, threads } = session;
    this.#model = await loadModel(spec.model, spec.runtime, threads);
    this.#session = session;
  }

  async perform<Kind extends keyof PredictionJobs>(
    _: Kind,
    { scan, image, folder }: PredictionJobs[Kind]['input'],
  ): Promise<PredictionJobs[Kind]['output']> {
    if (!this.#session || !this.#model) throw new SemcrcError('internal', 'a job came before its session');
    const { spec, progress } = this.#session;
    const { header, volume } = await readNifti(image);
    const output = await this.#model.run(volume, {
      ...{ units: spec.units, file: image, onTile: countIn(progress) },
    });
    const at = (name: string): string => join(folder, `${name}.nii.gz`);
    const labels = { level: deflate, template: header } as const;
    const { runtime } = this.#model;
    if (output.kind === 'labels') {
      await writeNifti(at('segmentation'), output.segmentation, labels);
      return { scan, runtime, clipped: 0, crossed: 0, labels: output.found };
    }
    const image16 = { datatype: 'int16', slope: step, ...labels } as const;
    for (const name of ['lower', 'point', 'upper'] as const)
      await writeNifti(at(name), output[name], image16);
    await writeNifti(at('body'), output.body, labels);
    return { scan, runtime, ...output.mended, labels: [] };
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
