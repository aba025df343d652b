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
  process.send({ outcome, message, peak: process.resourceUsage().maxRSS * 1024 });
});
