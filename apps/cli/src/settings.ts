import { layoutNames } from '@semcrc/cohort/node';
import { BOUND_NAMES, HEURISTIC_NAMES, PROCEDURES } from '@semcrc/core';
import { schemeNames } from '@semcrc/imaging';
import { Type } from 'typebox';

/** Features of the prediction that strata are cut by. */
export const STRATUM_FEATURES = ['intensity', 'width', 'gradient'] as const;

/** The words that options and config files choose from. */
export const CHOICES = {
  layout: layoutNames,
  prepare: ['none', 'paper'],
  predictionUnits: ['window', 'hu'],
  preset: ['paper', 'shortest'],
  anchor: ['gamma', 'envelope'],
  anchorVoxels: ['all', 'paper'],
  backtrack: ['line', 'path'],
  sides: ['one', 'two'],
  bound: BOUND_NAMES,
  heuristic: HEURISTIC_NAMES,
  within: ['scan', 'body'],
  organCal: ['cal', 'all'],
  correction: ['none', 'bonferroni'],
  sampleQuantiles: ['plain', 'calibrated'],
} as const;

const share = (description: string) => Type.Number({ description, exclusiveMinimum: 0, exclusiveMaximum: 1 });
const patients = (description: string, minimum: number) => Type.Integer({ description, minimum });
const oneOf = <T extends string>(description: string, values: readonly T[]) =>
  Type.Unsafe<T>(Type.Enum([...values], { description }));

const millimetres = Type.Number({ exclusiveMinimum: 0 });
const pixels = Type.Integer({ minimum: 1 });

const sourceFields = {
  labels: Type.String({
    description: `How the segmentations number their labels: ${schemeNames.join(', ')}, or the path of a label map (.json).`,
  }),
  extraLabels: Type.Array(Type.String(), {
    description: 'Labels beside the nine organs that get a λ of their own.',
    uniqueItems: true,
  }),
  layout: oneOf('How a directory tree is laid out.', CHOICES.layout),
  dataset: Type.String({ description: 'Of a directory tree: the data set.' }),
  task: Type.String({ description: 'Of a directory tree: the task.' }),
  backbone: Type.String({ description: 'Of a directory tree: the segmentation model.' }),
  groundTruthLabels: Type.Boolean({ description: "Of a directory tree: take the data set's own labels." }),
  window: Type.Tuple([Type.Number(), Type.Number()], {
    description: 'HU window of the truth that becomes 0..1.',
  }),
  predictionUnits: oneOf('Predictions in 0..1, or in HU.', CHOICES.predictionUnits),
  prepare: oneOf('Scans whole, or prepared as in the paper.', CHOICES.prepare),
  spacing: Type.Tuple([millimetres, millimetres, millimetres], {
    description: 'Resample to this spacing along x, y, z in mm; without it, each scan keeps its own.',
  }),
  slices: Type.Integer({ description: 'Slices taken from the window, evenly spread.', minimum: 1 }),
  size: Type.Tuple([pixels, pixels], {
    description: 'Height and width that slices are cropped or padded to.',
  }),
  windowSlices: Type.Integer({
    description: 'Slices in the window with the most labelled voxels.',
    minimum: 1,
  }),
  margin: Type.Integer({ description: 'Slices at each end that no window may hold.', minimum: 0 }),
  leastLabelled: Type.Integer({
    description: 'A slice with fewer labelled voxels than this counts 0.',
    minimum: 0,
  }),
};

