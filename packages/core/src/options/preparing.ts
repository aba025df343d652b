import Type, { type Static } from 'typebox';
import { Create } from 'typebox/value';
import type { Immutable } from './immutable.ts';

/** Schema of a value that a source may not know; null says so. */
const orNull = <Schema extends Type.TSchema>(schema: Schema, description: string) =>
  Type.Union([schema, Type.Null()], { description });

const millimetres = Type.Number({ exclusiveMinimum: 0 });
const pixels = Type.Integer({ minimum: 1 });
/** HU far beyond what a scanner writes: numbers outside are no window's. */
const hounsfield = Type.Number({ minimum: -1e6, maximum: 1e6 });

/** How intensities and labels of files are read. */
const reading = {
  labels: Type.String({
    minLength: 1,
    description:
      'How the segmentations number their labels: the name of a scheme, or the path of a label map (.json).',
  }),
  extraLabels: Type.Array(Type.String(), {
    uniqueItems: true,
    default: [],
    description: 'Labels beside the nine organs that get a λ of their own.',
  }),
  window: Type.Tuple([hounsfield, hounsfield], {
    default: [-175, 250],
    description: 'HU window of the truth that becomes 0..1.',
  }),
  predictionUnits: Type.Enum(['window', 'hu'], {
    default: 'window',
    description: 'Predictions in 0..1, or in HU, windowed as the truth is.',
  }),
  truthUnits: Type.Enum(['hu', 'window'], {
    default: 'hu',
    description: 'Ground truth in HU, or in 0..1 already.',
  }),
};

/** How far the files of a scan may disagree on where it lies. Nothing of a sample follows from it. */
const affineTolerance = Type.Number({
  exclusiveMinimum: 0,
  maximum: 0.5,
  default: 0.01,
  description:
    "Distance that corners of one scan's files may stand apart, as a share of the smallest side of a voxel.",
});

/** How the paper (section 4) takes a few slices of one size from a scan. */
const paperSlices = {
  spacing: orNull(
    Type.Tuple([millimetres, millimetres, millimetres]),
    "Resample to this spacing along x, y, z in mm; null keeps each scan's own.",
  ),
  slices: Type.Integer({
    minimum: 1,
    default: 4,
    description: 'Slices taken from the window, evenly spread.',
  }),
  size: Type.Tuple([pixels, pixels], {
    default: [256, 256],
    description: 'Height and width that slices are cropped or padded to.',
  }),
  windowSlices: Type.Integer({
    minimum: 1,
    default: 48,
    description: 'Slices in the window with the most labelled voxels.',
  }),
  margin: Type.Integer({
    minimum: 0,
    default: 10,
    description: 'Slices at each end of a scan that no window may hold.',
  }),
  leastLabelled: Type.Integer({
    minimum: 0,
    default: 4000,
    description: 'A slice with fewer labelled voxels than this counts 0.',
  }),
  crop: Type.Enum(['truth', 'point'], {
    default: 'truth',
    description:
      "What scans are cropped to before slices are cut to one size: what is above the window's lower end in the ground truth, as the paper does, or in the point prediction, which scans to come have, too.",
  }),
};

/**
 * What can be asked of the making of scans from files: the settings of a command line or config file. Its defaults are those
 * of the paper; `prepare: 'none'` takes scans whole and none of the settings of slices.
 */
export const PreparingOptions = Type.Object({
  ...reading,
  affineTolerance,
  prepare: Type.Enum(['none', 'paper'], {
    default: 'none',
    description:
      'none: canonical orientation and windowing only, every slice kept; paper: resampled, cropped, and cut to a few slices as in its section 4.',
  }),
  ...paperSlices,
});

type Settings = Immutable<Static<typeof PreparingOptions>>;
/** Any of these settings; what is left out, or undefined, has its default. */
export type PreparingOptions = { readonly [Name in keyof Settings]?: Settings[Name] | undefined };

