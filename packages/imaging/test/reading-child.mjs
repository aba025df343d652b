// Reads the files whose paths it is sent, in every way there is, and answers what came of it.
import { readFileSync } from 'node:fs';
import { parseNifti, reorientToRas } from '@semcrc/imaging';
import {
  checkNifti,
  readNifti,
  readNiftiHeader,
  readNiftiSeries,
  readNiftiSeriesSlabs,
  readNiftiSlabs,
} from '@semcrc/imaging/node';

async function drain(path) {
  for await (const slab of readNiftiSlabs(path, { slices: 2, as: 'labels' })) reorientToRas(slab.volume);
}

async function drainSeries(path) {
  for await (const volume of readNiftiSeries(path)) reorientToRas(volume);
}

async function drainSeriesSlabs(path) {
  for await (const { volumes } of readNiftiSeriesSlabs(path, { slices: 1 })) volumes.forEach(reorientToRas);
}

const ways = [
  readNiftiHeader,
  checkNifti,
  async (path) => reorientToRas((await readNifti(path)).volume),
  (path) => readNifti(path, { as: 'labels' }),
  drain,
  drainSeries,
  drainSeriesSlabs,
  (path) => readNifti(path, { volume: 0 }),
  async (path) => parseNifti(readFileSync(path), path),
];

/** Most bytes resident since this process began: `maxRSS` counts the parent's, too, until the child has replaced it. */
function peakMemory() {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024;
  return 1024 * Number(/^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
}

process.on('message', async (path) => {
  let outcome = 'refused';
  let message = '';
  for (const way of ways) {
    try {
      await way(path);
      outcome = 'read';
    } catch (error) {
      if (error?.name === 'SemcrcError' && error.code === 'bad-input' && error.message.includes(path))
        continue;
      outcome = 'fault';
      message = error?.stack ?? String(error);
      break;
    }
  }
  process.send({ outcome, message, peak: peakMemory() });
});
