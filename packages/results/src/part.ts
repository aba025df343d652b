import { SemcrcError } from '@semcrc/kernels';

/** One of several parts that work is cut into, so that as many processes can do it. */
export interface Part {
  /** From 1 to `of`. */
  readonly index: number;
  readonly of: number;
}

/** Far more than a cluster has tasks; a part number of any length would be no number. */
const MOST_PARTS = 1_000_000_000;

/**
 * Reads `3/7`, the third part of seven, or `slurm`: the part that a task of a Slurm array is to do. An array that begins with 0
 * is counted from 1.
 *
 * @param environment with `slurm`: where the array's variables are
 * @throws SemcrcError `usage` for anything else, and for an array that does not number the parts of a whole
 */
export function parsePart(text: string, environment: Readonly<Record<string, string | undefined>>): Part {
  if (text === 'slurm') return slurmPart(environment);
  const [, index, of] = /^(\d{1,10})\/(\d{1,10})$/.exec(text)?.map(Number) ?? [];
  if (index !== undefined && index >= 1 && index <= of && of <= MOST_PARTS) return { index, of };
  const why = index === 0 ? '; parts are counted from 1' : '';
  throw new SemcrcError(
    'usage',
    `\`part\` is written i/n, the i-th of n parts, or slurm; found ${text}${why}`,
    { data: { options: ['part'], found: text } },
  );
}

function slurmPart(environment: Readonly<Record<string, string | undefined>>): Part {
  const read = (name: string): number | undefined => {
    const value = environment[`SLURM_ARRAY_TASK_${name}`];
    return value !== undefined && /^\d{1,10}$/.test(value) ? Number(value) : undefined;
  };
  const [id, count, first = 1, last = (count ?? 0) + first - 1] = ['ID', 'COUNT', 'MIN', 'MAX'].map(read);
  if (id === undefined || count === undefined) {
    throw new SemcrcError(
      'usage',
      '`part` slurm reads SLURM_ARRAY_TASK_ID and SLURM_ARRAY_TASK_COUNT, which a task of `sbatch --array=1-n` has; ' +
        'they are not set here: give i/n',
      { data: { options: ['part'] } },
    );
  }
  const index = id - first + 1;
  if (first <= 1 && last - first + 1 === count && index >= 1 && index <= count) return { index, of: count };
  throw new SemcrcError(
    'usage',
    `\`part\` slurm needs an array that numbers every part, such as --array=1-${Math.max(last, id)}; this one has ${count} tasks ` +
      `from ${first} to ${last}: to run some parts again, give i/n with the number of all parts`,
    { data: { options: ['part'], id, count, first, last } },
  );
}

/** A part in words: `part 3 of 7`. */
export const partText = ({ index, of }: Part): string => `part ${index} of ${of}`;

/** Where a part's items begin and end among `total`, the end exclusive. Every item belongs to one part, and sizes differ by 1 at most. */
export function partRange({ index, of }: Part, total: number): readonly [begin: number, end: number] {
  const least = Math.floor(total / of);
  const larger = total % of;
  const begin = (index - 1) * least + Math.min(index - 1, larger);
  return [begin, begin + least + (index <= larger ? 1 : 0)];
}

/** Places of a part's items among `total`, ascending; none where there are more parts than items. */
export function partItems(part: Part, total: number): readonly number[] {
  const [begin, end] = partRange(part, total);
  return Array.from({ length: end - begin }, (_, at) => begin + at);
}

/** Numbers in words, rows of them as `4–7`; at most a few. */
export function numbersText(numbers: readonly number[], most = 12): string {
  const rows: string[] = [];
  for (let at = 0; at < numbers.length; ) {
    let end = at;
    while (end + 1 < numbers.length && numbers[end + 1] === numbers[end] + 1) end += 1;
    rows.push(
      end === at ? String(numbers[at]) : `${numbers[at]}${end === at + 1 ? ', ' : '–'}${numbers[end]}`,
    );
    at = end + 1;
  }
  return rows.length <= most ? rows.join(', ') : `${rows.slice(0, most).join(', ')}, …`;
}
