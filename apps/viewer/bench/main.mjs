// The page in Chromium: how soon it can be used, how fast intervals follow the tolerance, what applying to a large scan takes
// against the command on one core, and how large the file is.
//
//   node bench/main.mjs [rounds = 5]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { median, spread } from '@semcrc/bench';
import { browserMemory, moveTolerance, openPage, showScan } from './page.mjs';
import { cut, wholeScan, writeCalibrations } from './scans.mjs';

const rounds = Number(process.argv[2] ?? 5);
const folder = mkdtempSync(join(tmpdir(), 'semcrc-bench-page-'));
const figures = [];
/** Aims that are not met. */
const missed = [];

/** Prints a measurement against its aim, and keeps it as a figure in seconds. */
function report(what, seconds, aim) {
  const middle = median(seconds);
  const met = aim === undefined || middle < aim;
  if (!met) missed.push(what);
  const aimed = aim === undefined ? '' : `; aim ${aim} s${met ? '' : ': MISSED'}`;
  console.log(`${what}: ${middle.toFixed(3)} s (${spread(seconds, 3)}, ${seconds.length} rounds)${aimed}`);
  figures.push({ what, value: middle, unit: 's' });
}

try {
  const file = readFileSync(new URL('../dist/index.html', import.meta.url));
  const megabytes = gzipSync(file, { level: 9 }).length / 1e6;
  console.log(`the page gzipped: ${megabytes.toFixed(2)} MB; aim 4 MB`);
  figures.push({ what: 'the page, gzipped', value: megabytes, unit: 'MB' });

  await firstUse();
  const calibrations = writeCalibrations(folder);
  const large = wholeScan();
  await liveTolerance(calibrations, large);
  await applying(calibrations, large);
  console.log(JSON.stringify({ figures }));
  console.log(
    missed.length === 0 ? 'every aim is met' : `missed (is the machine busy?): ${missed.join('; ')}`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** From the address to a slider that was moved, with its numbers. */
async function firstUse() {
  const seconds = [];
  for (let round = 0; round < rounds; round++) {
    const { tab, opened, close } = await openPage();
    await tab.locator('.organs').waitFor();
    await moveTolerance(tab, ']');
    seconds.push((performance.now() - opened) / 1e3);
    await close();
  }
  report('from opening the page to a tolerance moved and drawn', seconds, 3);
}

/** Intervals and table of 256 × 256 × 64 voxels; the picture of 128 × 128 × 48. */
async function liveTolerance(calibrations, large) {
  const keys = Array.from({ length: 4 * rounds }, (_, at) => (at % 4 < 2 ? ']' : '['));
  const sizes = [
    { shape: { slices: 64, step: 1 }, name: '256 × 256 × 64' },
    { shape: { slices: 48, step: 2 }, name: '128 × 128 × 48' },
  ];
  for (const { shape, name } of sizes) {
    const scan = await cut(large, join(folder, name), shape);
    for (const calibration of calibrations) {
      const { tab, close } = await openPage('#scan');
      await showScan(tab, [...Object.values(scan), calibration]);
      const procedure = calibration.split('/').at(-1).replace('.json', '');
      const moves = [];
      for (const key of [']', '[', ...keys]) moves.push(await moveTolerance(tab, key));
      // The first two warm up.
      const seconds = (part) => moves.slice(2).map((move) => move[part] / 1e3);
      report(`intervals and table of ${name} (${procedure})`, seconds('compute'), 0.1);
      report(`drawing ${name} anew (${procedure})`, seconds('draw'), 0.1);
      report(`tolerance moved to picture and table, ${name} (${procedure})`, seconds('whole'));
      await close();
    }
  }
}

/** `apply` of 256 × 256 × 200 voxels, in the page and by the command on one core. */
async function applying([calibration], large) {
  const main = fileURLToPath(new URL('../../cli/dist/main.js', import.meta.url));
  const { truth, ...predictions } = large;
  const roles = Object.entries(predictions).flatMap(([role, path]) => [`--${role}`, path]);
  const command = [];
  const inPage = [];
  let memory = { page: 0, browser: 0 };
  for (let round = 0; round < Math.min(rounds, 3); round++) {
    const out = join(folder, `applied-${round}`);
    const start = performance.now();
    const args = [main, 'apply', calibration, ...roles, '--units', 'hu', '--out', out];
    const { status, stderr } = spawnSync('taskset', ['-c', '0', process.execPath, ...args], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`semcrc apply ended with ${status}: ${stderr}`);
    command.push((performance.now() - start) / 1e3);
    rmSync(out, { recursive: true });

    const { browser, tab, close } = await openPage('#scan');
    await showScan(tab, [...Object.values(large), calibration]);
    const begun = performance.now();
    await tab.getByRole('button', { name: 'Make the files' }).click();
    await tab.getByRole('button', { name: 'summary.json' }).waitFor();
    inPage.push((performance.now() - begun) / 1e3);
    const held = await browserMemory(browser);
    memory = { page: Math.max(memory.page, held.page), browser: Math.max(memory.browser, held.browser) };
    await close();
  }
  report('apply to 256 × 256 × 200 by the command, one core', command);
  report('apply to 256 × 256 × 200 in the page', inPage);
  const ratio = median(inPage) / median(command);
  const gigabytes = (memory.page * 2 ** 20) / 1e9;
  if (ratio > 2) missed.push('apply in the page within 2 × of the command');
  if (gigabytes > 1.5) missed.push('the tab under 1.5 GB');
  console.log(`the page takes ${ratio.toFixed(2)} × the command's time; aim 2`);
  console.log(
    `the tab held ${gigabytes.toFixed(2)} GB at most with the scan open; aim 1.5 GB; all of the browser ${memory.browser.toFixed(0)} MiB`,
  );
  figures.push({
    what: 'apply in the page, against the command on one core',
    value: ratio,
    unit: '× the time',
  });
  figures.push({ what: 'memory of the tab, such a scan open and applied to', value: gigabytes, unit: 'GB' });
}
