// `pnpm run bench:scale`: what a scan takes of every stage from phantoms to a report, and into docs/scale.md with it.
//
// Each command runs alone, with one worker, on 4 phantoms of 256 × 256 × 96; what needs many scans, on 160 of the paper's size. Processor
// time and memory are those of the whole process, all threads. Takes some minutes; `--scans N` takes other than 4.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { renderScale } from './scale-table.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const main = path.join(root, 'apps/cli/dist/main.js');
const { values } = parseArgs({
  options: { scans: { type: 'string', default: '4' }, record: { type: 'boolean', default: false } },
});
const scans = Number(values.scans);
const folder = mkdtempSync(path.join(os.tmpdir(), 'semcrc-scale-'));

/** Writes, when a command ends, what its process took. */
const WITNESS = `data:text/javascript,${encodeURIComponent(`
  import { writeFileSync } from 'node:fs';
  process.on('exit', () => {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    writeFileSync(process.env.SEMCRC_WITNESS, JSON.stringify({ seconds: (userCPUTime + systemCPUTime) / 1e6, memoryMiB: maxRSS / 1024 }));
  });
`)}`;

/** @type {import('./scale-table.mjs').Measured[]} */
const rows = [];

/**
 * Runs a command and keeps what it took.
 * @param {string} command how the table calls it
 * @param {readonly string[]} args
 * @param {{ count?: number, out?: string, once?: boolean }} more `count`: scans it is for; `out`: what it writes, in the folder
 */
function measure(command, args, { count = scans, out, once = false } = {}) {
  const witness = path.join(folder, 'took.json');
  const place = out === undefined ? [] : ['--out', out];
  execFileSync(process.execPath, ['--import', WITNESS, main, ...args, ...place, '--quiet'], {
    cwd: folder,
    env: { ...process.env, SEMCRC_WITNESS: witness },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  /** @type {{ seconds: number, memoryMiB: number }} */
  const { seconds, memoryMiB } = JSON.parse(readFileSync(witness, 'utf8'));
  const bytes = out === undefined ? undefined : bytesOf(path.join(folder, out));
  rows.push({
    ...{ command, scans: count, seconds, memoryMiB },
    ...(bytes === undefined || once ? {} : { bytes }),
    ...(once ? { once } : {}),
  });
  console.log(`${command}: ${(seconds / count).toFixed(3)} s of ${count}, ${memoryMiB.toFixed(0)} MiB`);
}

/** @param {string} place a file or folder @returns {number} */
function bytesOf(place) {
  if (!statSync(place).isDirectory()) return statSync(place).size;
  return readdirSync(place, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(path.join(parentPath, name)).size, 0);
}

const load = Math.round(os.loadavg()[0] ?? 0);
try {
  const one = ['--workers', '1'];
  measure('`simulate phantom` (denoising)', ['simulate', 'phantom', '-n', String(scans), ...one], {
    out: 'simulated',
  });
  const volume = path.join('simulated', 'scans', 'phantom-000', 'ct.nii.gz');
  measure(
    '`project` (helix, 8 turns, 1000 views a turn at most)',
    ['project', volume, '--units', 'hu', ...one],
    { count: 1, out: 'sinogram.zarr' },
  );
  measure('`reconstruct`', ['reconstruct', 'sinogram.zarr', ...one], { count: 1, out: 'fbp.nii.gz' });
  const simulated = ['--input', 'simulated/manifest.csv', ...one];
  measure('`predict --model baseline`', ['predict', '--model', 'baseline', ...simulated], {
    out: 'predicted',
  });
  const predicted = ['predicted/manifest.csv', '--labels', 'suprem', ...one];
  measure('`prepare` (`paper`: four slices of 256 × 256)', ['prepare', ...predicted], { out: 'cohort.zarr' });
  measure('`profile --prepare paper` of the files', ['profile', ...predicted, '--prepare', 'paper'], {
    out: 'files.profiles',
  });
  const many = 160;
  const bench = new URL('../../packages/runner/bench/cohort.mjs', import.meta.url);
  const { paperCohort } = await import(bench.href);
  const { path: cohort } = await paperCohort(many);
  measure('`profile` of the prepared cohort', ['profile', cohort, ...one], {
    count: many,
    out: 'cohort.profiles',
  });
  const four = ['--procedures', 'crc,k-crc,sem-crc,organ-crc'];
  const runs = [...four, '--runs', '20', '--no-report', ...one];
  const experiment = ['experiment', cohort, '--out', 'results', ...runs];
  measure('`experiment` (four procedures, 20 runs)', experiment, { count: many });
  const calibrate = ['calibrate', 'cohort.profiles', '--out', 'calibration.json', '--no-report'];
  measure('`calibrate` on profiles', [...calibrate, ...one], { count: many });
  measure('`report`', ['report', 'results'], { count: many, out: 'results/report.html', once: true });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const machine = `${os.cpus()[0]?.model}, ${os.cpus().length} cores, Node ${process.version}`;
const recorded = { machine, date: new Date().toISOString().slice(0, 10), load, rows };
if (values.record) {
  const page = path.join(root, 'docs/scale.md');
  writeFileSync(path.join(root, 'docs/scale.json'), `${JSON.stringify(recorded, null, 2)}\n`);
  writeFileSync(page, renderScale(readFileSync(page, 'utf8'), recorded));
}
