import { SemcrcError } from '@semcrc/kernels';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';

/** How a segmentation numbers its labels: scheme number (from 1) → name. Number 0 is always "nothing labelled". */
export interface LabelScheme {
  readonly name: string;
  /** In ascending order of number. */
  readonly names: ReadonlyMap<number, string>;
}

/** Numbers names from 1 in order. */
function numbered(name: string, names: string): LabelScheme {
  return { name, names: new Map(names.split(/\s+/).map((label, index) => [index + 1, label])) };
}

function sequence(prefix: string, from: number, to: number): string {
  const step = from <= to ? 1 : -1;
  const count = Math.abs(to - from) + 1;
  return Array.from({ length: count }, (_, index) => `${prefix}${from + index * step}`).join(' ');
}

/** SuPreM, 32 classes: the order of ORGAN_NAME in github.com/MrGiovanni/SuPreM, spelt with the names used here. */
const SUPREM = numbered(
  'suprem',
  'spleen kidney_right kidney_left gallbladder esophagus liver stomach aorta inferior_vena_cava ' +
    'portal_vein_and_splenic_vein pancreas adrenal_gland_right adrenal_gland_left duodenum hepatic_vessel ' +
    'lung_right lung_left colon intestine rectum bladder prostate femur_left femur_right celiac_trunk ' +
    'kidney_tumor liver_tumor pancreas_tumor hepatic_vessel_tumor lung_tumor colon_tumor kidney_cyst',
);

/** TotalSegmentator v2, task "total", 117 classes: class_map of github.com/wasserth/TotalSegmentator (map_to_binary.py). */
const TOTALSEGMENTATOR = numbered(
  'totalsegmentator',
  [
    'spleen kidney_right kidney_left gallbladder liver stomach pancreas adrenal_gland_right adrenal_gland_left',
    'lung_upper_lobe_left lung_lower_lobe_left lung_upper_lobe_right lung_middle_lobe_right',
    'lung_lower_lobe_right esophagus trachea thyroid_gland small_bowel duodenum colon urinary_bladder prostate',
    'kidney_cyst_left kidney_cyst_right sacrum vertebrae_S1',
    sequence('vertebrae_L', 5, 1),
    sequence('vertebrae_T', 12, 1),
    sequence('vertebrae_C', 7, 1),
    'heart aorta pulmonary_vein brachiocephalic_trunk subclavian_artery_right subclavian_artery_left',
    'common_carotid_artery_right common_carotid_artery_left brachiocephalic_vein_left',
    'brachiocephalic_vein_right atrial_appendage_left superior_vena_cava inferior_vena_cava',
    'portal_vein_and_splenic_vein iliac_artery_left iliac_artery_right iliac_vena_left iliac_vena_right',
    'humerus_left humerus_right scapula_left scapula_right clavicula_left clavicula_right femur_left',
    'femur_right hip_left hip_right spinal_cord gluteus_maximus_left gluteus_maximus_right',
    'gluteus_medius_left gluteus_medius_right gluteus_minimus_left gluteus_minimus_right autochthon_left',
    'autochthon_right iliopsoas_left iliopsoas_right brain skull',
    sequence('rib_left_', 1, 12),
    sequence('rib_right_', 1, 12),
    'sternum costal_cartilages',
  ].join(' '),
);

/** TotalSegmentator v2, task "total_mr", 50 classes: the same class map. */
const TOTALSEGMENTATOR_MR = numbered(
  'totalsegmentator-mr',
  'spleen kidney_right kidney_left gallbladder liver stomach pancreas adrenal_gland_right adrenal_gland_left ' +
    'lung_left lung_right esophagus small_bowel duodenum colon urinary_bladder prostate sacrum vertebrae ' +
    'intervertebral_discs spinal_cord heart aorta inferior_vena_cava portal_vein_and_splenic_vein ' +
    'iliac_artery_left iliac_artery_right iliac_vena_left iliac_vena_right humerus_left humerus_right ' +
    'scapula_left scapula_right clavicula_left clavicula_right femur_left femur_right hip_left hip_right ' +
    'gluteus_maximus_left gluteus_maximus_right gluteus_medius_left gluteus_medius_right gluteus_minimus_left ' +
    'gluteus_minimus_right autochthon_left autochthon_right iliopsoas_left iliopsoas_right brain',
);

/** FLARE 2022 and 2023, 13 organs and the tumour: the challenge's label ids. */
const FLARE = numbered(
  'flare',
  'liver kidney_right spleen pancreas aorta inferior_vena_cava adrenal_gland_right adrenal_gland_left ' +
    'gallbladder esophagus stomach duodenum kidney_left tumor',
);

/** AbdomenAtlas 1.0 (AbdomenAtlas-8K), 9 organs in alphabetical order: class map of github.com/MrGiovanni/AbdomenAtlas. */
const ABDOMENATLAS = numbered(
  'abdomenatlas',
  'aorta gallbladder kidney_left kidney_right liver pancreas inferior_vena_cava spleen stomach',
);

const SCHEMES: ReadonlyMap<string, LabelScheme> = new Map(
  [SUPREM, TOTALSEGMENTATOR, TOTALSEGMENTATOR_MR, FLARE, ABDOMENATLAS].map((scheme) => [scheme.name, scheme]),
);

/** The schemes known by name, in the order help should list them. */
export const schemeNames: readonly string[] = [...SCHEMES.keys()];

/** The scheme of that name, or undefined: the caller then takes the word for the path of a label map. */
export function namedScheme(name: string): LabelScheme | undefined {
  return SCHEMES.get(name);
}

