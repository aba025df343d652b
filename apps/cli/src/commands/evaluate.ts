import {
  type Calibration,
  type Cohort,
  type CohortEvaluation,
  calibrationScansIn,
  checkSameLabels,
  checkSamePreparing,
  EVALUATION_SCHEMA,
  type EvaluationDocument,
  type Excess,
  excessOf,
  type MeanInterval,
  UNKNOWN_PREPARING,
} from '@semcrc/core';
import { SemcrcError } from '@semcrc/kernels';
import { runEvaluation } from '@semcrc/runner';
import { Command, Option } from 'commander';
import { readCalibration } from '../calibration-file.ts';
import type { Invocation } from '../invocation.ts';
import { addOptions, addSourceOptions, FORCE_FILE, JSON_OUTPUT, WORKERS } from '../options.ts';
import { openOutput } from '../output.ts';
import { PREPARING_FIELDS, type Settings } from '../settings.ts';
import { chooseSource, handleOf, hasFiles, inputsOf } from '../source.ts';
import { facts, figure, lambdaText, table, wrapped } from '../table.ts';
import { EXPERIMENTS, noteReading, openCohort, withExecutor } from '../work.ts';

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
  semcrc evaluate calibration.json phantom --held-out
      the built-in phantom cohort, where the calibration is from it`;

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
    const extrapolation = checkSamePreparing(calibration, {
      name: cohort.name,
      preparing: cohort.preparing ?? UNKNOWN_PREPARING,
    });
    const scans = heldOutScans(calibration, cohort, heldOut);
    const inputs = [file, ...(await inputsOf(handle))];
    const output =
      out === undefined ? null : await openOutput(out, { kind: 'semcrc/evaluation', inputs, force });

    const progress = terminal.progress('scans', scans.length);
    const { measured, ...reading } = await withExecutor(EXPERIMENTS, workers, (executor) =>
      runEvaluation(opening, calibration, {
        executor,
        signal,
        scans,
        onProgress: ({ done }) => progress.update(done),
      }),
    ).finally(() => progress.stop());
    const excess = excessOf(calibration, measured);
    const document: EvaluationDocument = {
      schema: EVALUATION_SCHEMA,
      calibration: file,
      procedure: calibration.procedure,
      epsilon: calibration.epsilon,
      source: { name: cohort.name, digest: cohort.digest },
      calibratedOn: 0,
      labels: calibration.labels,
      ...measured,
      excess: { ...excess, z: excess.z === Number.POSITIVE_INFINITY ? 'Infinity' : excess.z },
      extrapolation,
    };
    await output?.write(document);

    noteReading(terminal, reading, cohort, calibration.within);
    if (extrapolation !== null) terminal.print(`${wrapped(extrapolation)}\n`);
    if (excess.flagged) terminal.print(`${wrapped(excessText(calibration, measured, excess))}\n`);
    terminal.print(evaluationText(calibration, cohort.name, measured, excess));
    terminal.printJson(document);
  });
}

/**
 * The scans to measure on: those that the calibration was not made on.
 *
 * @throws SemcrcError `usage` where there are others and they were not to be left out, and where there are no more
 */
function heldOutScans(calibration: Calibration, cohort: Cohort, leaveOut: boolean): readonly string[] {
  const { ids, name } = cohort;
  const seen = new Set(calibrationScansIn(calibration, cohort));
  if (seen.size === ids.length) {
    throw new SemcrcError('usage', `every scan of ${name} was calibrated on: nothing is held out`);
  }
  if (seen.size > 0 && !leaveOut) {
    throw new SemcrcError(
      'usage',
      `${seen.size} of the ${ids.length} scans of ${name} were calibrated on (${listed([...seen])}): they say nothing about ` +
        'new ones; leave them out with `heldOut`',
      { data: { options: ['heldOut'], scans: [...seen] } },
    );
  }
  return ids.filter((id) => !seen.has(id));
}

/** The first few of some names. */
function listed(names: readonly string[], most = 3): string {
  return names.length > most ? `${names.slice(0, most).join(', ')}, …` : names.join(', ');
}

/** That the promise was not kept, and why that may be. */
function excessText(calibration: Calibration, measured: CohortEvaluation, excess: Excess): string {
  const { epsilon, labels, bound } = calibration;
  const organs = excess.organs.map((id) => `${labels[id]} ${figure(measured.organs[id]?.risk.mean)}`);
  const what =
    organs.length > 0 ? `The risk of ${organs.join(', ')}` : `The risk ${figure(measured.risk.mean)}`;
  const draws = bound === 'crc' ? 'the draw of calibration and test scans' : 'the draw of the test scans';
  return (
    `The promise does not hold for these scans. ${what} is above ε = ${epsilon} by more than ${draws} explains ` +
    `(z = ${excess.z?.toFixed(1)}, flagged above ${excess.flaggedAbove.toFixed(2)}). Likely causes: these scans were acquired or ` +
    'predicted otherwise than those calibrated on; scans of one patient, or copies of one scan, stand on both sides or are ' +
    'counted as independent; the predictor or the segmentation model was trained on some of the calibration scans.'
  );
}

/** How the calibration's own scans were read, as settings; nothing where they were not read from files. */
function recordedSettings({ source }: Calibration): Settings {
  const { preparing } = source;
  if (preparing.labels == null) return {};
  const said = Object.entries(preparing).filter(
    ([name, value]) => name in PREPARING_FIELDS && value !== null,
  );
  return Object.fromEntries(said) as Settings;
}

function evaluationText(
  calibration: Calibration,
  source: string,
  result: CohortEvaluation,
  { flagged }: Excess,
): string {
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
  const promise = flagged ? 'Promised, and not kept here' : 'Guarantee';
  return `${head}\n\n${table(columns, rows)}\n\n${wrapped(`${promise}: ${calibration.guarantee}`)}`;
}

function withInterval({ mean, low, high }: MeanInterval): string {
  return low === null ? figure(mean) : `${figure(mean)} [${figure(low)}, ${figure(high)}]`;
}
