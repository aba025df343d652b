import { schemeNames } from '@semcrc/imaging';
import { SemcrcError } from '@semcrc/kernels';
import type { Part } from '@semcrc/results';
import type { PatientsToDraw, SimulationOutput, SimulationSpec } from '@semcrc/runner/node';
import { defaultWarp, paperPhotons, paperSigma } from '@semcrc/simulate';
import { Option } from 'commander';
import { Type } from 'typebox';
import { JSON_OUTPUT, PART, QUIET, WORKERS } from './options.ts';
import { schemaOption } from './schema-option.ts';

/** The options of `semcrc simulate` as they were given. */
export interface SimulateOptions {
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

/** The options of `semcrc simulate` by heading. */
export const SIMULATE_OPTIONS: Readonly<Record<string, readonly Option[]>> = {
  'Cohort:': COHORT,
  'With phantom:': PHANTOM,
  'With warp:': WARP,
  'Measuring:': MEASURING,
  'Output:': OUTPUT,
};

/**
 * The cohort that options ask for.
 *
 * @param kind phantom or warp.
 * @throws SemcrcError `usage` for options that do not go together.
 */
export function specOf(kind: string, options: SimulateOptions): SimulationSpec {
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
