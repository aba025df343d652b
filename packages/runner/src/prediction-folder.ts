import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { checkOutput, writeFileAtomic } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';
import { digestOf, IMAGES, LABELS, type ModelFacts } from './prediction-model.ts';
import { MANIFEST, type ScanToPredict } from './prediction-scans.ts';

const RECORD = 'prediction.json';

/** What decides every voxel of a prediction, beside the scans. */
interface PredictionContent {
  readonly input: string;
  readonly units: string;
}

/** Makes a folder ready for predictions, and refuses one of the user's that holds something else. */
export async function beginPredictionFolder(
  spec: PredictionContent,
  path: string,
  facts: ModelFacts,
  scans: readonly ScanToPredict[],
  replace: 'keep' | 'replace',
): Promise<void> {
  const digest = await digestOf([
    facts.digest,
    spec.units,
    scans.map(({ scan, image }) => [scan, printOf(image)]),
  ]);
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
  for (const { folder } of scans) {
    for (const file of filesOf(folder, facts)) checkOutput(file, { inputs });
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
  for (const { folder } of scans) mkdirSync(folder, { recursive: true });
  const { writes: _, ...model } = facts;
  const document = { schema: 'semcrc/prediction@1', digest, model, scans: scans.length, spec };
  await writeFileAtomic(join(path, RECORD), `${JSON.stringify(document, null, 2)}\n`);
}

/** Whether all that a model writes for a scan stands in its folder. */
export function isPredicted(folder: string, facts: ModelFacts): boolean {
  return filesOf(folder, facts).every((file) => statSync(file, { throwIfNoEntry: false })?.isFile() === true);
}

function filesOf(folder: string, { writes }: Pick<ModelFacts, 'writes'>): readonly string[] {
  return writes.map((name) => join(folder, `${name}.nii.gz`));
}

/** What tells an image from another in its place. */
function printOf(image: string): readonly (string | number)[] {
  const found = statSync(image, { throwIfNoEntry: false });
  if (!found) {
    throw new SemcrcError('bad-input', `${image}: no such file`, { data: { file: image } });
  }
  return [image, found.size, found.mtimeMs];
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
