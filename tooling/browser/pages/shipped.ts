import { identityAffine, makeVolume } from '@semcrc/imaging';
import { fallbackRuntime, openNetwork, parseModelRecord, wasmRuntime } from '@semcrc/predict';
import denoisingRecord from '@semcrc/predict/networks/denoising.json';
import denoising from '@semcrc/predict/networks/denoising.onnx?url';
import fbpRecord from '@semcrc/predict/networks/fbp.json';
import fbp from '@semcrc/predict/networks/fbp.onnx?url';
import organsRecord from '@semcrc/predict/networks/organs.json';
import organs from '@semcrc/predict/networks/organs.onnx?url';
import * as ort from '@semcrc/predict/onnxruntime';
import wasm from '@semcrc/predict/onnxruntime.wasm?url';
import volumeUrl from '../../../packages/predict/test/goldens/shipped/volume.bin?url';
import { report } from '../report.ts';

const bytes = async (url: string): Promise<ArrayBuffer> => (await fetch(url)).arrayBuffer();
const NETWORKS = [
  ['denoising', denoising, denoisingRecord],
  ['fbp', fbp, fbpRecord],
  ['organs', organs, organsRecord],
] as const;

/** What each network that ships makes of the golden volume, channel by channel. */
await report(async () => {
  const data = new Float32Array(await bytes(volumeUrl));
  const volume = makeVolume(data, [3, 20, 26], identityAffine);
  const found: Record<string, number[]> = {};
  for (const [name, url, document] of NETWORKS) {
    const record = parseModelRecord(document, name);
    const network = await openNetwork(
      { record, model: new Uint8Array(await bytes(url)), file: name },
      fallbackRuntime(null, wasmRuntime(ort, { wasm })),
    );
    const slices: Float32Array[][] = [];
    await network.sweep(volume, ({ channels }) => {
      slices.push(channels.map((values) => values.slice()));
    });
    await network.close();
    found[name] = slices[0].flatMap((_, channel) => slices.flatMap((slice) => Array.from(slice[channel])));
  }
  return found;
});
