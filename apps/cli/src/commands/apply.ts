import { resolve } from 'node:path';
import { type ApplyFiles, applyToFiles, readApplyManifest } from '@semcrc/cohort/node';
import {
  type ApplySummary,
  type Calibration,
  type MendedVoxels,
  PREPARING_DEFAULTS,
  unitsOf,
} from '@semcrc/core';
import { abdomenWindow, assignLabels, type LabelScheme } from '@semcrc/imaging';
import { resolveLabelling } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';
import { type ApplicationScan, runApplication } from '@semcrc/runner/node';
import { Command, Option } from 'commander';
import { readCalibration } from '../calibration-file.ts';
import type { Invocation } from '../invocation.ts';
import { addOptions, addSettings, JSON_OUTPUT, QUIET, READING, WORKERS } from '../options.ts';
import type { Settings } from '../settings.ts';
import { facts, figure, inHu, lambdaInHu, lambdaRange, table, wrapped } from '../table.ts';
import { APPLICATIONS, noteMended, noteScans, withExecutor } from '../work.ts';

interface ApplyCommandOptions extends Settings, Partial<ApplyFiles> {
  readonly units?: 'window' | 'hu';
  readonly out?: string;
  readonly force?: boolean;
  readonly workers?: number;
  readonly quiet?: boolean;
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
  new Option(
    '--out <folder>',
    'where volumes and summary.json are written; of a manifest, in a folder by scan (default: semcrc-applied)',
  ),
  new Option('--force', 'replace files in that folder that are no earlier result; never one that is read'),
  WORKERS,
  QUIET,
  JSON_OUTPUT,
];

const EXAMPLES = `
Examples:
  semcrc apply calibration.json --lower q_lo.nii.gz --upper q_hi.nii.gz --segmentation labels.nii.gz \\
      --body body.nii.gz --out intervals
      lower, upper, width and lambda on the scan's own grid; the files that the calibration's scans had
  semcrc apply calibration.json --lower q_lo.nii.gz --upper q_hi.nii.gz --segmentation labels.nii.gz \\
      --body body.nii.gz --units hu --out intervals-hu
      the same in HU
  semcrc apply calibration.json new-scans.csv --units hu --out intervals
      all scans of a manifest, several at a time; started again after being killed, it does what is missing`;