/** The default of every setting that has one; `labels` must be given where files are read. */
export const PREPARING_DEFAULTS = Create(
  Type.Omit(PreparingOptions, ['labels', 'spacing']),
) as unknown as Omit<Settings, 'labels' | 'spacing'>;

/** What the files of every scan held; null where the source cannot tell. */
const inputs = {
  point: orNull(Type.Boolean(), 'Every scan has a point prediction.'),
  std: orNull(Type.Boolean(), 'Every scan has a standard deviation of the prediction.'),
  body: orNull(Type.Boolean(), 'Every scan has a body mask: label 0 inside it is body, not background.'),
  draws: orNull(
    Type.Integer({ minimum: 0 }),
    'Draws of the prediction that every scan has; 0 where there are none.',
  ),
  segmentation: orNull(
    Type.Enum(['labels', 'masks', 'mixed']),
    'Segmentations are volumes of label numbers, folders of one mask per organ, or some of each.',
  ),
  truthUnits: orNull(reading.truthUnits, 'Unit of the ground truth before windowing.'),
};

const recorded = {
  ...inputs,
  labels: orNull(Type.String(), 'Name of the label scheme, or the path of the label map as it was given.'),
  labelNames: orNull(
    Type.Record(Type.String({ pattern: '^[1-9][0-9]{0,4}$' }), Type.String(), {
      additionalProperties: false,
    }),
    'Number → name of a label map; null for the named schemes.',
  ),
  extraLabels: reading.extraLabels,
  window: orNull(reading.window, 'HU that became 0 and 1.'),
  predictionUnits: reading.predictionUnits,
};

/**
 * Everything in the making of a scan's voxels that λ depends on: scans to come must be prepared the same way. Calibrations,
 * prepared cohorts and experiments record it; null stands for what the source does not tell (the phantom has no files, the
 * store of another program says little).
 */
export const Preparing = Type.Union([
  Type.Object({
    ...recorded,
    prepare: Type.Literal('none'),
    ...{ spacing: Type.Null(), slices: Type.Null(), size: Type.Null() },
    ...{ windowSlices: Type.Null(), margin: Type.Null(), leastLabelled: Type.Null(), crop: Type.Null() },
  }),
  Type.Object({
    ...recorded,
    prepare: Type.Literal('paper'),
    ...paperSlices,
    surroundings: Type.Optional(
      Type.Boolean({
        description:
          'Scans keep what their slices show around what was cropped; false where this is missing.',
      }),
    ),
  }),
]);
export type Preparing = Immutable<Static<typeof Preparing>>;

/** Whether scans were cropped or padded to one size, and keep what their slices show around that. */
export function keepsSurroundings(preparing: Preparing): boolean {
  return preparing.prepare === 'paper' && preparing.surroundings === true;
}

/**
 * Whether samples tell of slices as the predictor gave them, as `apply` sees them: features of a slice are then the same, to
 * the bit, for a voxel calibrated and a voxel applied to. Slices that were cropped or padded must keep what lay around them;
 * resampled ones are others.
 *
 * @param preparing undefined where the source does not tell: it has nothing that it could have cut
 */
export function knowsWholeSlices(preparing: Preparing | undefined): boolean {
  if (preparing === undefined || preparing.prepare === 'none') return true;
  return preparing.spacing === null && keepsSurroundings(preparing);
}

/** What stands in place of the settings of slices where scans are taken whole. */
export const UNCUT = {
  spacing: null,
  slices: null,
  size: null,
  windowSlices: null,
  margin: null,
  leastLabelled: null,
  crop: null,
} as const;

/** The preparing of whole scans of which nothing else is known. */
export const UNKNOWN_PREPARING: Preparing = {
  point: null,
  std: null,
  body: null,
  draws: null,
  segmentation: null,
  truthUnits: null,
  labels: null,
  labelNames: null,
  extraLabels: [],
  window: null,
  predictionUnits: 'window',
  prepare: 'none',
  ...UNCUT,
};
