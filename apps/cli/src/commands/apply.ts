import { readFileSync } from 'node:fs';
import { type AppliedSummary, type ApplyFiles, applyToFiles } from '@semcrc/cohort/node';
import { parseCalibration } from '@semcrc/core';
import { abdomenWindow } from '@semcrc/imaging';
import { resolveLabelling } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';
import { Command } from 'commander';
import type { Invocation } from '../invocation.ts';
import { addOptions, JSON_OUTPUT, type OptionRow, SOURCE } from '../options.ts';
import { openOutputDirectory } from '../output-file.ts';
import type { Settings } from '../settings.ts';
import { facts, figure, lambdaRange, table, wrapped } from '../table.ts';
import { noteMended } from '../work.ts';

interface ApplyCommandOptions extends Settings, Partial<ApplyFiles> {
  readonly units?: 'window' | 'hu';
  readonly out?: string;
  readonly json?: boolean;
}

const FILES: readonly OptionRow[] = [
  { flags: '--lower <file>', about: 'lower end of the heuristic interval (.nii, .nii.gz)' },
  { flags: '--upper <file>', about: 'upper end of the heuristic interval' },
  {
    flags: '--segmentation <path>',
    about: 'segmentation of the prediction (a file, or a folder of one mask per organ)',
  },
  { flags: '--point <file>', about: 'point prediction, where the calibration needs one' },
  { flags: '--body <file>', about: 'body mask' },
  { flags: '--std <file>', about: 'standard deviation of the prediction, for the heuristic std' },
  {
    flags: '--samples <path>',
    about: 'draws of the prediction (a 4-D file, or a folder of files), for the heuristic samples',
  },
];

const OUTPUT: readonly OptionRow[] = [
  {
    flags: '--units <units>',
    about: 'of the results: windowed intensity, or HU',
    choices: ['window', 'hu'],
    fallback: 'window',
  },
  {
    flags: '--out <folder>',
    about: 'where volumes and summary.json are written',
    fallback: 'semcrc-applied',
  },
  JSON_OUTPUT,
];

const EXAMPLES = `
Examples:
  semcrc apply calibration.json --lower q_lo.nii.gz --upper q_hi.nii.gz --segmentation labels.nii.gz
      lower, upper, width and lambda on the scan's own grid
  semcrc apply calibration.json --lower q_lo.nii.gz --upper q_hi.nii.gz --segmentation labels.nii.gz \\
      --body body.nii.gz --units hu --out intervals
      the same in HU`;

/** `semcrc apply`: a calibration and one scan's predictions → calibrated intervals. */
export function applyCommand({ terminal, signal }: Invocation): Command {
  const command = new Command('apply')
    .description('Widen the heuristic intervals of one scan by a calibrated λ.')
    .argument('<calibration>', 'calibration.json');
  addOptions(command, 'The scan:', FILES);
  addOptions(command, "Reading (default: as the calibration's scans were read):", SOURCE);
  addOptions(command, 'Output:', OUTPUT);
  command.addHelpText('after', EXAMPLES);
  return command.action(async (file: string, options: ApplyCommandOptions) => {
    const { units = 'window', out = 'semcrc-applied' } = options;
    const files = filesOf(options);
    const calibration = parseCalibration(readFileSync(file, 'utf8'), file);
    const recorded = calibration.source.preparing;
    const labels = options.labels ?? recorded.labels ?? undefined;
    const labelling = await resolveLabelling(labels, options.extraLabels ?? recorded.extraLabels);
    openOutputDirectory(out);
    let progress: ReturnType<typeof terminal.progress> | undefined;
    const summary = await applyToFiles(calibration, files, out, {
      labelling,
      window: options.window ?? recorded.window ?? abdomenWindow,
      predictionUnits: options.predictionUnits ?? recorded.predictionUnits ?? 'window',
      units,
      progress: (done, total) => {
        signal.throwIfAborted();
        progress ??= terminal.progress('slices', total);
        progress.update(done);
      },
    }).finally(() => progress?.stop());
    noteMended(terminal, summary.mended);
    for (const warning of summary.warnings) terminal.note(`warning: ${warning}`);
    terminal.print(`${appliedText(summary)}\n\nwritten to ${out}`);
    terminal.printJson(summary);
  });
}

function filesOf(options: ApplyCommandOptions): ApplyFiles {
  const { lower, upper, segmentation, point, body, std, samples } = options;
  const missing = Object.entries({ lower, upper, segmentation }).find(([, file]) => file === undefined);
  if (missing !== undefined) throw new SemcrcError('usage', `--${missing[0]} is required`);
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

function appliedText(summary: AppliedSummary): string {
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
