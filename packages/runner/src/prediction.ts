import { join } from 'node:path';
import { readNifti, writeNifti } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';
import type { ScanUnits } from '@semcrc/predict';
import type { RuntimeChoice } from '@semcrc/predict/node';
import type { Executor, Workbench } from './executor.ts';
import { beginPredictionFolder, isPredicted } from './prediction-folder.ts';
import { type LoadedModel, loadModel, lookAtModel } from './prediction-model.ts';
import { listScans, MANIFEST, type ScanToPredict, writePredictedManifest } from './prediction-scans.ts';
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
  readonly manifest: string;
  /** Label scheme of the segmentations; null for images. */
  readonly scheme: string | null;
  /** Columns that `calibrate` needs and the manifest lacks. */
  readonly lacking: readonly string[];
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
  { executor, replace = 'keep', signal, onProgress, warn }: PredictionOptions,
): Promise<PredictionSummary> {
  const facts = await lookAtModel(spec.model, spec.runtime);
  const list = await listScans(spec, path, facts);
  await beginPredictionFolder(spec, path, facts, list.scans, replace);
  const pending = list.scans.filter(({ folder }) => !isPredicted(folder, facts));
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
  const columns = await writePredictedManifest(path, list, facts);
  if (list.outdated.length > 0) {
    warn?.(`the manifest leaves out ${list.outdated.join(', ')}, which belong to an earlier prediction`);
  }
  const sum = (of: (scan: ScanPredicted) => number): number =>
    made.reduce((total, scan) => total + of(scan), 0);
  return {
    path,
    model: facts.name,
    task: facts.task,
    runtime: made[0]?.runtime ?? null,
    scans: list.scans.length,
    kept: list.scans.length - pending.length,
    clipped: sum(({ clipped }) => clipped),
    crossed: sum(({ crossed }) => crossed),
    labels: [...new Set(made.flatMap(({ labels }) => labels))].sort((a, b) => a - b),
    manifest: join(path, MANIFEST),
    scheme: facts.scheme,
    lacking: NEEDED.filter((column) => !columns.includes(column)),
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
