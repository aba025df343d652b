import { namedScheme, schemeNames } from '@semcrc/imaging';
import { SemcrcError } from '@semcrc/kernels';
import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';

const millimetres = Type.Number({ exclusiveMinimum: 0 });

const common = {
  schema: Type.Literal('semcrc/model@1'),
  name: Type.String({ minLength: 1, description: 'What the network is called in records.' }),
  digest: Type.String({ pattern: '^[0-9a-f]{64}$', description: 'SHA-256 (hex) of the ONNX file.' }),
  dimensions: Type.Enum([2.5, 3], {
    description:
      '2.5: a tensor n × slices × plane, the slices around one being its channels; 3: n × 1 × volume.',
  }),
  context: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 64,
      description:
        'Of a 2.5-D network: k slices on each side, so that 2k + 1 are channels, lowest first; the end slices repeat.',
    }),
  ),
  axes: Type.Enum(['yx', 'xy', 'zyx', 'xyz'], {
    description:
      'Order in which the axes of a volume in RAS stand in the tensor, slowest first: what MONAI loads from NIfTI is xyz.',
  }),
  patch: Type.Array(Type.Integer({ minimum: 1, maximum: 4096 }), {
    minItems: 2,
    maxItems: 3,
    description: 'Window in voxels along x, y and, in three dimensions, z.',
  }),
  overlap: Type.Number({
    minimum: 0,
    exclusiveMaximum: 1,
    description: 'Share of a window that the next one covers again.',
  }),
  spacing: Type.Union([Type.Tuple([millimetres, millimetres, millimetres]), Type.Null()], {
    description: 'Voxel sides along x, y, z in mm that scans are resampled to; null keeps their own.',
  }),
  window: Type.Tuple([Type.Number(), Type.Number()], { description: 'HU that are 0 and 1 to the network.' }),
  clip: Type.Boolean({ description: 'Whether what it sees is clipped to 0..1.' }),
  input: Type.String({ minLength: 1, description: "Name of the graph's input." }),
  output: Type.String({ minLength: 1, description: "Name of the graph's output." }),
  training: Type.Record(Type.String(), Type.Unknown(), {
    description: 'How it was trained and what it reached.',
  }),
};

const ImageModel = Type.Object(
  {
    ...common,
    task: Type.Enum(['denoising', 'reconstruction'], { description: 'What it predicts an image from.' }),
    channels: Type.Array(Type.Enum(['lower', 'point', 'upper']), {
      minItems: 3,
      maxItems: 3,
      uniqueItems: true,
      description: 'What the channels of its output are, in their order.',
    }),
    alpha: Type.Number({
      exclusiveMinimum: 0,
      exclusiveMaximum: 0.5,
      description: 'Lower is this quantile, upper its mirror.',
    }),
  },
  { additionalProperties: false },
);

const SegmentationModel = Type.Object(
  {
    ...common,
    task: Type.Literal('segmentation'),
    scheme: Type.String({ minLength: 1, description: 'Label scheme of the numbers, by name.' }),
    labels: Type.Array(Type.Integer({ minimum: 0, maximum: 65535 }), {
      minItems: 1,
      uniqueItems: true,
      description: 'Number of each output channel in the scheme; 0 is nothing labelled.',
    }),
    threshold: Type.Union([Type.Number(), Type.Null()], {
      description:
        'A voxel takes the label of its largest channel; where that does not exceed the threshold (0 for logits of a sigmoid), none. Null: always the largest.',
    }),
  },
  { additionalProperties: false },
);

/** What stands beside an ONNX file, `semcrc/model@1`: all that running the network on a scan needs and the graph does not say. */
export const ModelRecord = Type.Union([ImageModel, SegmentationModel], {
  $id: 'semcrc/model@1',
  title: 'semcrc model',
});
/** A network that predicts lower, point and upper. */
export type ImageModel = Static<typeof ImageModel>;
/** A network that names organs. */
export type SegmentationModel = Static<typeof SegmentationModel>;
export type ModelRecord = ImageModel | SegmentationModel;

const checkImage = Compile(ImageModel);
const checkSegmentation = Compile(SegmentationModel);

/**
 * The record that a JSON document holds.
 *
 * @param file named in errors.
 * @throws SemcrcError `bad-input` where it is none, or contradicts itself.
 */
export function parseModelRecord(document: unknown, file: string): ModelRecord {
  const record = checked(document, file);
  const { dimensions, patch, axes, context, window } = record;
  const refuse = (expected: string, found: string): never => {
    throw new SemcrcError('bad-input', `${file}: expected ${expected}, found ${found}`, { data: { file } });
  };
  if (patch.length !== Math.floor(dimensions))
    refuse(
      `a \`patch\` of ${Math.floor(dimensions)} sides for \`dimensions\` ${dimensions}`,
      patch.join(', '),
    );
  if (axes.length !== patch.length)
    refuse(`\`axes\` ${dimensions === 3 ? 'zyx or xyz' : 'yx or xy'} for \`dimensions\` ${dimensions}`, axes);
  if ((context === undefined) !== (dimensions === 3))
    refuse(
      dimensions === 3 ? 'no `context` for `dimensions` 3' : '`context` for `dimensions` 2.5',
      context === undefined ? 'none' : String(context),
    );
  if (!(window[0] < window[1])) refuse('a `window` from its lower end in HU to its upper', window.join(', '));
  if (record.task === 'segmentation') checkLabels(record, refuse);
  return record;
}

function checked(document: unknown, file: string): ModelRecord {
  const task = typeof document === 'object' && document !== null && 'task' in document ? document.task : null;
  const schema = task === 'segmentation' ? checkSegmentation : checkImage;
  if (schema.Check(document)) return document;
  const [error] = schema.Errors(document);
  throw new SemcrcError(
    'bad-input',
    `${file}: expected the record of a network (semcrc/model@1), but ${error?.instancePath || 'it'} ${error?.message ?? 'is none'}`,
    { data: { file } },
  );
}

function checkLabels(
  { scheme, labels, threshold }: SegmentationModel,
  refuse: (expected: string, found: string) => never,
): void {
  const numbers = namedScheme(scheme)?.names;
  if (numbers === undefined) refuse(`a \`scheme\` of ${schemeNames.join(', ')}`, scheme);
  const outside = labels.find((label) => label !== 0 && !numbers?.has(label));
  if (outside !== undefined) {
    refuse(`\`labels\` of ${scheme} (1 to ${Math.max(...(numbers?.keys() ?? []))}, or 0)`, String(outside));
  }
  if (threshold === null && labels.length < 2) refuse('two `labels` at least without `threshold`', '1');
}
