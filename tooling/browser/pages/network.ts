import { makeVolume } from '@semcrc/imaging';
import { openNetwork, parseModelRecord, wasmRuntime } from '@semcrc/predict';
import * as ort from '@semcrc/predict/onnxruntime';
import wasm from '@semcrc/predict/onnxruntime.wasm?url';
import volumeUrl from '../../../packages/predict/test/goldens/networks/6.volume.bin?url';
import modelUrl from '../../../packages/predict/test/goldens/networks/unet-3d.onnx?url';
import { report } from '../report.ts';

const bytes = async (url: string): Promise<ArrayBuffer> => (await fetch(url)).arrayBuffer();

/** The golden case 6: a little UNet over 9 × 19 × 21 voxels, windows of 16 × 12 × 8; channel by channel. */
await report(async () => {
  const model = new Uint8Array(await bytes(modelUrl));
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', model));
  const record = parseModelRecord(
    {
      ...{ schema: 'semcrc/model@1', name: 'unet-3d', task: 'denoising', dimensions: 3, axes: 'xyz' },
      digest: Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join(''),
      ...{ patch: [16, 12, 8], overlap: 0.25, spacing: null, window: [-175, 250], clip: false },
      ...{
        input: 'image',
        output: 'values',
        channels: ['lower', 'point', 'upper'],
        alpha: 0.1,
        training: {},
      },
    },
    'unet-3d.json',
  );
  const network = await openNetwork({ record, model, file: 'unet-3d.onnx' }, wasmRuntime(ort, { wasm }));
  const data = new Float32Array(await bytes(volumeUrl));
  const volume = makeVolume(data, [9, 19, 21], [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
  const values = new Float32Array(3 * data.length);
  await network.sweep(volume, ({ first, channels }) => {
    for (const [channel, slice] of channels.entries())
      values.set(slice, channel * data.length + first * slice.length);
  });
  await network.close();
  return Array.from(values);
});
