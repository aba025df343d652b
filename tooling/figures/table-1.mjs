// The paper's Table 1 for simulated data: two tasks × two cohorts, its four procedures and `shortest`, over 20 splits. Prints
// Markdown, as it stands in docs/simulate.md, and which of the paper's claims hold.
//
//     node tooling/figures/table-1.mjs TEMPLATE.nii.gz LABELS.nii.gz [--phantoms 160] [--warps 300] [--out table-1] [--workers N]
//         [--tasks denoising,reconstruction] [--cohorts phantom,warps]
//
// TEMPLATE is a CT labelled as TotalSegmentator does (the docs' is the sample of its repository). About half an hour of one core;
// interrupted, the same line goes on where it was.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const main = fileURLToPath(new URL('../../apps/cli/dist/main.js', import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    phantoms: { type: 'string', default: '160' },
    warps: { type: 'string', default: '300' },
    out: { type: 'string', default: 'table-1' },
    workers: { type: 'string' },
    tasks: { type: 'string', default: 'denoising,reconstruction' },
    cohorts: { type: 'string', default: 'phantom,warps' },
  },
});
const [template, labels] = positionals;
if (labels === undefined) throw new Error('expected a CT and its TotalSegmentator labels');
const threads = values.workers === undefined ? [] : ['--workers', values.workers];

/**
 * Those of the words that an option names.
 * @template {string} T @param {'tasks' | 'cohorts'} option @param {readonly T[]} words
 */
function chosen(option, words) {
  const named = values[option].split(',');
  const stranger = named.find((name) => !words.some((word) => word === name));
  if (stranger !== undefined) throw new Error(`--${option}: expected ${words.join(',')}, found ${stranger}`);
  return words.filter((word) => named.includes(word));
}

