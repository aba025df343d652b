import { readTextFile } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';
import {
  baselinePredictor,
  isImageModel,
  isShippedNetwork,
  type ModelRecord,
  networkPredictor,
  networkSegmenter,
  openNetwork,
  type Predictor,
  parseBaseline,
  type Segmenter,
} from '@semcrc/predict';
import { nodeRuntime } from '@semcrc/predict/node';
import { filesOfModel } from '../prediction-model.ts';
import { NOTHING, STAND_IN_SEGMENTER } from './spec.ts';

/** What of a simulation decides whether a model fits it. */
interface Simulated {
  readonly patients: { readonly kind: string };
  readonly seed: number;
  readonly task: { readonly kind: string };
  readonly predictor: string;
  readonly segmenter: string;
}

/**
 * The predictor that a simulation names; null for `none`. Others are `baseline`, a network that ships with semcrc, a network (.onnx) with its record beside it, or the
 * JSON of a baseline trained elsewhere.
 *
 * @throws SemcrcError `usage` for a network of another task, or one that learned from these very patients; `bad-input` for files
 *   that are none of these.
 */
export async function predictorOf(spec: Simulated): Promise<Predictor | null> {
  const { predictor, task } = spec;
  if (predictor === NOTHING) return null;
  if (predictor === 'baseline')
    return baselinePredictor(task.kind === 'reconstruction' ? 'reconstruction' : 'denoising');
  if (isNetwork(predictor)) {
    const files = await filesOfModel(predictor);
    const { record } = files;
    if (!isImageModel(record)) {
      throw refusal('predictor', predictor, 'names organs; give a network that predicts images');
    }
    if (task.kind !== 'none' && record.task !== task.kind) {
      throw refusal('predictor', predictor, `is for ${record.task}, but the task is ${task.kind}`);
    }
    checkPatients('predictor', predictor, record, spec);
    return networkPredictor(await openNetwork({ ...files, record }, await nodeRuntime()));
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

/**
 * The segmentation network that a simulation names: one that ships with semcrc, or a file; null for the stand-in.
 *
 * @throws SemcrcError as {@link predictorOf}.
 */
export async function segmenterOf(spec: Simulated): Promise<Segmenter | null> {
  const { segmenter } = spec;
  if (segmenter === STAND_IN_SEGMENTER || spec.predictor === NOTHING) return null;
  if (!isNetwork(segmenter)) {
    throw refusal('segmenter', segmenter, `is none: give ${STAND_IN_SEGMENTER}, organs or a network (.onnx)`);
  }
  const files = await filesOfModel(segmenter);
  const { record } = files;
  if (isImageModel(record)) {
    throw refusal('segmenter', segmenter, 'predicts images; give a network that names organs');
  }
  checkPatients('segmenter', segmenter, record, spec);
  return networkSegmenter(await openNetwork({ ...files, record }, await nodeRuntime()));
}

function isNetwork(model: string): boolean {
  return isShippedNetwork(model) || /\.onnx$/i.test(model);
}

/** A network is better on the patients it learned from than on others: intervals calibrated on them would be too short. */
function checkPatients(
  option: string,
  model: string,
  record: ModelRecord,
  { patients, seed }: Simulated,
): void {
  if (!seedsOf(record, patients.kind).includes(seed)) return;
  throw new SemcrcError(
    'usage',
    `\`${option}\`: ${model} learned from the ${patients.kind}s of seed ${seed}; draw others by another \`seed\``,
    { data: { options: [option, 'seed'] } },
  );
}

/** Seeds of the simulated patients of a kind that the training record of a network names. */
function seedsOf({ training }: ModelRecord, kind: string): readonly number[] {
  const found: number[] = [];
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('simulation' in value) {
      const simulation = value.simulation as { readonly kind?: unknown; readonly seed?: unknown } | null;
      if (simulation?.kind === kind && typeof simulation.seed === 'number') found.push(simulation.seed);
    }
    for (const part of Object.values(value)) look(part);
  };
  look(training);
  return found;
}

function refusal(option: string, model: string, what: string): SemcrcError {
  return new SemcrcError('usage', `\`${option}\`: ${model} ${what}`, {
    data: { options: [option], file: model },
  });
}
