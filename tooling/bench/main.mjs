// `pnpm bench`: runs the bench of every package that has one, each alone in its own process, and ends with one summary.
// Name packages to run only those: `pnpm bench kernels anchor`.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const wanted = process.argv.slice(2).filter((argument) => argument !== '--');
const benches = readdirSync(path.join(root, 'packages'))
  .map((name) => ({ name, file: path.join(root, 'packages', name, 'bench', 'main.mjs') }))
  .filter(({ name, file }) => existsSync(file) && (wanted.length === 0 || wanted.includes(name)));

console.log(`${os.cpus()[0]?.model}, ${os.cpus().length} cores, Node ${process.version}`);
console.log('Absolute figures belong to this machine; compare the ratios.');
const outcomes = [];
for (const { name, file } of benches) {
  console.log(`\n=== ${name}`);
  const started = performance.now();
  const status = await run(file);
  outcomes.push({ name, status, seconds: (performance.now() - started) / 1000 });
}

console.log('\n=== summary');
for (const { name, status, seconds } of outcomes) {
  console.log(
    `${name.padEnd(10)} ${status === 0 ? 'done' : `FAILED (${status})`} in ${seconds.toFixed(1)} s`,
  );
}
process.exitCode = outcomes.length > 0 && outcomes.every(({ status }) => status === 0) ? 0 : 1;

/** @param {string} file @returns {Promise<number>} its exit status */
function run(file) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--expose-gc', file], {
      cwd: path.dirname(path.dirname(file)),
      stdio: 'inherit',
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(code ?? (signal ? 128 : 1)));
  });
}
