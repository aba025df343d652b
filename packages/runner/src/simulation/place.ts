import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beginStore, finishStore, type StorePlan } from '@semcrc/cohort/node';
import { UNKNOWN_PREPARING } from '@semcrc/core';
import { abdomenWindow } from '@semcrc/imaging';
import { writeFileAtomic } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';
import { parseStandIn, type StandInData } from '@semcrc/predict';
import { hasParts } from '@semcrc/results';
import { type ScanPaths, scanIsWritten, scanPaths, writtenScheme } from '@semcrc/simulate/node';
import { stringify } from 'csv-stringify/sync';
import type { SimulationOutput, SimulationPlan, SimulationSession } from './jobs.ts';
import { NOTHING, type SimulationSpec } from './spec.ts';

const RECORD = 'simulation.json';
const MANIFEST = 'manifest.csv';
export const STAND_IN = 'stand-in.json';
/** Files of a patient of whom nothing is predicted. */
const MEASURED = ['groundTruth', 'measurement', 'anatomy'] as const satisfies readonly (keyof ScanPaths)[];

/**
 * Refuses layouts of predictions where nothing is predicted.
 *
 * @throws SemcrcError `usage`.
 */
export function checkLayout({ predictor }: SimulationSpec, { format }: SimulationOutput): void {
  if (predictor !== NOTHING || format === 'manifest') return;
  throw new SemcrcError(
    'usage',
    `\`layout\` ${format} holds predictions, and \`predictor\` none makes none; take manifest`,
    { data: { options: ['layout', 'predictor'] } },
  );
}

/** Files that a scan has: all of them, or those of a measured patient, of whom nothing is predicted. */
export function writtenPaths(predicts: boolean, paths: ScanPaths): Partial<ScanPaths> {
  if (predicts) return paths;
  return Object.fromEntries(MEASURED.map((field) => [field, paths[field]]));
}

/** Refuses a folder of the user's that is no simulated cohort. */
export function checkPlace({ path }: SimulationOutput, replace: 'keep' | 'replace'): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isDirectory()) {
    throw new SemcrcError('usage', `${path} is a file; choose a folder for \`out\``, {
      data: { file: path, options: ['out'] },
    });
  }
  // A run that was killed while it wrote its record leaves a part of it, which the next one removes.
  const others = readdirSync(path).filter(
    (name) => !(name.startsWith(`.${RECORD}.`) && name.endsWith('.partial')),
  );
  if (recordOf(path) === null && others.length > 0) {
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

/** The stand-in that an interrupted run of the same simulation trained. */
export function keptStandIn(file: string | undefined, making: unknown): StandInData | null {
  if (file === undefined) return null;
  try {
    const document = JSON.parse(readFileSync(file, 'utf8'));
    parseStandIn(document, STAND_IN);
    return document.training.of === JSON.stringify(making) ? document : null;
  } catch {
    return null;
  }
}

/** Makes ready for scans, or finds what an earlier call left; which of one's own are still to be made. */
export async function beginPlace(
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
    // All that a simulation writes, and nothing else. The record goes last: until then the folder is known for one of ours.
    const written = [
      MANIFEST,
      STAND_IN,
      'scans',
      join('data', 'simulated'),
      join('results', 'simulated'),
      RECORD,
    ];
    for (const name of written) rmSync(join(path, name), { recursive: true, force: true });
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
  const predicts = spec.predictor !== NOTHING;
  const pending = own.filter(
    (index) => !scanIsWritten(path, writtenPaths(predicts, scanPaths(format, ids[index], plan))),
  );
  const finished = pending.length === 0 && existsSync(join(path, MANIFEST)) && !hasParts(path);
  return { state: finished ? 'finished' : 'begun', pending };
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

/** Writes the manifest, or puts the store in place. */
export async function finishPlace(
  { path, format }: SimulationOutput,
  plan: Pick<SimulationPlan, 'ids' | 'task' | 'segmenter'>,
  predicts: boolean,
): Promise<string | null> {
  if (format === 'store') {
    // There already: nothing was begun.
    if (statSync(`${resolve(path)}.partial`, { throwIfNoEntry: false })) await finishStore(path);
    return null;
  }
  if (format !== 'manifest') return null;
  const all = [
    ['ground_truth', 'groundTruth'],
    ['lower', 'lower'],
    ['point', 'point'],
    ['upper', 'upper'],
    ['segmentation', 'segmentation'],
    ['body', 'body'],
    ['measurement', 'measurement'],
    ['anatomy', 'anatomy'],
  ] as const;
  const columns = all.filter(([, field]) => predicts || MEASURED.some((own) => own === field));
  const rows = plan.ids.map((id) => {
    const paths = scanPaths(format, id, plan);
    return [id, ...columns.map(([, field]) => paths[field].replaceAll('\\', '/'))];
  });
  const text = stringify([['scan', ...columns.map(([column]) => column)], ...rows]);
  const manifest = join(path, MANIFEST);
  await writeFileAtomic(manifest, text);
  return manifest;
}
