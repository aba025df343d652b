// `pnpm bench`: runs the bench of every package that has one, each alone in its own process, and ends with one summary.
// Name benches to run only those: `pnpm bench kernels anchor`. `paper`, the one experiment at the paper's size without
// the comparisons of `pnpm bench:paper`, runs only when named. `--record` keeps the figures they print in docs/performance.json, from which docs/performance.md is made.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { renderPerformance } from './performance.mjs';

/** @typedef {import('./performance.mjs').Figure} Figure */

const root = fileURLToPath(new URL('../../', import.meta.url));
const { values, positionals } = parseArgs({
  args: process.argv.slice(2),
  options: { record: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const ofPackages = ['packages', 'apps']
  .flatMap((folder) => readdirSync(path.join(root, folder)).map((name) => ({ folder, name })))
  .map(({ folder, name }) => ({ name, file: path.join(root, folder, name, 'bench', 'main.mjs'), args: [] }))
  .filter(({ name, file }) => existsSync(file) && (positionals.length === 0 || positionals.includes(name)));
const paper = { name: 'paper', file: path.join(root, 'packages/runner/bench/paper.mjs'), args: ['--brief'] };
const benches = [...(positionals.includes('paper') ? [paper] : []), ...ofPackages];

const machine = `${os.cpus()[0]?.model}, ${os.cpus().length} cores, Node ${process.version}`;
console.log(machine);
console.log('Absolute figures belong to this machine; compare the ratios.');
/** `load`: programs that wanted a core just before. @type {{ name: string, status: number, load: number, figures: Figure[], seconds: number }[]} */
const outcomes = [];
for (const { name, file, args } of benches) {
  console.log(`\n=== ${name}`);
  const load = Math.round(os.loadavg()[0] ?? 0);
  const started = performance.now();
  const { status, figures } = await run(file, args);
  outcomes.push({ name, status, load, figures, seconds: (performance.now() - started) / 1000 });
}

console.log('\n=== summary');
for (const { name, status, seconds } of outcomes) {
  console.log(
    `${name.padEnd(10)} ${status === 0 ? 'done' : `FAILED (${status})`} in ${seconds.toFixed(1)} s`,
  );
}
const well = outcomes.length > 0 && outcomes.every(({ status }) => status === 0);
if (values.record && well) record();
process.exitCode = well ? 0 : 1;

/** Keeps the figures of this run beside those of benches that it did not run, and renders all. */
function record() {
  const data = path.join(root, 'docs/performance.json');
  const page = path.join(root, 'docs/performance.md');
  const kept = existsSync(data) ? JSON.parse(readFileSync(data, 'utf8')) : {};
  const date = new Date().toISOString().slice(0, 10);
  for (const { name, load, figures } of outcomes) kept[name] = { machine, date, load, figures };
  writeFileSync(data, `${JSON.stringify(kept, null, 2)}\n`);
  writeFileSync(page, renderPerformance(readFileSync(page, 'utf8'), kept));
}

/**
 * Runs a bench; passes on what it prints but for lines `{"figures": […]}`.
 * @param {string} file
 * @param {readonly string[]} args
 * @returns {Promise<{ status: number, figures: Figure[] }>} `status` is its exit status
 */
function run(file, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--expose-gc', file, ...args], {
      cwd: path.dirname(path.dirname(file)),
      stdio: ['inherit', 'pipe', 'inherit'],
    });
    /** @type {Figure[]} */
    const figures = [];
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('{"figures":')) figures.push(...JSON.parse(line).figures);
      else console.log(line);
    });
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ status: code ?? (signal ? 128 : 1), figures }));
  });
}
