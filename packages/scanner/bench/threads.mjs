// A whole scan shared out among threads, as a command does it: spans of views, then slabs of slices. In a process of its own, so
// that its peak memory is the scan's.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { loadProjector } from '@semcrc/kernels';
import { planHelix, projectViews, reconstructSlab, valuesPerView, viewsFor } from '@semcrc/scanner';

const VIEWS = 50;
const SLICES = 32;

const shared = (length) => new Float32Array(new SharedArrayBuffer(4 * length));

const script = fileURLToPath(import.meta.url);

/** CPU seconds a thread that projecting and reconstructing a helix take, what idle cores would take; peak memory in MB. */
export function scanApart(shape, threads) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [script, JSON.stringify({ shape, threads })],
    {
      encoding: 'utf8',
    },
  );
  if (status !== 0) throw new Error(`the scan of ${shape.join(' × ')} ended with ${status}: ${stderr}`);
  return JSON.parse(stdout);
}

async function scanInThreads({ shape, threads }) {
  const [slices, height, width] = shape;
  const geometry = planHelix(shape);
  const volume = shared(slices * height * width);
  for (let i = 0; i < volume.length; i++) volume[i] = (i % 97) / 97;
  const views = shared(geometry.views * valuesPerView(geometry));
  const workers = Array.from({ length: threads }, () => {
    const data = { shape, volume, views };
    return new Worker(script, { workerData: data });
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
  return { projection, reconstruction, rows: geometry.rows, memory: peakMemory() };
}

function answer(worker) {
  return once(worker, 'message');
}

if (!isMainThread) {
  const { shape, volume, views } = workerData;
  const projector = await loadProjector();
  const geometry = planHelix(shape);
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

/** Megabytes (10⁶ bytes) this process held at most; null on systems that do not tell. */
function peakMemory() {
  try {
    const [, kilobytes] = /VmHWM:\s*(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'));
    return Math.round((Number(kilobytes) * 1024) / 1e6);
  } catch {
    return null;
  }
}

if (isMainThread && process.argv[1] === script) {
  console.log(JSON.stringify(await scanInThreads(JSON.parse(process.argv[2]))));
}
