// What windows, blending and preparing add to bare onnxruntime, in CPU time of the same run; how long a scan takes through
// denoiser and segmenter; how two workers scale; and the memory of a large scan.
//
//   node bench/main.mjs [rounds = 5]
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { median, spread } from '@semcrc/bench';
import { openNetwork, predictScan, segmentScan } from '@semcrc/predict';
import { nodeRuntime, readShippedNetwork } from '@semcrc/predict/node';
import { ballsOf } from './balls.mjs';

const rounds = Number(process.argv[2] ?? 5);
/** Rounds before the first that counts: the engine compiles what it runs often, beside it, for some scans. */
const WARMING = 4;
const shape = [30, 101, 122];
const scan = ballsOf(shape);
const options = { units: 'window', file: 'bench' };

const runtime = await nodeRuntime('wasm');
const denoiser = await openNetwork(await readShippedNetwork('denoising'), runtime);
const segmenter = await openNetwork(await readShippedNetwork('organs'), runtime);
const bare = await bareSession('denoising');

/** CPU seconds of all threads. */
async function cpu(work) {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

// Both in every round, so that what else the machine does falls on both.
const times = { bare: [], predict: [], segment: [] };
for (let round = -WARMING; round < rounds; round++) {
  let predicted;
  const predict = await cpu(async () => {
    predicted = await predictScan(denoiser, scan, options);
  });
  const segment = await cpu(() => segmentScan(segmenter, predicted.point, options));
  const own = { bare: await cpu(bare), predict, segment };
  if (round >= 0) for (const [name, seconds] of Object.entries(own)) times[name].push(seconds);
}
const overhead = median(times.predict) / median(times.bare) - 1;
console.log(
  `scan of ${[...shape].reverse().join(' × ')} voxels on WebAssembly, one thread, CPU time (median of ${rounds}, spread):`,
);
for (const [name, what] of [
  ['bare', 'onnxruntime alone, the same windows of the denoiser'],
  ['predict', 'denoiser: prepared, predicted, blended, mended, body found'],
  ['segment', 'segmenter of nine organs on its point'],
])
  console.log(`  ${median(times[name]).toFixed(2)} s (${spread(times[name])})  ${what}`);
console.log(`  denoiser over onnxruntime alone: ${(100 * overhead).toFixed(1)}% (wanted: under 10%)`);
const both = median(times.predict) + median(times.segment);
console.log(`  denoiser and segmenter: ${both.toFixed(2)} s (wanted: under 3 s)`);
const size = [...shape].reverse().join(' × ');
const figures = [
  { what: `a scan of ${size} through denoiser, one thread`, value: median(times.predict), unit: 's' },
  { what: 'its point through segmenter', value: median(times.segment), unit: 's' },
  { what: 'windows, blending, preparing and body, over onnxruntime alone', value: overhead },
];
await Promise.all([denoiser.close(), segmenter.close()]);

// Each worker holds a session of its own.
if (availableParallelism() > 1) {
  const ratios = [];
  for (let round = 0; round < rounds; round++) ratios.push((2 * (await together(1))) / (await together(2)));
  const text = `${median(ratios).toFixed(2)} × (${spread(ratios)})`;
  figures.push({ what: 'two workers over one', value: median(ratios), unit: '× as fast' });
  console.log(
    `two workers, each with half of the scans, over one: ${text} in time (wanted: 1.7 ×, on an idle machine)`,
  );
}

const large = JSON.parse(
  execFileSync(process.execPath, [fileURLToPath(new URL('large-scan.mjs', import.meta.url))], {
    encoding: 'utf8',
  }),
);
console.log(
  `256 × 256 × 300 voxels through a network of three dimensions: ${large.peak} MiB at most (wanted: under 1500)`,
);
figures.push({
  what: '256 × 256 × 300 voxels, peak memory of the process',
  value: large.peak / 1024,
  unit: 'GiB',
});
console.log(JSON.stringify({ figures }));

/** Runs the windows of one scan on onnxruntime itself. */
async function bareSession(name) {
  const require = createRequire(import.meta.url);
  const ort = await import(pathToFileURL(require.resolve('@semcrc/predict/onnxruntime')).href);
  ort.env.wasm.wasmBinary = readFileSync(require.resolve('@semcrc/predict/onnxruntime.wasm'));
  ort.env.wasm.numThreads = 1;
  const { model, record } = await readShippedNetwork(name);
  const session = await ort.InferenceSession.create(model, {
    executionProviders: ['wasm'],
    logSeverityLevel: 3,
  });
  const [width, height] = record.patch;
  const dims = [1, 2 * record.context + 1, width, height];
  const data = new Float32Array(dims.reduce((product, size) => product * size)).fill(0.5);
  // One window holds a slice of this scan.
  return async () => {
    for (let slice = 0; slice < shape[0]; slice++) {
      const fed = new ort.Tensor('float32', data, dims);
      const { [record.output]: result } = await session.run({ [record.input]: fed });
      result.dispose();
    }
  };
}

/** Milliseconds that some workers take, each for one scan; they are loaded and warm before. */
async function together(count) {
  const workers = Array.from(
    { length: count },
    () => new Worker(new URL('scan-worker.mjs', import.meta.url)),
  );
  const heard = (worker) =>
    new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
  await Promise.all(workers.map(heard));
  const started = performance.now();
  await Promise.all(
    workers.map((worker) => {
      const done = heard(worker);
      worker.postMessage(shape);
      return done;
    }),
  );
  const took = performance.now() - started;
  await Promise.all(workers.map((worker) => worker.terminate()));
  return took;
}
