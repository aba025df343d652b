/// <reference types="node" preserve="true" />
import { createRequire } from 'node:module';
import type { ImageModel, SegmentationModel } from '../networks/model-record.ts';
import type { NetworkFiles } from '../networks/network.ts';
import type { ShippedNetwork } from '../shipped-networks.ts';
import { readNetworkFiles } from './model-file.ts';

// By name, so that a bundle of this code finds them where they are installed.
const require = createRequire(import.meta.url);

type ModelOf<Name extends ShippedNetwork> = Name extends 'organs' ? SegmentationModel : ImageModel;

/** Reads a network that ships with semcrc, and its record. */
export async function readShippedNetwork<Name extends ShippedNetwork>(
  name: Name,
): Promise<NetworkFiles<ModelOf<Name>>> {
  const files = await readNetworkFiles(require.resolve(`@semcrc/predict/networks/${name}.onnx`));
  return { ...files, file: name } as NetworkFiles<ModelOf<Name>>;
}
