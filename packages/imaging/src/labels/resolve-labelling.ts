import { SemcrcError } from '@semcrc/kernels';
import { readTextFile } from '../files/input.ts';
import { assignLabels, type Labelling } from './labelling.ts';
import { namedScheme, parseLabelMap, schemeNames } from './scheme.ts';

/**
 * The labelling that a scheme's name, or the path of a label map ending in .json, stands for.
 *
 * @throws SemcrcError `usage` without a scheme, or for one that is unknown, listing those there are; `bad-input` for a
 *   label map that cannot be read.
 */
export async function resolveLabelling(
  labels: string | undefined,
  extraLabels: readonly string[] = [],
): Promise<Labelling> {
  const known = `${schemeNames.join(', ')}, or the path of a label map (.json)`;
  if (labels === undefined) {
    throw new SemcrcError(
      'usage',
      `say how the segmentations number their labels, with \`labels\`: ${known}`,
      {
        data: { options: ['labels'] },
      },
    );
  }
  const named = namedScheme(labels);
  if (named) return assignLabels(named, extraLabels);
  if (!/\.json$/i.test(labels)) {
    throw new SemcrcError('usage', `\`labels\` ${labels} is no label scheme; there are ${known}`, {
      data: { labels, options: ['labels'] },
    });
  }
  const text = await readTextFile(labels);
  return assignLabels(parseLabelMap(text, labels), extraLabels);
}
