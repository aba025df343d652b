import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { SemcrcError } from '@semcrc/kernels';
import type { Part } from '@semcrc/results';
import {
  BUILT_IN_MODELS,
  type PredictionSpec,
  type PredictionSummary,
  runPrediction,
} from '@semcrc/runner/node';
import { Command, Option } from 'commander';
import type { Invocation } from '../invocation.ts';
import { addOptions, JSON_OUTPUT, PART, QUIET, WORKERS } from '../options.ts';
import { facts, table } from '../table.ts';
import { PREDICTIONS, workInto } from '../work.ts';

interface PredictOptions {
  readonly model?: string;
  readonly input?: string;
  readonly column?: string;
  readonly units?: PredictionSpec['units'];
  readonly runtime?: PredictionSpec['runtime'];
  readonly list?: boolean;
  readonly out?: string;
  readonly force?: boolean;
  readonly part?: Part;
  readonly workers?: number;
}

const MODEL = [
  new Option(
    '--model <file|name>',
    'network (.onnx, its record .json beside it), or a name that --list shows',
  ),
  new Option(
    '--runtime <word>',
    'native: onnxruntime-node; wasm: the embedded one (default: native where installed)',
  ).choices(['auto', 'native', 'wasm']),
  new Option('--list', 'show the models that come with semcrc'),
];

const IMAGES = [
  new Option('--input <path>', 'volume (.nii, .nii.gz), or manifest (.csv, .json)'),
  new Option(
    '--column <name>',
    'of a manifest: where the images stand (default: measurement; point for organs)',
  ),
  new Option('--units <word>', "values of the network's window as 0..1, or HU (default: window)").choices([
    'window',
    'hu',
  ]),
];

const OUTPUT = [
  new Option('--out <folder>', 'where predictions and their manifest are written (default: predicted)'),
  new Option('--force', 'replace predictions of another model or other images in that place'),
  PART,
  WORKERS,
  QUIET,
  JSON_OUTPUT,
];

const EXAMPLES = `
Examples:
  semcrc predict --model unet.onnx --input ct.nii.gz --units hu --out predicted
  semcrc predict --model unet.onnx --input cohort/manifest.csv --out predicted
  semcrc predict --model organs.onnx --input predicted/manifest.csv --out segmented
      interrupted, the same line goes on where it was
  semcrc predict --model unet.onnx --input cohort/manifest.csv --out predicted --part 3/20
      the third of twenty parts; once all are done, semcrc merge predicted
  semcrc calibrate segmented/manifest.csv --labels suprem`;

/** `semcrc predict`: networks over scans. */
export function predictCommand(invocation: Invocation): Command {
  const { terminal } = invocation;
  const command = new Command('predict').description(
    'Predict intervals, or organs, of scans with an ONNX network: NIfTI in, NIfTI and a manifest out.',
  );
  addOptions(command, 'Model:', MODEL);
  addOptions(command, 'Scans:', IMAGES);
  addOptions(command, 'Output:', OUTPUT);
  command.addHelpText('after', EXAMPLES);
  return command.action(async (options: PredictOptions) => {
    if (options.list) {
      terminal.print(table(['model', 'what it is'], Object.entries(BUILT_IN_MODELS)));
      terminal.printJson(BUILT_IN_MODELS);
      return;
    }
    const { out = 'predicted', force = false, workers, part } = options;
    const spec: PredictionSpec = {
      model: needed(options, 'model'),
      input: needed(options, 'input'),
      column: options.column ?? null,
      units: options.units ?? 'window',
      runtime: options.runtime ?? 'auto',
    };
    if (!Object.hasOwn(BUILT_IN_MODELS, spec.model) && !existsSync(spec.model)) {
      throw new SemcrcError(
        'bad-input',
        `${spec.model} is no file, and no model that comes with semcrc (${Object.keys(BUILT_IN_MODELS).join(', ')})`,
        { data: { file: spec.model } },
      );
    }
    const how = { executors: PREDICTIONS, workers, force, part, units: 'windows' };
    const summary = await workInto(out, how, invocation, (work) => runPrediction(spec, out, work));
    if (summary.runtime !== null) terminal.note(`note: ran on ${summary.runtime}`);
    terminal.print(facts(predictionFacts(summary)));
    terminal.print(`\nwritten to ${resolve(out)}`);
    terminal.printJson(summary);
  });
}

function needed(options: PredictOptions, name: 'model' | 'input'): string {
  const value = options[name];
  if (value !== undefined) return value;
  const what = name === 'model' ? 'the network that predicts' : 'the volume or manifest to predict';
  throw new SemcrcError('usage', `\`${name}\` names ${what}, and predict needs it`, {
    data: { options: [name] },
  });
}

/** What a prediction wrote, by name. */
export function predictionFacts(summary: PredictionSummary): [string, string][] {
  const { model, task, scans, kept, clipped, crossed, labels, manifest, scheme, lacking } = summary;
  const rows: [string, string][] = [
    ['model', `${model} (${task})`],
    ['scans', kept === 0 ? String(scans) : `${scans}, ${kept} of them predicted before`],
  ];
  if (scheme === null) {
    rows.push(
      ['clipped', `${clipped} values outside 0..1`],
      ['crossed', `${crossed} voxels with lower above upper, swapped`],
    );
  } else {
    rows.push(['labels found', labels.length === 0 ? 'none' : labels.join(', ')]);
  }
  if (manifest === null) return rows;
  const next =
    lacking.length === 0
      ? `semcrc calibrate ${manifest} --labels ${scheme ?? '<scheme>'}`
      : `${manifest}; calibrate also needs ${lacking.join(', ')}`;
  rows.push([lacking.length === 0 ? 'read with' : 'manifest', next]);
  return rows;
}
