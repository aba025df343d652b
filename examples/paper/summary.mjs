// The experiment in tables: what was predicted how well, Table 1, and what every stage took.
import { readFileSync } from 'node:fs';

/**
 * @param {{
 *   scale: import('./scales.mjs').Scale,
 *   qualities: readonly { title: string, images: import('./quality.mjs').Quality, f1: { mean: number, sd: number } }[],
 *   experiments: readonly { title: string, file: string }[],
 *   records: ReadonlyMap<string, import('./stages.mjs').StageRecord>,
 * }} facts
 * @returns {string} Markdown
 */
export function summaryOf({ scale, qualities, experiments, records }) {
  const read = experiments.map(({ title, file }) => ({
    title,
    ...JSON.parse(readFileSync(file, 'utf8')),
  }));
  return [
    `${scale.patients} patients a cohort, seed ${scale.seed}; \`experiment ${scale.experiment.join(' ')}\`.`,
    '## Predictions and segmentations',
    table(
      ['cohort, task', 'PSNR, dB', 'pinball loss', 'inside 80% intervals', 'F1 of organs'],
      qualities.map(({ title, images, f1 }) => [
        title,
        images.psnr.toFixed(1),
        images.pinball.toFixed(4),
        `${(100 * images.coverage).toFixed(1)}%`,
        `${f1.mean.toFixed(2)} ± ${f1.sd.toFixed(2)}`,
      ]),
    ),
    '## Table 1: risk and mean interval length ×10⁻², mean ± standard deviation over runs',
    tableOne(read),
    '## Risk by organ: mean over the scans that have it, and over runs',
    ...read.flatMap((experiment) => [`**${experiment.title}**`, organTable(experiment)]),
    '## Time and memory',
    table(
      ['stage', 'time, s', 'CPU time, s', 'peak memory, MiB', ''],
      [...records].map(([name, { seconds, cpu, mebibytes, resumed }]) => [
        name,
        seconds.toFixed(1),
        cpu.toFixed(1),
        mebibytes.toFixed(0),
        resumed ? 'resumed: the last attempt alone' : '',
      ]),
    ),
    `In all ${sum(records, 'seconds')} s, ${sum(records, 'cpu')} s of CPU.`,
    '',
  ].join('\n\n');
}

/** @param {readonly { title: string, summary: readonly any[] }[]} experiments as `experiment.json` has them */
function tableOne(experiments) {
  const summaries = experiments.map(({ title, summary }) => ({
    title,
    procedures: new Map(summary.map((entry) => [entry.procedure, entry])),
  }));
  const names = [...new Set(summaries.flatMap(({ procedures }) => [...procedures.keys()]))];
  return table(
    ['procedure', ...summaries.flatMap(({ title }) => [`${title}: risk`, 'length'])],
    names.map((name) => [
      name,
      ...summaries.flatMap(({ procedures }) => {
        const { risk, length } = procedures.get(name) ?? {};
        return [hundredths(risk), hundredths(length)];
      }),
    ]),
  );
}

/** @param {{ labels: Readonly<Record<string, string>>, runs: readonly any[], summary: readonly any[] }} experiment */
function organTable({ labels, runs, summary }) {
  const riskOf = (procedure, label) => {
    const risks = runs
      .filter((run) => run.procedure === procedure)
      .map(({ test }) => test.organs[label]?.risk)
      .filter((risk) => typeof risk === 'number');
    const mean = risks.reduce((total, risk) => total + risk, 0) / risks.length;
    return risks.length === 0 ? '–' : mean.toFixed(3);
  };
  return table(
    ['procedure', ...Object.values(labels).map((name) => name.replaceAll('_', ' '))],
    summary.map(({ procedure }) => [
      procedure,
      ...Object.keys(labels).map((label) => riskOf(procedure, label)),
    ]),
  );
}

/** @param {{ mean: number, sd: number } | null | undefined} value */
const hundredths = (value) =>
  value ? `${(100 * value.mean).toFixed(2)} ± ${(100 * value.sd).toFixed(2)}` : '–';

/** @param {ReadonlyMap<string, import('./stages.mjs').StageRecord>} records @param {'seconds' | 'cpu'} key */
function sum(records, key) {
  return [...records.values()].reduce((total, record) => total + record[key], 0).toFixed(0);
}

/** @param {readonly string[]} header @param {readonly (readonly string[])[]} rows */
function table(header, rows) {
  return [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
