import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { disk, fingerprintOf } from '@semcrc/cohort/node';
import { checkOutput, writeFileAtomic } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';
import { IMAGES, LABELS, type ModelFacts } from './prediction-model.ts';
import { MANIFEST, type ScanToPredict } from './prediction-scans.ts';

const RECORD = 'prediction.json';

/** What decides every voxel of a prediction, beside the scans. */
interface PredictionContent {
  readonly input: string;
  readonly units: string;
}

/** Predictions that are to stand in a folder. */
export interface PlannedPredictions {
  /** Of all that decides them. */
  readonly digest: string;
  readonly spec: PredictionContent;
  readonly facts: ModelFacts;
  readonly scans: readonly ScanToPredict[];
  /** Scans that are to be written now. */
  readonly own: readonly ScanToPredict[];
}

/** Makes a folder ready for predictions, and refuses one of the user's that holds something else. */
export async function beginPredictionFolder(
  path: string,
  { digest, spec, facts, scans, own }: PlannedPredictions,
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

/** Whether all that a model writes for a scan stands in its folder. */
export function isPredicted(folder: string, writes: readonly string[]): boolean {
  return filesOf(folder, writes).every(
    (file) => statSync(file, { throwIfNoEntry: false })?.isFile() === true,
  );
}

function filesOf(folder: string, writes: readonly string[]): readonly string[] {
  return writes.map((name) => join(folder, `${name}.nii.gz`));
}

/**
 * What tells each image from another in its place: its content, so that a copy is as good.
 *
 * @param known as another part of the same predictions found them: of images that are none of one's own nothing is read
 */
export async function printsOf(
  scans: readonly ScanToPredict[],
  own: readonly ScanToPredict[],
  known: readonly string[] | undefined,
): Promise<readonly string[]> {
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