/** Names of the schemes that agree with every name of a table; a number that a scheme does not have disagrees. */
export function schemesThatFit(table: ReadonlyMap<number, string>): readonly string[] {
  const named = [...table].filter(([number]) => number !== 0);
  return [...SCHEMES.values()]
    .filter(({ names }) =>
      named.every(([number, name]) => canonicalName(names.get(number) ?? '') === canonicalName(name)),
    )
    .map(({ name }) => name);
}

/** Other spellings of the same structure, as data sets and models write them. */
const ALIASES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    right_kidney: 'kidney_right',
    left_kidney: 'kidney_left',
    gall_bladder: 'gallbladder',
    oesophagus: 'esophagus',
    postcava: 'inferior_vena_cava',
    post_cava: 'inferior_vena_cava',
    ivc: 'inferior_vena_cava',
    right_adrenal_gland: 'adrenal_gland_right',
    left_adrenal_gland: 'adrenal_gland_left',
    right_lung: 'lung_right',
    left_lung: 'lung_left',
    celiac_truck: 'celiac_trunk',
    tumour: 'tumor',
  }),
);

/** One spelling for names that mean the same: lower case, words joined by underscores, known aliases resolved. */
export function canonicalName(name: string): string {
  const plain = name
    .trim()
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');
  return ALIASES.get(plain) ?? plain;
}

/**
 * The JSON of a label map, for segmentations numbered as no named scheme has it. `labels` maps each number (1 to
 * 65535) to a name; names of the nine organs (and common spellings of them) become those organs, the others count as
 * body unless asked for.
 */
export const labelMapSchema = Type.Object(
  {
    schema: Type.Literal('semcrc/labels@1'),
    name: Type.Optional(Type.String({ minLength: 1 })),
    labels: Type.Record(Type.String({ pattern: '^[1-9][0-9]{0,4}$' }), Type.String({ minLength: 1 }), {
      minProperties: 1,
      additionalProperties: false,
    }),
  },
  { additionalProperties: false },
);

const labelMap = Compile(labelMapSchema);

const LARGEST_LABEL = 65535;

/** The JSON of nnU-Net's `dataset.json`, as far as labels go: name → number, or (version 1) number → name. */
const datasetSchema = Compile(
  Type.Object({
    schema: Type.Optional(Type.Undefined()),
    labels: Type.Record(
      Type.String(),
      Type.Union([Type.String(), Type.Integer(), Type.Array(Type.Integer())]),
    ),
  }),
);

/** Fields that tell an nnU-Net dataset from a label map without its schema. */
const NNUNET_FIELDS = ['channel_names', 'modality', 'numTraining', 'file_ending'];

/** The label map of an nnU-Net dataset; undefined where the JSON is none. @throws SemcrcError `bad-input` for regions. */
function fromDataset(json: unknown, file: string): unknown {
  if (!datasetSchema.Check(json) || 'schema' in json) return undefined;
  if (!NNUNET_FIELDS.some((field) => Object.hasOwn(json, field))) return undefined;
  const labels: [string, string][] = [];
  for (const [key, value] of Object.entries(json.labels)) {
    if (Array.isArray(value)) {
      throw new SemcrcError(
        'bad-input',
        `${file}: "${key}" is a region of several labels; expected one number for each name, as segmentations hold them`,
        { data: { file, label: key } },
      );
    }
    const [number, name] = typeof value === 'string' ? [key, value] : [String(value), key];
    // nnU-Net trains on what is to be ignored under a number of its own.
    if (number !== '0') labels.push([number, name]);
  }
  return { schema: 'semcrc/labels@1', labels: Object.fromEntries(labels) };
}

/**
 * Reads a label map: `{"schema": "semcrc/labels@1", "labels": {"1": "spleen", "2": "lesion"}}`.
 *
 * nnU-Net's `dataset.json` is one, too.
 *
 * @param file named in errors and, without a `name` of its own, the scheme's name.
 * @throws SemcrcError `bad-input` for JSON that is none or does not fit, for numbers over 65535 and for a name given twice.
 */
export function parseLabelMap(text: string, file: string): LabelScheme {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new SemcrcError('bad-input', `${file} is not JSON: ${(cause as Error).message}`, {
      data: { file },
      cause,
    });
  }
  json = fromDataset(json, file) ?? json;
  if (!labelMap.Check(json)) {
    const problem = labelMap.Errors(json)[0];
    const where = problem?.instancePath || 'the top level';
    throw new SemcrcError(
      'bad-input',
      `${file} is not a label map: at ${where}, ${problem?.message ?? 'it does not fit'}; expected ` +
        '{"schema": "semcrc/labels@1", "labels": {"1": "spleen", "2": "liver", …}} with numbers from 1 to 65535',
      { data: { file, where } },
    );
  }
  const names = new Map<number, string>();
  const numberOf = new Map<string, number>();
  for (const [key, name] of Object.entries(json.labels)) {
    const number = Number(key);
    const plain = canonicalName(name);
    const other = numberOf.get(plain);
    if (number > LARGEST_LABEL || plain === '') {
      throw new SemcrcError(
        'bad-input',
        `${file}: label ${key} ("${name}") must have a number up to ${LARGEST_LABEL} and a name with letters or digits`,
        { data: { file, label: key } },
      );
    }
    if (other !== undefined) {
      throw new SemcrcError('bad-input', `${file}: labels ${other} and ${number} are both named "${plain}"`, {
        data: { file, labels: [other, number] },
      });
    }
    numberOf.set(plain, number);
    names.set(number, plain);
  }
  return { name: json.name ?? file, names: new Map([...names].sort(([a], [b]) => a - b)) };
}