const methodFields = {
  epsilon: share('Tolerance ε.'),
  nOpt: patients('Patients the anchor is optimized on.', 0),
  nCal: patients('Patients calibrated on, the opt patients among them.', 1),
  nTest: patients('Patients held out.', 0),
  preset: oneOf('Sets anchor, backtrack, sides and strata where they are not given.', CHOICES.preset),
  anchor: oneOf('How the anchor is found.', CHOICES.anchor),
  anchorVoxels: oneOf(
    "Opt voxels the anchor is solved on: all, or the paper's subsample.",
    CHOICES.anchorVoxels,
  ),
  gap: share('Relative gap between the bounds at which the anchor stops.'),
  backtrack: oneOf(
    'From the anchor along a line, or along the path of the minorant edges.',
    CHOICES.backtrack,
  ),
  sides: oneOf('One λ for both ends of the interval, or one below and one above.', CHOICES.sides),
  strata: Type.Array(Type.String({ pattern: `^(${STRATUM_FEATURES.join('|')}):[1-9][0-9]?$` }), {
    description: 'Splits of every organ by quantiles of features of the prediction, as feature:bins.',
    uniqueItems: true,
  }),
  bound: oneOf(
    'What is guaranteed: the expected risk (crc), or the risk with probability 1 − δ.',
    CHOICES.bound,
  ),
  delta: share('δ of the bounds other than crc.'),
  correction: oneOf('Whether organ-crc divides δ by the organs it controls.', CHOICES.correction),
  heuristic: oneOf('What the interval grows from.', CHOICES.heuristic),
  weightFloor: Type.Number({
    description: 'Least width, in windowed intensity, of the heuristics that scale with one.',
    exclusiveMinimum: 0,
  }),
  alpha: Type.Number({
    description: 'Tail that quantiles of samples leave out on each side.',
    exclusiveMinimum: 0,
    exclusiveMaximum: 0.5,
  }),
  sampleQuantiles: oneOf('Quantiles of samples as they are, or calibrated.', CHOICES.sampleQuantiles),
  within: oneOf('Region the loss is taken over.', CHOICES.within),
  control: Type.Array(Type.String(), { description: 'Organs that organ-crc controls beside the scan risk.' }),
  organCal: oneOf('What organ-crc calibrates on.', CHOICES.organCal),
};

const source = Type.String({
  description:
    'A manifest (.csv, .json), a prepared cohort or a directory tree, relative to this file; or phantom.',
  minLength: 1,
});

const fields = {
  source,
  ...sourceFields,
  procedures: Type.Array(oneOf('A procedure.', PROCEDURES), {
    description: 'Procedures to compare over the same splits.',
    minItems: 1,
    uniqueItems: true,
  }),
  runs: Type.Integer({ description: 'Splits drawn.', minimum: 1 }),
  seed: Type.Integer({ description: 'Seed of the splits.', minimum: 0, maximum: 0xffffffff }),
  ...methodFields,
};
const optionalFields = Type.Partial(Type.Object(fields)).properties;

/** Every setting of one experiment, none required: what the command line and a config file can say. */
export const settingsSchema = Type.Object(optionalFields, { additionalProperties: false });
export type Settings = Type.Static<typeof settingsSchema>;

/** A source of a grid, with what may set it apart from the others. */
const gridSource = Type.Union([
  source,
  Type.Object(
    {
      name: Type.Optional(
        Type.String({ description: 'What its folder is called.', pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$' }),
      ),
      source,
      ...Type.Partial(Type.Object(sourceFields)).properties,
    },
    { additionalProperties: false },
  ),
]);

const axes = Object.entries({ ...methodFields, seed: fields.seed, source: gridSource }).map(
  ([name, values]) => [
    name,
    Type.Optional(Type.Array(values as Type.TSchema, { minItems: 1, uniqueItems: true })),
  ],
);

/** The config file of `semcrc experiment`: settings, and a grid whose every combination becomes a folder. */
export const experimentFileSchema = Type.Object(
  {
    ...optionalFields,
    grid: Type.Optional(
      Type.Object(Object.fromEntries(axes), {
        additionalProperties: false,
        description: 'Axes of a grid: for each setting named, the list of its values.',
      }),
    ),
  },
  { $id: 'semcrc/experiment-config@1', title: 'semcrc experiment config', additionalProperties: false },
);
