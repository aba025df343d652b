import {
  type Calibration,
  type CohortEvaluation,
  checkSameLabels,
  EVALUATION_SCHEMA,
  type EvaluationDocument,
  type MeanInterval,
} from '@semcrc/core';
import { SemcrcError } from '@semcrc/kernels';
import { runEvaluation } from '@semcrc/runner';
import { Command, Option } from 'commander';
import { readCalibration } from '../calibration-file.ts';
import type { Invocation } from '../invocation.ts';
import { addOptions, addSourceOptions, FORCE_FILE, JSON_OUTPUT, WORKERS } from '../options.ts';
import { openOutput } from '../output.ts';
import type { Settings } from '../settings.ts';
import { chooseSource, handleOf, hasFiles, inputsOf } from '../source.ts';
import { facts, figure, lambdaText, table, wrapped } from '../table.ts';
import { EXPERIMENTS, noteMended, openCohort, withExecutor } from '../work.ts';

interface EvaluateOptions extends Settings {
  readonly out?: string;
  readonly force?: boolean;
  readonly heldOut?: boolean;
  readonly workers?: number;
  readonly json?: boolean;
}

const OUTPUT = [
  new Option('--held-out', 'leave out the scans that the calibration was made on'),
  new Option('--out <file>', 'write the result as JSON, too'),
  FORCE_FILE,
  WORKERS,
  JSON_OUTPUT,
];

const EXAMPLES = `
Examples:
  semcrc evaluate calibration.json new-scans.csv
      labelled scans read as the calibration's own were (labels, window, units)
  semcrc evaluate calibration.json manifest.csv --held-out
      the calibration's own cohort without the scans it was made on
  semcrc evaluate calibration.json phantom
      the built-in phantom cohort`;

/** `semcrc evaluate`: a calibration on labelled scans, with 95% intervals over patients. */
export function evaluateCommand({ terminal, signal }: Invocation): Command {
  const command = new Command('evaluate')
    .description('Measure a calibration on labelled scans: risk and length, whole and by organ.')
    .argument('<calibration>', 'calibration.json')
    .argument(
      '<source>',
      'labelled scans: manifest (.csv, .json), prepared cohort, directory tree, or phantom',
    );
  addSourceOptions(command);
  addOptions(command, 'Output:', OUTPUT);
  command.addHelpText('after', EXAMPLES);
  return command.action(async (file: string, source: string, options: EvaluateOptions) => {
    const { out, heldOut = false, force = false, workers, json: _, ...settings } = options;
    const calibration = readCalibration(file);
    const recorded = hasFiles(source) ? recordedSettings(calibration) : {};
    const choice = chooseSource({ ...recorded, ...settings, source });
    const handle = handleOf(choice);
    const { cohort, opening } = await openCohort(handle, terminal);
    checkSameLabels(calibration, cohort);
    const used = new Set([...calibration.split.opt, ...calibration.split.cal]);
    // A cohort prepared from the same files has another digest, but the same scans.
    const ownCohort =
      cohort.digest === calibration.source.digest || [...used].every((id) => cohort.ids.includes(id));
    const seen = ownCohort ? cohort.ids.filter((id) => used.has(id)) : [];
    const scans = heldOut ? cohort.ids.filter((id) => !seen.includes(id)) : cohort.ids;
    if (scans.length === 0) {
      throw new SemcrcError('usage', `every scan of ${cohort.name} was calibrated on: nothing is held out`);
    }
    const inputs = [file, ...(await inputsOf(handle))];
    const output =
      out === undefined ? null : await openOutput(out, { kind: 'semcrc/evaluation', inputs, force });

    const progress = terminal.progress('scans', scans.length);
    const { measured, mended } = await withExecutor(EXPERIMENTS, workers, (executor) =>
      runEvaluation(opening, calibration, {
        executor,
        signal,
        scans,
        onProgress: ({ done }) => progress.update(done),
      }),
    ).finally(() => progress.stop());
    const document: EvaluationDocument = {
      schema: EVALUATION_SCHEMA,
      calibration: file,
      procedure: calibration.procedure,
      epsilon: calibration.epsilon,
      source: { name: cohort.name, digest: cohort.digest },
      calibratedOn: heldOut ? 0 : seen.length,
      labels: calibration.labels,
      ...measured,
    };
    await output?.write(document);

    noteMended(terminal, mended);
    if (document.calibratedOn > 0) {
      terminal.note(
        `note: ${seen.length} of these ${scans.length} scans were calibrated on, so they say little about new ones; ` +
          'leave them out with --held-out',
      );
    }
    terminal.print(evaluationText(calibration, cohort.name, measured));
    terminal.printJson(document);
  });
}

/** How the calibration's own scans were read, as settings; nothing where they were not read from files. */
function recordedSettings({ source }: Calibration): Settings {
  const { preparing } = source;
  if (preparing.labels == null) return {};
  const said = Object.entries(preparing).filter(([, value]) => value !== null);
  return Object.fromEntries(said) as Settings;
}

function evaluationText(calibration: Calibration, source: string, result: CohortEvaluation): string {
  const { labels, lambda, epsilon, procedure } = calibration;
  const head = facts([
    ['procedure', `${procedure}, ε = ${epsilon}`],
    ['source', `${source}: ${result.scans} scans of ${result.patients} patients`],
    ['risk', withInterval(result.risk)],
    ['length', withInterval(result.length)],
  ]);
  const byOrgan = calibration.partition.kind === 'organ';
  const rows = Object.entries(result.organs).map(([id, organ]) => [
    labels[id],
    ...(byOrgan ? [lambdaText(lambda[id])] : []),
    withInterval(organ.risk),
    withInterval(organ.length),
    organ.scans,
  ]);
  const columns = ['organ', ...(byOrgan ? ['λ̂'] : []), 'risk [95%]', 'length [95%]', 'scans'];
  return `${head}\n\n${table(columns, rows)}\n\n${wrapped(`Guarantee: ${calibration.guarantee}`)}`;
}

function withInterval({ mean, low, high }: MeanInterval): string {
  return low === null ? figure(mean) : `${figure(mean)} [${figure(low)}, ${figure(high)}]`;
}
