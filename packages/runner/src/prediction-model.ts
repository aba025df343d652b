import type { Volume } from '@semcrc/imaging';
import {
  baselinePredictor,
  type ImageModel,
  isImageModel,
  isShippedNetwork,
  type Network,
  type NetworkFiles,
  openNetwork,
  type PredictedScan,
  predictScan,
  predictScanWith,
  type ScanOptions,
  type SegmentationModel,
  type SegmentedScan,
  SHIPPED_NETWORKS,
  segmentScan,
} from '@semcrc/predict';
import { nodeRuntime, type RuntimeChoice, readNetworkFiles, readShippedNetwork } from '@semcrc/predict/node';
import { digestOf } from './definition-digest.ts';

const BASELINE = 'baseline';

/** Names that stand for a model which ships with semcrc. */
export const BUILT_IN_MODELS: Readonly<Record<string, string>> = {
  ...SHIPPED_NETWORKS,
  [BASELINE]:
    'quantile regression on features of noisy CT, trained on phantoms (denoising, σ = 0.2); no network',
};

/** Volumes that a model gives for a scan, by the names of their files and of their columns. */
export const IMAGES = ['lower', 'point', 'upper', 'body'] as const;
export const LABELS = ['segmentation'] as const;

/** What there is to know of a model without running it. */
export interface ModelFacts {
  readonly name: string;
  readonly digest: string;
  readonly task: string;
  readonly writes: readonly string[];
  /** Label scheme of a segmentation; null for images. */
  readonly scheme: string | null;
}

/**
 * Looks at a model.
 *
 * @param model path of an ONNX file with its record beside it, or a name of {@link BUILT_IN_MODELS}.
 * @throws SemcrcError `bad-input` for files that are no network; `usage` where the runtime asked for is not there.
 */
export async function lookAtModel(model: string, runtime: RuntimeChoice): Promise<ModelFacts> {
  if (model === BASELINE) {
    const { name, digest } = baselinePredictor();
    return { name, digest, task: 'denoising', writes: IMAGES, scheme: null };
  }
  const { record } = await filesOfModel(model);
  // Fails here, before any work, where it was asked for and is not there.
  if (runtime === 'native') await nodeRuntime(runtime);
  const { name, task } = record;
  const digest = await digestOf([record.digest, record]);
  return isImageModel(record)
    ? { name, digest, task, writes: IMAGES, scheme: null }
    : { name, digest, task, writes: LABELS, scheme: record.scheme };
}

/** The files of a network: one that ships with semcrc, or the user's own. */
export function filesOfModel(model: string): Promise<NetworkFiles> {
  return isShippedNetwork(model) ? readShippedNetwork(model) : readNetworkFiles(model);
}

/** What a model made of a scan. */
export type ModelOutput =
  | ({ readonly kind: 'images' } & PredictedScan)
  | ({ readonly kind: 'labels' } & SegmentedScan);

/** A model that stays loaded. */
export interface LoadedModel {
  /** What it runs on. */
  readonly runtime: string;
  run(volume: Volume, options: ScanOptions): Promise<ModelOutput>;
  close(): Promise<void>;
}

/** Loads a model to run it. @param threads of a network. @throws SemcrcError as {@link lookAtModel}. */
export async function loadModel(
  model: string,
  runtime: RuntimeChoice,
  threads: number,
): Promise<LoadedModel> {
  if (model === BASELINE) {
    const predictor = baselinePredictor();
    return {
      runtime: 'semcrc',
      run: async (volume, options) => ({
        kind: 'images',
        ...(await predictScanWith(predictor, volume, options)),
      }),
      close: async () => undefined,
    };
  }
  const network = await openNetwork(await filesOfModel(model), await nodeRuntime(runtime, threads));
  return {
    get runtime() {
      return network.runtime;
    },
    run: async (volume, options) =>
      isImageModel(network.record)
        ? { kind: 'images', ...(await predictScan(network as Network<ImageModel>, volume, options)) }
        : { kind: 'labels', ...(await segmentScan(network as Network<SegmentationModel>, volume, options)) },
    close: () => network.close(),
  };
}
