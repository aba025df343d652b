// Stages of the experiment: each is one command of semcrc, run once. Commands go on where they were killed, and stages that are done are
// not begun again; stages.json in the folder of results says what each took.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const COMMAND = fileURLToPath(new URL('../../apps/cli/dist/main.js', import.meta.url));
const USAGE = new URL('usage.mjs', import.meta.url).href;

/**
 * @typedef {object} Stage
 * @property {string} name unique: cohort, task and step
 * @property {string} step
 * @property {readonly string[]} args of semcrc
 */

/**
 * @typedef {object} StageRecord
 * @property {string} step
 * @property {readonly string[]} args
 * @property {'begun' | 'done'} state
 * @property {boolean} resumed whether an earlier attempt was broken off, so that the figures are of the last one
 * @property {number} seconds
 * @property {number} cpu seconds of all threads
 * @property {number} mebibytes most memory
 */

export class Stages {
  #file;
  /** @type {Map<string, StageRecord>} */
  #records;

  /** @param {string} folder of the results, made if need be */
  constructor(folder) {
    mkdirSync(folder, { recursive: true });
    this.#file = path.join(folder, 'stages.json');
    this.#records = new Map(
      existsSync(this.#file) ? Object.entries(JSON.parse(readFileSync(this.#file, 'utf8'))) : [],
    );
  }

  /** @returns {ReadonlyMap<string, StageRecord>} */
  get records() {
    return this.#records;
  }

  /** Runs a stage that is not done yet. @param {Stage} stage */
  async run({ name, step, args }) {
    const before = this.#records.get(name);
    if (before && before.args.join('\n') !== args.join('\n')) {
      throw new Error(
        `${this.#file} holds another experiment (${name}: semcrc ${before.args.join(' ')}); choose another --out`,
      );
    }
    if (before?.state === 'done') {
      console.log(`${name}: done before`);
      return;
    }
    const resumed = before !== undefined;
    this.#write(name, { step, args, state: 'begun', resumed, seconds: 0, cpu: 0, mebibytes: 0 });
    console.log(`${name}: semcrc ${args.join(' ')}`);
    const started = performance.now();
    const { cpu, mebibytes } = await semcrc(args);
    const seconds = (performance.now() - started) / 1000;
    this.#write(name, { step, args, state: 'done', resumed, seconds, cpu, mebibytes });
    console.log(`${name}: ${seconds.toFixed(1)} s, ${cpu.toFixed(1)} s of CPU, ${mebibytes.toFixed(0)} MiB`);
  }

  /** @param {string} name @param {StageRecord} record */
  #write(name, record) {
    this.#records.set(name, record);
    writeFileSync(`${this.#file}.partial`, `${JSON.stringify(Object.fromEntries(this.#records), null, 2)}\n`);
    renameSync(`${this.#file}.partial`, this.#file);
  }
}

/**
 * Runs a command of semcrc; what it says on stderr is passed on.
 * @param {readonly string[]} args
 * @returns {Promise<{ cpu: number, mebibytes: number, stdout: string }>} seconds of CPU and most memory of its process
 */
export function semcrc(args) {
  const file = path.join(process.env.TMPDIR ?? '/tmp', `semcrc-usage-${process.pid}.json`);
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', USAGE, COMMAND, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, USAGE_FILE: file },
    });
    let stdout = '';
    child.stdout.on('data', (data) => {
      stdout += data;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code !== 0) {
        reject(new Error(`semcrc ${args[0]} ended with ${signal ?? code}; the same line goes on from there`));
        return;
      }
      const usage = JSON.parse(readFileSync(file, 'utf8'));
      rmSync(file);
      resolve({ ...usage, stdout });
    });
  });
}
