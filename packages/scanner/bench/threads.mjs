// A whole scan shared out among threads, as a command does it: spans of views, then slabs of slices.
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { loadProjector } from '@semcrc/kernels';
import { planHelix, projectViews, reconstructSlab, valuesPerView, viewsFor } from '@semcrc/scanner';

const VIEWS = 50;
const SLICES = 32;

const shared = (length) => new Float32Array(new SharedArrayBuffer(4 * length));

/** CPU seconds a thread that projecting and reconstructing a helix take: what idle cores would take. */
export async function scanInThreads(shape, options, threads) {
  const [slices, height, width] = shape;
  const geometry = planHelix(shape, options);
  const volume = shared(slices * height * width);
  for (let i = 0; i < volume.length; i++) volume[i] = (i % 97) / 97;
  const views = shared(geometry.views * valuesPerView(geometry));
  const workers = Array.from({ length: threads }, () => {
    const data = { shape, options, volume, views };
    return new Worker(new URL(import.meta.url), { workerData: data });
  });
  await Promise.all(workers.map(answer));
  const timed = async (kind, count, size) => {
    const start = process.cpuUsage();
    let next = 0;
    await Promise.all(
      workers.map(async (worker) => {
        while (next < count) {
          const span = { from: next, to: Math.min(next + size, count) };
          next = span.to;
          worker.postMessage({ kind, span });
          await answer(worker);
        }
      }),
    );
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1e6 / threads;
  };
  const projection = await timed('project', geometry.views, VIEWS);
  const reconstruction = await timed('reconstruct', slices, SLICES);
  await Promise.all(workers.map((worker) => worker.terminate()));
  return { projection, reconstruction, rows: geometry.rows };
}

function answer(worker) {
  return once(worker, 'message');
}

if (!isMainThread) {
  const { shape, options, volume, views } = workerData;
  const projector = await loadProjector();
  const geometry = planHelix(shape, options);
  const perView = valuesPerView(geometry);
  parentPort.on('message', ({ kind, span }) => {
    if (kind === 'project') {
      const into = views.subarray(span.from * perView, span.to * perView);
      projectViews(projector, { data: volume, shape }, geometry, span, into);
    } else {
      const needed = viewsFor(geometry, span);
      const data = views.subarray(needed.from * perView, needed.to * perView);
      reconstructSlab(projector, geometry, { ...needed, data }, span);
    }
    parentPort.postMessage('done');
  });
  parentPort.postMessage('ready');
}
