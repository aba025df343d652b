import { resolve } from 'node:path';
import { type ApplyFiles, applyToFiles } from '@semcrc/cohort/node';
import type { ApplySummary } from '@semcrc/core';
import { abdomenWindow, assignGroups, type LabelScheme } from '@semcrc/imaging';
import { resolveLabelling } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';
import { Command, Option } from 'commander';
import { readCalibration } from '../calibration-file.ts';
import type { Invocation } from '../invocation.ts';
import { addOptions, addSettings, JSON_OUTPUT, READING } from '../options.ts';
import type { Settings } from '../settings.ts';
import { facts, figure, lambdaRange, table, wrapped } from '../table.ts';
import { noteMended } from '../work.ts';

interface ApplyCommandOptions extends Settings, Partial<ApplyFiles> {
  readonly units?: 'window' | 'hu';
  readonly out?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

const FILES = [
  new Option('--lower <file>', 'lower end of the heuristic interval (.nii, .nii.gz)'),
  new Option('--upper <file>', 'upper end of the heuristic interval'),
  new Option(
    '--segmentation <path>',
    'segmentation of the prediction (a file, or a folder of one mask per organ)',
  ),
  new Option('--point <file>', 'point prediction, where the calibration needs one'),
  new Option('--body <file>', 'body mask'),
  new Option('--std <file>', 'standard deviation of the prediction, for the heuristic std'),
  new Option(
    '--samples <path>',
    'draws of the prediction (a 4-D file, or a folder of files), for the heuristic samples',
  ),
];

const OUTPUT = [
  new Option('--units <units>', 'of the results: windowed intensity, or HU (default: window)').choices([
    'window',
    'hu',
  ]),
  new Option('--out <folder>', 'where volumes and summary.json are written (default: semcrc-applied)'),
  new Option('--force', 'replace files in that folder that are no earlier result; never one that is read'),
  JSON_OUTPUT,
];

const EXAMPLES = `
Examples:
  semcrc apply calibration.json --lower q_lo.nii.gz --upper q_hi.nii.gz --segmentation labels.nii.gz \\
      --body body.nii.gz --out intervals
      lower, upper, width and lambda on the scan's own grid; the files that the calibration's scans had
  semcrc apply calibration.json --lower q_lo.nii.gz --upper q_hi.nii.gz --segmentation labels.nii.gz \\
      --body body.nii.gz --units hu --out intervals-hu
      the same in HU`;

/** `semcrc apply`: a calibration and one scan's predictions → calibrated intervals. */
export function applyCommand({ terminal, signal }: Invocation): Command {
  const command = new Command('apply')
    .description('Widen the heuristic intervals of one scan by a calibrated λ.')
    .argument('<calibration>', 'calibration.json');
  addOptions(command, 'The scan:', FILES);
  addSettings(command, "Reading (default: as the calibration's scans were read):", READING);
  addOptions(command, 'Output:', OUTPUT);
  command.addHelpText('after', EXAMPLES);
  return command.action(async (file: string, options: ApplyCommandOptions) => {
    const { units = 'window', out = 'semcrc-applied', force = false } = options;
    const files = filesOf(options);
    const calibration = readCalibration(file);
    const recorded = calibration.source.preparing;
    const labels = options.labels ?? recorded.labels ?? undefined;
    const extra = options.extraLabels ?? recorded.extraLabels;
    const labelling =
      options.labels === undefined && recorded.labels !== null && recorded.labelNames !== null
        ? assignGroups(schemeOf(recorded.labels, recorded.labelNames), extra)
        : await resolveLabelling(labels, extra);
    let progress: ReturnType<typeof terminal.progress> | undefined;
    const summary = await applyToFiles(calibration, files, out, {
      labelling,
      window: options.window ?? recorded.window ?? abdomenWindow,
      predictionUnits: options.predictionUnits ?? recorded.predictionUnits ?? 'window',
      units,
      replace: force ? 'replace' : 'keep',
      warn: (message) => terminal.note(`note: ${message}`),
      progress: (done, total) => {
        signal.throwIfAborted();
        progress ??= terminal.progress('slices', total);
        progress.update(done);
      },
    }).finally(() => progress?.stop());
    noteMended(terminal, summary.mended);
    if (summary.extrapolation !== null) terminal.print(`${wrapped(summary.extrapolation)}\n`);
    for (const warning of summary.warnings) terminal.note(`warning: ${warning}`);
    terminal.print(`${appliedText(summary)}\n\nwritten to ${resolve(out)}`);
    terminal.printJson(summary);
  });
}

/** A label map as the calibration records it: the file it was read from need not be here. */
function schemeOf(name: string, names: Readonly<Record<string, string>>): LabelScheme {
  const entries = Object.entries(names).map(([number, label]) => [Number(number), label] as const);
  return { name, names: new Map(entries.sort(([a], [b]) => a - b)) };
}

function filesOf(options: ApplyCommandOptions): ApplyFiles {
  const { lower, upper, segmentation, point, body, std, samples } = options;
  const missing = Object.entries({ lower, upper, segmentation }).find(([, file]) => file === undefined);
  if (missing !== undefined)
    throw new SemcrcError('usage', `\`${missing[0]}\` is required`, { data: { options: [missing[0]] } });
  return {
    lower: lower!,
    upper: upper!,
    segmentation: segmentation!,
    ...(point === undefined ? {} : { point }),
    ...(body === undefined ? {} : { body }),
    ...(std === undefined ? {} : { std }),
    ...(samples === undefined ? {} : { samples }),
  };
}

function appliedText(summary: ApplySummary): string {
  const { procedure, epsilon, units, voxels, meanWidth, organs, guarantee, condition } = summary;
  const unit = units === 'hu' ? 'HU' : 'windowed intensity';
  const head = facts([
    ['procedure', `${procedure}, ε = ${epsilon}`],
    ['voxels', String(voxels)],
    ['mean width', `${figure(meanWidth)} (${unit})`],
  ]);
  const rows = Object.values(organs).map((organ) => [
    organ.name,
    organ.voxels,
    figure(organ.meanWidth),
    lambdaRange(Object.values(organ.lambda)),
    organ.status,
  ]);
  const columns = ['organ', 'voxels', 'mean width', 'λ̂', 'status'];
  return `${head}\n\n${table(columns, rows)}\n\n${wrapped(`Guarantee: ${guarantee}`)}\n\n${wrapped(condition)}`;
}
