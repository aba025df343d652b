import { join } from 'node:path';
import { type PartWriter, partItems, type Whole } from '@semcrc/results';
import { scanIsWritten, scanPaths } from '@semcrc/simulate/node';
import { goneFrom } from '../gone-scan.ts';
import { lanesFor, runConcurrently } from '../run-concurrently.ts';
import type {
  ScanMade,
  SimulationExecutor,
  SimulationOutput,
  SimulationPlan,
  SimulationSession,
} from './jobs.ts';
import { beginPlace, checkLayout, checkPlace, finishPlace, STAND_IN, writtenPaths } from './place.ts';
import { checkSpec, NOTHING, type SimulationSpec } from './spec.ts';

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
  checkLayout(spec, output);
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
  const predicts = spec.predictor !== NOTHING;
  const own = part ? partItems(part.part, plan.ids.length) : plan.ids.map((_, index) => index);
  const { state, pending } = await beginPlace(session, plan, replace, own);
  const total = own.length;
  if (state === 'begun') {
    await part?.begin({
      command: 'simulate',
      digest: plan.digest,
      noun: 'scans',
      items: [...plan.ids],
      details: { format: output.format, task: plan.task, segmenter: plan.segmenter, predicts },
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
  if (!part) manifest = await finishPlace(output, plan, predicts);
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
  const { format, task, segmenter, predicts } = whole.details as Pick<
    SimulationPlan,
    'task' | 'segmenter'
  > & { readonly format: SimulationOutput['format']; readonly predicts: boolean };
  const names = { ids: whole.items, task, segmenter };
  if (format !== 'store') {
    const gone = whole.items.find(
      (id) => !scanIsWritten(path, writtenPaths(predicts, scanPaths(format, id, names))),
    );
    if (gone !== undefined) throw goneFrom(path, gone);
  }
  const manifest = await finishPlace({ path, format }, names, predicts);
  const made = outcomes.flatMap((outcome) => (outcome as { readonly made: readonly ScanMade[] }).made);
  return { path, scans: whole.items.length, kept: 0, manifest, ...figuresOf(made) };
}

function figuresOf(made: readonly ScanMade[]): Pick<SimulationSummary, 'f1' | 'coverage' | 'psnr'> {
  const qualities = made.flatMap(({ quality }) => quality ?? []);
  if (qualities.length === 0) return { f1: null, coverage: null, psnr: null };
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const scores = qualities.map(({ f1 }) => Object.values(f1)).filter((values) => values.length > 0);
  const means = scores.map(mean);
  const average = mean(means);
  return {
    f1:
      means.length === 0
        ? null
        : { mean: average, sd: Math.sqrt(mean(means.map((value) => (value - average) ** 2))) },
    coverage: mean(qualities.map(({ coverage }) => coverage)),
    psnr: -10 * Math.log10(mean(qualities.map(({ squaredError }) => squaredError))),
  };
}
