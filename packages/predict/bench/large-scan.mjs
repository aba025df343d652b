// Predicts a scan of 256 × 256 × 300 in a process of its own and prints the most memory that it held.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { peakRss } from '@semcrc/bench';
import { openNetwork, parseModelRecord, predictScan } from '@semcrc/predict';
import { nodeRuntime } from '@semcrc/predict/node';
import { ballsOf } from './balls.mjs';

const model = readFileSync(new URL('../test/goldens/networks/shifted.onnx', import.meta.url));
const record = parseModelRecord(
  {
    ...{
      schema: 'semcrc/model@1',
      name: 'shifted',
      digest: createHash('sha256').update(model).digest('hex'),
    },
    ...{ task: 'denoising', dimensions: 3, axes: 'zyx', patch: [96, 96, 96], overlap: 0.25, spacing: null },
    ...{ window: [-175, 250], clip: false, input: 'image', output: 'values' },
    ...{ channels: ['lower', 'point', 'upper'], alpha: 0.1, training: {} },
  },
  'shifted.json',
);
const network = await openNetwork({ record, model, file: 'shifted' }, await nodeRuntime('wasm'));
await predictScan(network, ballsOf([300, 256, 256]), { units: 'window', file: 'large' });
console.log(JSON.stringify({ peak: peakRss() }));
