import { SemcrcError } from '@semcrc/kernels';
import { canonicalName, type LabelScheme, schemesThatFit } from './scheme.ts';

/** Label id of voxels that belong to nothing: outside the body. */
export const BACKGROUND = 0;
/** Label id of voxels inside the body that belong to no named organ. */
export const BODY = 1;
/** First label id given to labels asked for by name beyond the nine organs. */
export const FIRST_EXTRA = 64;

/** Label ids of the nine organs, the same whatever scheme the files use: SuPreM's number plus one. */
export const organLabels: Readonly<Record<string, number>> = {
  spleen: 2,
  kidney_right: 3,
  kidney_left: 4,
  gallbladder: 5,
  liver: 7,
  stomach: 8,
  aorta: 9,
  inferior_vena_cava: 10,
  pancreas: 12,
};

/** Stands in `Labelling.labelOf` for label numbers that the scheme does not have. */
export const UNKNOWN_LABEL = 0xffff;

/** What each label number of a segmentation means in this cohort. */
export interface Labelling {
  readonly scheme: LabelScheme;
  /** Names of the labels voxels may have, by label id. */
  readonly labels: Readonly<Record<string, string>>;
  /** Label id of each number of the scheme; `UNKNOWN_LABEL` where the scheme has no such number. Element 0 is the background. */
  readonly labelOf: Uint16Array;
  /** Bytes a label id needs. */
  readonly labelBytes: 1 | 2;
}

/**
 * Assigns label ids to what a scheme numbers: the nine organs get their canonical ids, labels named in `extra` get ids from 64
 * up in the order of their scheme numbers, every other label counts as body.
 *
 * @throws SemcrcError `usage` when `extra` names a label the scheme does not have, or one of the nine organs.
 */
export function assignLabels(scheme: LabelScheme, extra: readonly string[] = []): Labelling {
  const wanted = new Map(extra.map((name) => [canonicalName(name), name]));
  const labelOf = new Uint16Array(Math.max(0, ...scheme.names.keys()) + 1).fill(UNKNOWN_LABEL);
  labelOf[0] = BACKGROUND;
  const labels: Record<string, string> = { [BACKGROUND]: 'background', [BODY]: 'body' };
  let next = FIRST_EXTRA;
  for (const [number, name] of scheme.names) {
    const plain = canonicalName(name);
    const organ = Object.hasOwn(organLabels, plain) ? organLabels[plain] : undefined;
    if (organ !== undefined) {
      labelOf[number] = organ;
      labels[organ] = plain;
    } else if (wanted.has(plain)) {
      labelOf[number] = next;
      labels[next] = name;
      next++;
    } else {
      labelOf[number] = BODY;
    }
    if (organ === undefined) wanted.delete(plain);
  }
  for (const [plain, asked] of wanted) {
    const organ = Object.hasOwn(organLabels, plain) && Object.values(labels).includes(plain);
    throw new SemcrcError(
      'usage',
      organ
        ? `\`extraLabels\` names "${asked}", which always has a λ of its own; leave it out`
        : `\`extraLabels\` names "${asked}", which the label scheme ${scheme.name} does not have; ` +
            `it has ${[...scheme.names.values()].join(', ')}`,
      { data: { label: asked, scheme: scheme.name, options: ['extraLabels'] } },
    );
  }
  return { scheme, labels, labelOf, labelBytes: next > 256 ? 2 : 1 };
}

/** Label names written into a file, by label number. */
export type LabelTable = ReadonlyMap<number, string>;

/**
 * Refuses a file whose own label names contradict the scheme it is said to follow. Numbers the scheme does not have, and
 * number 0, are not judged here: a voxel that uses them is refused when the voxels are read.
 *
 * @throws SemcrcError `bad-input` naming the file, the number and both names.
 */
export function checkLabelTable(table: LabelTable, scheme: LabelScheme, file: string): void {
  for (const [number, found] of table) {
    const expected = scheme.names.get(number);
    if (number === 0 || expected === undefined || canonicalName(found) === canonicalName(expected)) continue;
    const fits = schemesThatFit(table);
    const which = fits.length === 0 ? '' : `: ${fits.join(' or ')} fits`;
    throw new SemcrcError(
      'bad-input',
      `${file}: the file names label ${number} "${found}", but in the label scheme ${scheme.name} ` +
        `label ${number} is "${expected}"; choose the scheme the file follows with \`labels\`${which}`,
      { data: { file, label: number, found, expected, scheme: scheme.name, options: ['labels'] } },
    );
  }
}
