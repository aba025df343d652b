// A worker with a denoiser of its own: predicts a scan of the shape that it is sent.
import { parentPort } from 'node:worker_threads';
import { openNetwork, predictScan } from '@semcrc/predict';
import { nodeRuntime, readShippedNetwork } from '@semcrc/predict/node';
import { ballsOf } from './balls.mjs';

const network = await openNetwork(await readShippedNetwork('denoising'), await nodeRuntime('wasm'));
const options = { units: 'window', file: 'bench' };
await predictScan(network, ballsOf([2, 101, 122]), options);
parentPort?.on('message', async (shape) => {
  await predictScan(network, ballsOf(shape), options);
  parentPort?.postMessage('done');
});
parentPort?.postMessage('ready');
