import { resolve } from 'node:path';
import { schemeNames } from '@semcrc/imaging';
import { SemcrcError } from '@semcrc/kernels';
import type { Part } from '@semcrc/results';
import {
  defaultWorkers,
  estimateSimulation,
  type PatientsToDraw,
  runSimulation,
  type SimulationOutput,
  type SimulationSpec,
  type SimulationSummary,
} from '@semcrc/runner/node';
import { defaultWarp, paperPhotons, paperSigma } from '@semcrc/simulate';
import { Command, Option } from 'commander';
import { Type } from 'typebox';
import type { Invocation } from '../invocation.ts';
import { addOptions, JSON_OUTPUT, PART, QUIET, WORKERS } from '../options.ts';
import { schemaOption } from '../schema-option.ts';
import { facts } from '../table.ts';
import { SIMULATIONS, workInto } from '../work.ts';

interface SimulateOptions {
  readonly scans?: number;
  readonly seed?: number;
  readonly size?: readonly [number, number, number];
  readonly spacing?: readonly [number, number, number];
  readonly template?: readonly string[];
  readonly segmentation?: readonly string[];
  readonly labels?: string;
  readonly bend?: number;
  readonly smoothness?: number;
  readonly jitter?: number;
  readonly task?: SimulationSpec['task']['kind'];
  readonly sigma?: number;
  readonly geometry?: 'helix' | 'fan' | 'parallel';
  readonly photons?: number;
  readonly predictor?: string;
  readonly segmenter?: string;
  readonly out?: string;
  readonly layout?: SimulationOutput['format'];
  readonly dryRun?: boolean;
  readonly force?: boolean;
  readonly part?: Part;
  readonly workers?: number;
}

const voxels = Type.Integer({ minimum: 1, maximum: 4096 });
const millimetres = Type.Number({ exclusiveMinimum: 0 });
const positive = (description: string, fallback: number, maximum: number): Type.TSchema =>
  Type.Number({ minimum: 0, maximum, default: fallback, description });

/** Grid of a phantom where none is asked for: x, y, z. */
const PHANTOM_SIZE = [256, 256, 96] as const;
const PHANTOM_SPACING = [1.5, 1.5, 1.5] as const;

const COHORT = [
  schemaOption('scans', Type.Integer({ minimum: 1, default: 100, description: 'Patients, one scan each.' }), {
    value: 'n',
  }),
  schemaOption(
    'seed',
    Type.Integer({
      minimum: 0,
      maximum: 0x7fffffff,
      default: 0,
      description: 'Patient i of seed s is the same whatever else is drawn.',
    }),
  ),
  schemaOption(
    'spacing',
    Type.Tuple([millimetres, millimetres, millimetres], { description: 'Voxel sides in mm.' }),
    {
      value: 'x,y,z',
      fallback: `phantom: ${PHANTOM_SPACING.join(',')}; warp: the template's own`,
    },
  ),
];
COHORT[0].short = '-n';

const PHANTOM = [
  schemaOption('size', Type.Tuple([voxels, voxels, voxels], { description: 'Voxels along each axis.' }), {
    value: 'x,y,z',
    fallback: PHANTOM_SIZE.join(','),
  }),
];

const again = (value: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  value,
];
const WARP = [
  new Option(
    '--template <file>',
    'labelled CT to warp (NIfTI, HU); again for more, one drawn per scan',
  ).argParser(again),
  new Option('--segmentation <file>', 'labels of the template before it').argParser(again),
  new Option(
    '--labels <scheme>',
    `how they number organs: ${schemeNames.join(', ')}, or a label map (.json)`,
  ),
  schemaOption(
    'bend',
    positive(
      'Root mean square of the velocity that bends space, mm; at most half the smoothness.',
      defaultWarp.bend,
      100,
    ),
  ),
  schemaOption(
    'smoothness',
    positive('Width of the low-pass filter of the velocity, mm.', defaultWarp.smoothness, 200),
  ),
  schemaOption(
    'jitter',
    positive("Deviation of the change of each organ's attenuation, HU.", defaultWarp.hounsfield, 500),
  ),
];