/** @param {...string} args of `semcrc`, run with its progress shown */
function semcrc(...args) {
  const { status } = spawnSync(process.execPath, [main, ...args, ...threads], { stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error(`semcrc ${args[0]} ended with ${status}`);
}

/** Four slices of the 48 (phantoms) or 16 (warps) with the most labelled voxels, whole fields of view. */
const COHORTS = {
  phantom: {
    draw: ['phantom', '-n', values.phantoms, '--size', '112,112,56', '--spacing', '3.43,3.43,3'],
    prepare: ['--window-slices', '48', '--margin', '4', '--least-labelled', '750', '--size', '112,112'],
  },
  warps: {
    draw: [
      ...['warp', '-n', values.warps, '--template', template, '--segmentation', labels],
      ...['--labels', 'totalsegmentator'],
    ],
    prepare: ['--window-slices', '16', '--margin', '4', '--least-labelled', '0', '--size', '112,128'],
  },
};
const tasks = chosen('tasks', /** @type {const} */ (['denoising', 'reconstruction']));
const cohorts = chosen('cohorts', /** @type {const} */ (['phantom', 'warps']));
const NAMES = {
  crc: 'CRC',
  'k-crc': 'K-CRC',
  'sem-crc': 'sem-CRC',
  'organ-crc': 'organ-CRC',
  shortest: '`shortest`',
};
/** Risk and length as the paper's Table 1 has them, TotalSegmentator and FLARE23. @type {Record<string, Record<string, readonly string[]>>} */
const PAPER = {
  denoising: {
    crc: ['0.095', '11.60 ± 0.21', '0.096', '9.16 ± 0.09'],
    'k-crc': ['0.097', '9.37 ± 0.20', '0.096', '6.81 ± 0.21'],
    'sem-crc': ['0.098', '8.72 ± 0.18', '0.095', '6.36 ± 0.11'],
    'organ-crc': ['0.055', '11.84 ± 0.20', '0.056', '8.06 ± 0.16'],
  },
  reconstruction: {
    crc: ['0.098', '10.43 ± 0.23', '0.095', '6.19 ± 0.09'],
    'k-crc': ['0.098', '9.32 ± 0.13', '0.095', '6.20 ± 0.14'],
    'sem-crc': ['0.097', '8.95 ± 0.19', '0.095', '6.18 ± 0.13'],
    'organ-crc': ['0.059', '12.43 ± 0.20', '0.057', '7.72 ± 0.17'],
  },
};

/** @typedef {{ risk: string, length: string, meanLength: number, worst: readonly [name: string, risk: number] }} Cell */

/** One experiment: what each procedure came to. @param {'phantom' | 'warps'} cohort @param {'denoising' | 'reconstruction'} task */
function experiment(cohort, task) {
  const { draw, prepare } = COHORTS[cohort];
  const at = (/** @type {string} */ suffix) => path.join(values.out, `${cohort}-${task}${suffix}`);
  semcrc('simulate', ...draw, '--task', task, '--out', at(''));
  semcrc(
    'prepare',
    path.join(at(''), 'manifest.csv'),
    '--labels',
    'suprem',
    ...prepare,
    '--out',
    at('.zarr'),
  );
  semcrc('experiment', at('.zarr'), '--runs', '20', '--out', at('-results'));
  const {
    runs,
    summary,
    labels: names,
  } = JSON.parse(readFileSync(path.join(at('-results'), 'experiment.json'), 'utf8'));
  /** @type {Record<string, Cell>} */
  const cells = {};
  for (const { procedure, risk, length } of summary) {
    const own = runs.filter((/** @type {{ procedure: string }} */ run) => run.procedure === procedure);
    const mean = (/** @type {string} */ label) => {
      const risks = own
        .map((/** @type {any} */ run) => run.test.organs[label]?.risk)
        .filter((/** @type {unknown} */ value) => typeof value === 'number');
      return (
        risks.reduce((/** @type {number} */ sum, /** @type {number} */ value) => sum + value, 0) /
        risks.length
      );
    };
    const ranked = Object.keys(names)
      .map((label) => /** @type {const} */ ([names[label].replaceAll('_', ' '), mean(label)]))
      .filter(([, value]) => Number.isFinite(value))
      .sort(([, a], [, b]) => b - a);
    const hundredths = (/** @type {number} */ value) => (100 * value).toFixed(2);
    cells[procedure] = {
      risk: `${risk.mean.toFixed(3)} ± ${risk.sd.toFixed(3)}`,
      length: `${hundredths(length.mean)} ± ${hundredths(length.sd)}`,
      meanLength: length.mean,
      worst: ranked[0],
    };
  }
  return cells;
}

mkdirSync(values.out, { recursive: true });
const columns = cohorts.flatMap((cohort) => [`${cohort}: risk`, 'length', 'worst']);
const lines = [
  `| task | procedure | ${columns.join(' | ')} | paper, TotalSegmentator | paper, FLARE23 |`,
  `|${'---|'.repeat(columns.length + 4)}`,
];
/** @type {string[]} */
const claims = [];
for (const task of tasks) {
  const found = cohorts.map((cohort) => /** @type {const} */ ([cohort, experiment(cohort, task)]));
  for (const procedure of /** @type {(keyof typeof NAMES)[]} */ (Object.keys(NAMES))) {
    const own = found.flatMap(([, cells]) => {
      const { risk, length, worst } = cells[procedure];
      return [risk, length, `${worst[1].toFixed(3)} ${worst[0]}`];
    });
    const theirs = PAPER[task][procedure] ?? [];
    const paper = [0, 2].map((first) => (theirs.length > 0 ? `${theirs[first]}, ${theirs[first + 1]}` : ''));
    lines.push(
      `| ${[task === 'denoising' ? task : 'FBP', NAMES[procedure], ...own, ...paper].join(' | ')} |`,
    );
  }
  for (const [cohort, cells] of found) {
    const four = ['crc', 'k-crc', 'sem-crc', 'organ-crc'].sort(
      (a, b) => cells[a].meanLength - cells[b].meanLength,
    );
    const controls = Object.keys(NAMES).filter((procedure) => cells[procedure].worst[1] <= 0.1);
    claims.push(
      `${task}, ${cohort}: shortest of the paper's four ${four[0]}; every organ at or below 0.1 with ${controls.join(', ') || 'none'}`,
    );
  }
}
console.log([...lines, '', ...claims].join('\n'));
