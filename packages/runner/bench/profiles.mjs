// node bench/profiles.mjs [whole|paper] [scans] [drawn]: what profile files cost.
//
//   whole   scans of 512 × 512 × 150, drawn lazily: memory of profiling them, and of calibrating on the file by crc and sem-crc.
//           With `drawn` fewer scans are drawn and profiled, and each is written under several ids.
//   paper   the paper's 640 scans of 4 × 256 × 256: profiling beside reading, calibrating on profiles beside a prepared
//           cohort, merging one file for each scan.
//
// Files are kept in SEMCRC_BENCH_DIR; every figure is taken in a process of its own.
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from '@semcrc/bench';
import { paperCohort, warm } from './cohort.mjs';
import { inProcess } from './process.mjs';

const folder = process.env.SEMCRC_BENCH_DIR ?? join(tmpdir(), 'semcrc-bench');
mkdirSync(folder, { recursive: true });
const [which = 'paper', scansText, drawnText] = process.argv.slice(2);
const figures = [];
const gib = (mebibytes) => mebibytes / 1024;

if (which === 'whole') {
  const scans = Number(scansText ?? 200);
  const drawn = Number(drawnText ?? scans);
  const path = join(folder, `whole-${scans}.profiles`);
  const written = await inProcess('./profile-whole.mjs', { path, scans, drawn });
  console.log(
    `${scans} whole scans (${drawn} of them drawn): ${(written.bytes / scans / 2 ** 20).toFixed(1)} MiB for each; profiling ` +
      `${written.cpuPerScan.toFixed(2)} s of CPU for a scan, peak ${written.peakRssMiB} MiB`,
  );
  figures.push({ what: 'profiling whole scans, peak memory', value: gib(written.peakRssMiB), unit: 'GiB' });
  for (const [procedure, options] of [
    ['crc', {}],
    ['sem-crc', { anchor: 'envelope', backtrack: 'path', sides: 'two' }],
    ['sem-crc', {}],
  ]) {
    const run = await inProcess('./calibrate-cohort.mjs', {
      handle: { kind: 'profiles', paths: [path] },
      procedure,
      options,
    });
    const name = `${procedure}${options.anchor ? ` (${options.anchor})` : ''}`;
    console.log(
      `${name} on ${scans} whole scans: ${run.cpuSeconds.toFixed(1)} s of CPU, peak ${run.peakRssMiB} MiB ` +
        `(aim 3 GB${run.peakRssMiB > 2861 ? ': MISSED' : ''}); risk held out ${run.risk.toFixed(4)}`,
    );
    figures.push({
      what: `${name} on ${scans} whole scans, peak memory`,
      value: gib(run.peakRssMiB),
      unit: 'GiB',
    });
  }
  if (!process.env.SEMCRC_BENCH_DIR) rmSync(path);
} else {
  const scans = Number(scansText ?? 640);
  const { path } = await paperCohort(scans);
  warm(path);
  const profiles = join(folder, `paper-${scans}.profiles`);
  const handle = { kind: 'store', path };
  const rounds = 3;
  const rows = [];
  for (let round = 0; round < rounds; round++)
    rows.push(await inProcess('./profile-cohort.mjs', { handle, path: profiles }));
  const of = (name) => median(rows.map((row) => row[name]));
  console.log(
    `${scans} scans of the paper's size: reading ${of('readingMs').toFixed(2)} ms of CPU for a scan, profiling ${of('profilingMs').toFixed(2)} ms ` +
      `(${(of('profilingMs') / of('readingMs')).toFixed(2)} ×); ${(statSync(profiles).size / scans / 1024).toFixed(0)} KiB for a scan`,
  );
  figures.push({
    what: 'profiling a scan of the paper’s size',
    value: of('profilingMs') / of('readingMs'),
    unit: '× reading it from a prepared cohort',
  });
  warm(folder.length > 0 ? path : folder);
  for (const [procedure, options] of [
    ['crc', {}],
    ['sem-crc', { anchor: 'envelope', backtrack: 'path', sides: 'two' }],
    ['sem-crc', {}],
    ['organ-crc', {}],
  ]) {
    const both = { voxels: [], profiles: [] };
    for (let round = 0; round < rounds; round++) {
      both.voxels.push(await inProcess('./calibrate-cohort.mjs', { handle, procedure, options }));
      both.profiles.push(
        await inProcess('./calibrate-cohort.mjs', {
          handle: { kind: 'profiles', paths: [profiles] },
          procedure,
          options,
        }),
      );
    }
    const cpu = (rows) => median(rows.map(({ cpuSeconds }) => cpuSeconds));
    const peak = (rows) => median(rows.map(({ peakRssMiB }) => peakRssMiB));
    const name = `${procedure}${options.anchor ? ` (${options.anchor})` : ''}`;
    console.log(
      `${name}: prepared cohort ${cpu(both.voxels).toFixed(2)} s of CPU, ${peak(both.voxels)} MiB; ` +
        `profiles ${cpu(both.profiles).toFixed(2)} s, ${peak(both.profiles)} MiB`,
    );
    figures.push({
      what: `${name} from profiles`,
      value: cpu(both.profiles) / cpu(both.voxels),
      unit: '× from a prepared cohort',
    });
  }
  const merging = await inProcess('./merge-profiles.mjs', { path: profiles, folder: join(folder, 'parts') });
  console.log(
    `merging ${merging.files} files of one scan: ${merging.cpuSeconds.toFixed(2)} s of CPU, ${merging.seconds.toFixed(2)} s by the clock ` +
      `(aim 2 s${merging.cpuSeconds > 2 ? ': MISSED' : ''})`,
  );
  figures.push({ what: `merging ${merging.files} profiles`, value: merging.cpuSeconds, unit: 's' });
}
console.log(JSON.stringify({ figures }));