/** `semcrc apply`: a calibration and one scan's predictions → calibrated intervals. */
export function applyCommand({ terminal, signal }: Invocation): Command {
  const command = new Command('apply')
    .description('Widen the heuristic intervals of a scan, or of all scans of a manifest, by a calibrated λ.')
    .argument('<calibration>', 'calibration.json')
    .argument(
      '[manifest]',
      'scans to apply it to: a manifest (.csv, .json); a column ground_truth is not looked at',
    );
  addOptions(command, 'The scan:', FILES);
  addSettings(command, "Reading (default: as the calibration's scans were read):", READING);
  addOptions(command, 'Output:', OUTPUT);
  command.addHelpText('after', EXAMPLES);
  return command.action(async (file: string, manifest: string | undefined, options: ApplyCommandOptions) => {
    const { units = 'window', out = 'semcrc-applied', force = false, workers } = options;
    if (manifest !== undefined) refuseFiles(options);
    const files = manifest === undefined ? filesOf(options) : null;
    const calibration = readCalibration(file);
    const recorded = calibration.source.preparing;
    const labels = options.labels ?? recorded.labels ?? undefined;
    const extra = options.extraLabels ?? recorded.extraLabels;
    const labelling =
      options.labels === undefined && recorded.labels !== null && recorded.labelNames !== null
        ? assignLabels(schemeOf(recorded.labels, recorded.labelNames), extra)
        : await resolveLabelling(labels, extra);
    const reading = {
      window: options.window ?? recorded.window ?? abdomenWindow,
      predictionUnits: options.predictionUnits ?? recorded.predictionUnits,
      affineTolerance: options.affineTolerance ?? PREPARING_DEFAULTS.affineTolerance,
      units,
      replace: force ? ('replace' as const) : ('keep' as const),
    };
    if (manifest !== undefined) {
      const { scans, warnings } = await readApplyManifest(manifest);
      for (const warning of warnings) terminal.note(`note: ${warning}`);
      const progress = terminal.progress('scans', scans.length);
      const { name, names } = labelling.scheme;
      const session = {
        calibration,
        out: resolve(out),
        scheme: { name, names },
        extraLabels: extra,
        ...reading,
      };
      const applied = await withExecutor(APPLICATIONS, workers, (executor) =>
        runApplication(session, scans, {
          executor,
          signal,
          onProgress: ({ done }) => progress.update(done),
        }),
      ).finally(() => progress.stop());
      noteMended(terminal, mendedOf(applied));
      noteScans(
        terminal,
        applied.flatMap(({ notes }) => notes),
      );
      for (const warning of sharedWarnings(applied)) terminal.note(`warning: ${warning}`);
      terminal.print(`${applicationText(calibration, applied)}\n\nwritten to ${resolve(out)}`);
      terminal.printJson({ scans: applied.map(({ notes: _, ...scan }) => scan) });
      return;
    }
    let progress: ReturnType<typeof terminal.progress> | undefined;
    const summary = await applyToFiles(calibration, files!, out, {
      labelling,
      ...reading,
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

/** @throws SemcrcError `usage` for files of one scan beside a manifest */
function refuseFiles(options: ApplyCommandOptions): void {
  const given = ['lower', 'upper', 'segmentation', 'point', 'body', 'std', 'samples'].find(
    (name) => options[name as keyof ApplyCommandOptions] !== undefined,
  );
  if (given === undefined) return;
  throw new SemcrcError(
    'usage',
    `\`${given}\` names a file of one scan, but the scans are those of a manifest`,
    {
      data: { options: [given] },
    },
  );
}

function mendedOf(scans: readonly ApplicationScan[]): MendedVoxels {
  const sum = (count: (mended: MendedVoxels) => number) =>
    scans.reduce((total, { summary }) => total + count(summary.mended), 0);
  return { clipped: sum(({ clipped }) => clipped), crossed: sum(({ crossed }) => crossed) };
}

/** Organs without a λ of their own, each once, with the number of scans that contain it. */
function sharedWarnings(scans: readonly ApplicationScan[]): string[] {
  const seen = new Map<string, { readonly first: string; count: number }>();
  for (const { scan, summary } of scans) {
    for (const { name, status, voxels } of Object.values(summary.organs)) {
      if (voxels === 0 || status === 'calibrated') continue;
      const warning = summary.warnings.find((text) => text.startsWith(`${name} `)) ?? `${name}: ${status}`;
      const before = seen.get(name);
      if (before) before.count += 1;
      else seen.set(name, { first: `scan ${scan}: ${warning}`, count: 1 });
    }
  }
  return [...seen.values()].map(({ first, count }) =>
    count === 1 ? first : `${first} (and in ${count - 1} more scans)`,
  );
}

/** What came of several scans: what the promise is about, and a line each. */
function applicationText(calibration: Calibration, scans: readonly ApplicationScan[]): string {
  const extrapolation = scans.find(({ summary }) => summary.extrapolation !== null)?.summary.extrapolation;
  const rows = scans.map(({ scan, state, summary }) => [
    scan,
    summary.voxels,
    figure(summary.meanWidth),
    summary.warnings.length,
    state === 'kept' ? 'there already' : 'applied',
  ]);
  return [
    ...(extrapolation ? [wrapped(extrapolation)] : []),
    table(['scan', 'voxels', 'mean width', 'warnings', 'state'], rows),
    wrapped(`Guarantee: ${calibration.guarantee}`),
  ].join('\n\n');
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
  const { procedure, epsilon, units, window, voxels, meanWidth, organs, guarantee, condition } = summary;
  const scale = unitsOf(window);
  // Widths come in the unit of the volumes; people read both.
  const share = (width: number | null) =>
    width === null || units === 'window' ? width : width / scale.huPerUnit;
  const head = facts([
    ['procedure', `${procedure}, ε = ${epsilon}`],
    ['voxels', String(voxels)],
    ['mean width', `${inHu(share(meanWidth), scale)} HU (${figure(share(meanWidth))} of the window)`],
  ]);
  const rows = Object.values(organs).map((organ) => [
    organ.name,
    organ.voxels,
    inHu(share(organ.meanWidth), scale),
    figure(share(organ.meanWidth)),
    lambdaInHu(Object.values(organ.lambda), scale),
    lambdaRange(Object.values(organ.lambda)),
    organ.status,
  ]);
  const columns = ['organ', 'voxels', 'width HU', 'width', 'λ̂ HU', 'λ̂', 'status'];
  return `${head}\n\n${table(columns, rows)}\n\n${wrapped(`Guarantee: ${guarantee}`)}\n\n${wrapped(condition)}`;
}