const MEASURING = [
  new Option('--task <word>', 'what is measured (default: denoising)').choices([
    'none',
    'denoising',
    'reconstruction',
  ]),
  schemaOption(
    'sigma',
    positive('With denoising: deviation of the noise, in windowed intensity.', paperSigma, 100),
  ),
  new Option(
    '--geometry <word>',
    'with reconstruction: how the source moves; fan and parallel are faster (default: helix)',
  ).choices(['helix', 'fan', 'parallel']),
  schemaOption(
    'photons',
    Type.Number({
      exclusiveMinimum: 0,
      maximum: 1e12,
      default: paperPhotons,
      description: 'With reconstruction: photons at the largest line integral.',
    }),
  ),
  new Option(
    '--predictor <model>',
    'baseline: the one of the task; denoising or fbp: a network that ships; a network of your own (.onnx), or the JSON of a baseline; none: only measure (default: baseline)',
  ),
  new Option(
    '--segmenter <model>',
    'what names the organs: stand-in; organs: a network that ships; or one of your own (.onnx) (default: stand-in)',
  ),
];

const OUTPUT = [
  new Option('--out <folder>', 'where the cohort is written (default: simulated)'),
  new Option(
    '--layout <word>',
    "NIfTI with a manifest, the authors' tree, or a prepared cohort (default: manifest)",
  ).choices(['manifest', 'semantic-uq', 'store']),
  new Option('--dry-run', 'make one scan on trial and say how long and how large the cohort would be'),
  new Option('--force', 'replace a simulated cohort of other options in that place'),
  PART,
  WORKERS,
  QUIET,
  JSON_OUTPUT,
];

const EXAMPLES = `
Examples:
  semcrc simulate phantom -n 160 --size 128,128,64 --spacing 3,3,3 --out phantoms
  semcrc simulate warp --template ct.nii.gz --segmentation seg.nii.gz --labels totalsegmentator -n 300 --out warps
      interrupted, the same line goes on where it was
  semcrc calibrate warps/manifest.csv --labels suprem --prepare paper
      for short scans add --window-slices 16 --margin 4 --least-labelled 0 --size 128,128
  semcrc simulate phantom -n 160 --size 128,128,64 --spacing 3,3,3 --task reconstruction --out fbp
      the paper's second task: a helical scan with photon noise, filtered back-projection
  semcrc simulate phantom -n 10000 --out phantoms --part 3/100
      the third of a hundred parts; once all are done, semcrc merge phantoms
  semcrc simulate phantom --dry-run`;

/** `semcrc simulate`: cohorts to try everything on. */
export function simulateCommand(invocation: Invocation): Command {
  const { terminal } = invocation;
  const command = new Command('simulate')
    .description('Make a cohort: phantoms or warps of labelled CTs, measured, predicted and segmented.')
    .argument('<patients>', 'phantom, or warp');
  addOptions(command, 'Cohort:', COHORT);
  addOptions(command, 'With phantom:', PHANTOM);
  addOptions(command, 'With warp:', WARP);
  addOptions(command, 'Measuring:', MEASURING);
  addOptions(command, 'Output:', OUTPUT);
  command.addHelpText('after', EXAMPLES);
  return command.action(async (kind: string, options: SimulateOptions) => {
    const { out = 'simulated', layout = 'manifest', dryRun = false, force = false, workers, part } = options;
    const spec = specOf(kind, options);
    const output: SimulationOutput = { path: out, format: layout };
    if (dryRun) {
      const estimate = await estimateSimulation(spec, output);
      const cores = workers ?? defaultWorkers();
      const seconds = estimate.preparing + (estimate.perScan * estimate.scans) / cores;
      terminal.print(
        facts([
          ['scans', String(estimate.scans)],
          ['time', `about ${duration(seconds)} on ${cores === 1 ? 'one worker' : `${cores} workers`}`],
          ['size', `about ${size(estimate.bytesPerScan * estimate.scans)}`],
        ]),
      );
      terminal.printJson({
        ...estimate,
        workers: cores,
        seconds,
        bytes: estimate.bytesPerScan * estimate.scans,
      });
      return;
    }
    const how = { executors: SIMULATIONS, workers, force, part, units: 'scans' };
    const summary = await workInto(out, how, invocation, (work) => runSimulation(spec, output, work));
    terminal.print(facts(simulationFacts(summary)));
    terminal.print(`\nwritten to ${resolve(out)}`);
    terminal.printJson(summary);
  });
}

