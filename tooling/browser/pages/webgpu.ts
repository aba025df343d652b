import { identityAffine, makeVolume, type Shape } from '@semcrc/imaging';
import {
  fallbackRuntime,
  type ModelRecord,
  onnxRuntime,
  openNetwork,
  parseModelRecord,
  wasmRuntime,
} from '@semcrc/predict';
import * as ort from '@semcrc/predict/onnxruntime';
import wasm from '@semcrc/predict/onnxruntime.wasm?url';
import gpuWasm from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url';
import * as gpu from 'onnxruntime-web/webgpu';
import volume3d from '../../../packages/predict/test/goldens/networks/6.volume.bin?url';
import volumeFlat from '../../../packages/predict/test/goldens/networks/9.volume.bin?url';
import unetFlat from '../../../packages/predict/test/goldens/networks/unet-2.5d.onnx?url';
import unet3d from '../../../packages/predict/test/goldens/networks/unet-3d.onnx?url';
import { report } from '../report.ts';

const bytes = async (url: string): Promise<ArrayBuffer> => (await fetch(url)).arrayBuffer();

async function recordOf(name: string, model: Uint8Array, own: Partial<ModelRecord>): Promise<ModelRecord> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', model as Uint8Array<ArrayBuffer>));
  return parseModelRecord(
    {
      ...{ schema: 'semcrc/model@1', name, task: 'denoising', overlap: 0.25, spacing: null, clip: false },
      digest: Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join(''),
      ...{ window: [-175, 250], input: 'image', output: 'values', training: {} },
      ...{ channels: ['lower', 'point', 'upper'], alpha: 0.1, ...own },
    },
    name,
  );
}

/** Two golden networks on WebGPU where it runs them: what each gave, channel by channel, what it ran on, and why on nothing better. */
await report(async () => {
  gpu.env.wasm.wasmPaths = { wasm: gpuWasm };
  // What fails is expected, and thrown.
  gpu.env.logLevel = 'fatal';
  const preferred = onnxRuntime(gpu, { providers: ['webgpu'], name: 'onnxruntime-web (WebGPU)' });
  const sure = wasmRuntime(ort, { wasm });
  const run = async (modelUrl: string, volumeUrl: string, shape: Shape, own: Partial<ModelRecord>) => {
    const reasons: string[] = [];
    const model = new Uint8Array(await bytes(modelUrl));
    const record = await recordOf('golden', model, own);
    const runtime = fallbackRuntime(preferred, sure, (reason) => reasons.push(reason));
    const network = await openNetwork({ record, model, file: 'golden' }, runtime);
    const volume = makeVolume(new Float32Array(await bytes(volumeUrl)), shape, identityAffine);
    const values = new Float32Array(3 * volume.data.length);
    await network.sweep(volume, ({ first, channels }) => {
      for (const [channel, slice] of channels.entries())
        values.set(slice, channel * volume.data.length + first * slice.length);
    });
    const ran = network.runtime;
    await network.close();
    return { ran, reasons, values: Array.from(values) };
  };
  return {
    flat: await run(unetFlat, volumeFlat, [4, 19, 22], {
      ...{ dimensions: 2.5, context: 1, axes: 'yx', patch: [16, 12] },
    }),
    // Transposed convolutions in three dimensions, which WebGPU does not have.
    deep: await run(unet3d, volume3d, [9, 19, 21], { dimensions: 3, axes: 'xyz', patch: [16, 12, 8] }),
  };
});
