import { resolve } from 'node:path';
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
  type UnitsRecord,
  unitsOf,
} from '@semcrc/core';
import { checkOutput, readTextFileSync, writeFileAtomic } from '@semcrc/imaging/node';
import { SemcrcError } from '@semcrc/kernels';
import { cardOf } from '@semcrc/report';
import { proveWritable } from '@semcrc/results';
import { runEvaluation } from '@semcrc/runner';
import { Command, Option } from 'commander';
import { readCalibration } from '../calibration-file.ts';
import { scanOnly } from '../calibration-text.ts';
import type { Invocation } from '../invocation.ts';
import {
  addOptions,
  addSourceOptions,
  FORCE_FILE,
  JSON_OUTPUT,
  NO_CARD,
  QUIET,
  WORKERS,
} from '../options.ts';
import { openOutput } from '../output.ts';
import { isPerScanCsv, perScanCsv } from '../per-scan-csv.ts';
import { printSummary } from '../plain-summary.ts';
import { cardBeside, checksOf, claimCard, sha256, writeCard } from '../report-files.ts';
import { PREPARING_FIELDS, type Settings } from '../settings.ts';
import { chooseSource, handleOf, hasFiles, inputsOf } from '../source.ts';
import { facts, figure, inHu, lambdaInHu, lambdaText, table, wrapped } from '../table.ts';
import { EXPERIMENTS, noteReading, openCohort, withExecutor } from '../work.ts';

interface EvaluateOptions extends Settings {
  readonly out?: string;
  readonly force?: boolean;
  readonly perScan?: string;
  readonly heldOut?: boolean;
  readonly report: boolean;
  readonly quiet?: boolean;
  readonly workers?: number;
  readonly json?: boolean;
}

const OUTPUT = [
  new Option('--held-out', 'leave out the scans that the calibration was made on'),
  new Option('--out <file>', 'write the result as JSON, too, and its card: a page beside it'),
  new Option('--per-scan <file>', 'write the risk and length of every scan as CSV'),
  FORCE_FILE,
  NO_CARD,
  WORKERS,
  QUIET,
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
    const { out, perScan, heldOut = false, force = false, report, workers, ...rest } = options;
    const { json: _, quiet: __, ...settings } = rest;
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
    const places = output && report ? await claimCard(cardBeside(output.path), { inputs, force }) : null;
    const csvRules = { inputs, ...(force ? {} : { mayReplace: isPerScanCsv }) };
    if (perScan !== undefined) {
      checkOutput(perScan, csvRules);
      await proveWritable(resolve(perScan));
    }

    const progress = terminal.progress('scans', scans.length);
    const {
      measured,
      scans: evaluations,
      ...reading
    } = await withExecutor(EXPERIMENTS, workers, (executor) =>
      runEvaluation(opening, calibration, {
        executor,
        signal,
        scans,
        onProgress: ({ done }) => progress.update(done),
      }),
    ).finally(() => progress.stop());
    const excess = excessOf(calibration, measured);
    const window = cohort.preparing?.window ?? calibration.source.preparing.window;
    const units = window ? unitsOf(window) : null;
    const document: EvaluationDocument = {
      schema: EVALUATION_SCHEMA,
      calibration: file,
      procedure: calibration.procedure,
      epsilon: calibration.epsilon,
      source: { name: cohort.name, digest: cohort.digest },
      calibratedOn: 0,
      labels: calibration.labels,
      ...(units ? { units } : {}),
      ...measured,
      excess: { ...excess, z: excess.z === Number.POSITIVE_INFINITY ? 'Infinity' : excess.z },
      extrapolation,
    };
    const text = output ? await output.write(document) : null;
    if (perScan !== undefined) {
      const table = perScanCsv(evaluations, calibration.labels, units);
      await writeFileAtomic(resolve(perScan), table, csvRules);
    }
    const reported = {
      name: file,
      document: calibration,
      digest: sha256(readTextFileSync(file)),
      evaluation: { name: out ?? '-', document, digest: text && sha256(text) },
      checks: checksOf(file, cohort.name),
    };
    if (places) await writeCard(reported, places, { inputs, force });

    noteReading(terminal, reading, cohort, calibration.within);
    if (extrapolation !== null) terminal.print(`${wrapped(extrapolation)}\n`, 'yellow');
    const { summary } = cardOf(reported);
    const flags = summary.flags.filter(({ text }) => text !== extrapolation);
    printSummary(terminal, { ...summary, flags }, { units, background: reading.look.background });
    terminal.print(evaluationText(calibration, cohort.name, measured, excess, units));
    const written = [output?.path, places?.page, perScan].filter((path) => path !== undefined);
    if (written.length > 0) terminal.print(`\nwritten to ${written.join(', ')}`);
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
  units: UnitsRecord | null,
): string {
  const { labels, lambda, epsilon, procedure } = calibration;
  const head = facts([
    ['procedure', `${procedure}, ε = ${epsilon}`],
    ['source', `${source}: ${result.scans} scans of ${result.patients} patients`],
    ['risk', withInterval(result.risk)],
    ['length', `${withInterval(result.length)} (${inHu(result.length.mean, units)} HU)`],
  ]);
  const byOrgan = calibration.partition.kind === 'organ';
  const rows = Object.entries(result.organs).map(([id, organ]) => [
    labels[id],
    ...(byOrgan ? [lambdaText(lambda[id]), lambdaInHu([lambda[id]], units)] : []),
    withInterval(organ.risk),
    withInterval(organ.length),
    inHu(organ.length.mean, units),
    organ.scans,
  ]);
  const columns = ['organ', ...(byOrgan ? ['λ̂', 'λ̂ HU'] : []), 'risk [95%]', 'length [95%]', 'HU', 'scans'];
  const promise = flagged ? 'Promised, and not kept here' : 'Guarantee';
  const shown = [
    head,
    table(columns, rows),
    ...scanOnly(procedure),
    wrapped(`${promise}: ${calibration.guarantee}`),
  ];
  return shown.join('\n\n');
}

function withInterval({ mean, low, high }: MeanInterval): string {
  return low === null ? figure(mean) : `${figure(mean)} [${figure(low)}, ${figure(high)}]`;
}