/** What a simulation made, by name. */
export function simulationFacts({
  scans,
  kept,
  f1,
  coverage,
  psnr,
  manifest,
}: SimulationSummary): [string, string][] {
  const rows: [string, string][] = [
    ['scans', kept === 0 ? String(scans) : `${scans}, ${kept} of them made before`],
  ];
  if (f1)
    rows.push([
      'F1 of the segmentation',
      `${f1.mean.toFixed(2)} ± ${f1.sd.toFixed(2)} (mean over organs, over scans)`,
    ]);
  if (coverage !== null)
    rows.push(['inside the intervals', `${(100 * coverage).toFixed(1)} % of the body, before calibration`]);
  if (psnr !== null) rows.push(['PSNR of the point', `${psnr.toFixed(1)} dB in the body`]);
  if (manifest) rows.push(['read with', `semcrc calibrate ${manifest} --labels suprem`]);
  return rows;
}

function specOf(kind: string, options: SimulateOptions): SimulationSpec {
  const { scans = 100, seed = 0, predictor = 'baseline', segmenter = 'stand-in' } = options;
  if (predictor === 'none' && options.segmenter !== undefined)
    refuse('segmenter', 'looks at predictions, but the predictor is none');
  return {
    patients: patientsOf(kind, options),
    ...{ scans, seed, predictor, segmenter },
    task: taskOf(options),
  };
}

function taskOf(options: SimulateOptions): SimulationSpec['task'] {
  const { task = 'denoising', sigma = paperSigma, geometry = 'helix', photons = paperPhotons } = options;
  const belongs = { sigma: 'denoising', geometry: 'reconstruction', photons: 'reconstruction' } as const;
  for (const [name, owner] of Object.entries(belongs) as [keyof typeof belongs, string][]) {
    if (options[name] !== undefined && task !== owner)
      refuse(name, `goes with ${owner}, but the task is ${task}`);
  }
  if (task === 'none') return { kind: 'none' };
  return task === 'denoising' ? { kind: task, sigma } : { kind: task, geometry, photons };
}

function patientsOf(kind: string, options: SimulateOptions): PatientsToDraw {
  const { size: [x, y, z] = PHANTOM_SIZE, spacing, template = [], segmentation = [], labels } = options;
  if (kind === 'phantom') {
    for (const name of ['template', 'segmentation', 'labels', 'bend', 'smoothness', 'jitter'] as const) {
      if (options[name] !== undefined) refuse(name, 'goes with warp');
    }
    return { kind, shape: [z, y, x], spacing: spacing ?? PHANTOM_SPACING };
  }
  if (kind !== 'warp') {
    throw new SemcrcError('usage', `expected phantom or warp, found "${kind}"`, { data: { found: kind } });
  }
  if (options.size !== undefined) refuse('size', 'goes with phantom; a warp has the grid of its template');
  if (template.length === 0) refuse('template', 'names the labelled CT to warp, and warp needs one');
  if (template.length !== segmentation.length) {
    refuse(
      'segmentation',
      `must be given once for each template: expected ${template.length}, found ${segmentation.length}`,
    );
  }
  return {
    kind,
    templates: template.map((truth, at) => ({ truth, segmentation: segmentation[at] })),
    labels,
    spacing: spacing ?? null,
    options: {
      ...defaultWarp,
      bend: options.bend ?? defaultWarp.bend,
      bendAcross: (options.bend ?? defaultWarp.bend) / 2,
      smoothness: options.smoothness ?? defaultWarp.smoothness,
      hounsfield: options.jitter ?? defaultWarp.hounsfield,
    },
  };
}

function refuse(option: string, why: string): never {
  throw new SemcrcError('usage', `\`${option}\` ${why}`, { data: { options: [option] } });
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

function size(bytes: number): string {
  return bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
