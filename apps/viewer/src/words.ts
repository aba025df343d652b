// Numbers and names as people read them.

/** A share as a percentage: 5.47%. */
export function percent(share: number): string {
  if (!Number.isFinite(share)) return '–';
  const value = 100 * share;
  if (value === 0) return '0%';
  return `${value.toFixed(value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2)}%`;
}

/** A tolerance as its reader gave it: 10%, 2.5%. */
export function plainPercent(share: number): string {
  return `${Number((100 * share).toPrecision(6))}%`;
}

/** HU that one unit of windowed intensity spans. */
export function huPerUnit([low, high]: readonly [number, number]): number {
  return high - low;
}

/** A difference in HU with its unit left out: 3 significant digits. */
export function huNumber(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '∞';
  const size = Math.abs(value);
  return minus(value.toFixed(size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2).replace(/^-(0(\.0+)?)$/, '$1'));
}

/** A place on the HU scale, whole; open at an end of the window, where intensities are cut off. */
export function huPlace(value: number, window: readonly [number, number]): string {
  const [low, high] = window;
  if (value <= 0) return `≤ ${minus(low)}`;
  if (value >= 1) return `≥ ${minus(high)}`;
  return minus(Math.round(low + value * (high - low)));
}

const minus = (value: number | string): string => String(value).replace('-', '−');

/**
 * λ of an organ in HU: one number, or from the least to the most of its groups and sides. One that narrows by the whole range or
 * more leaves the point alone.
 */
export function lambdaRange([least, most]: readonly [number, number], unit: number): string {
  const inWords = (value: number): string => (value <= -1 ? 'point' : huNumber(value * unit));
  const [from, to] = [inWords(least), inWords(most)];
  return from === to ? from : `${from} … ${to}`;
}

/** An organ's name for reading: inferior_vena_cava → inferior vena cava; nothing in it can rearrange the line. */
export function organName(name: string): string {
  return (
    name
      .replaceAll('_', ' ')
      .replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '')
      .trim() || 'unnamed'
  );
}

const PROCEDURE_NAMES: Readonly<Record<string, string>> = {
  crc: 'CRC',
  'k-crc': 'K-CRC',
  'sem-crc': 'sem-CRC',
  'organ-crc': 'organ-CRC',
};

/** A procedure as papers write it. */
export function procedureName(procedure: string): string {
  return Object.hasOwn(PROCEDURE_NAMES, procedure) ? PROCEDURE_NAMES[procedure] : procedure;
}

/** Names that tell calibrations apart: by procedure, and where that is not enough by ε, by file, and at last by number. */
export function calibrationNames(
  all: readonly { readonly procedure: string; readonly epsilon: number; readonly file: string }[],
): readonly string[] {
  return [
    ({ epsilon }: (typeof all)[number]) => `, ε = ${plainPercent(epsilon)}`,
    ({ file }: (typeof all)[number]) => ` (${file})`,
    (_: unknown, at: number) => `, no. ${at + 1}`,
  ].reduce(
    (names, more) =>
      names.map((name, at) =>
        names.indexOf(name) === names.lastIndexOf(name) ? name : name + more(all[at], at),
      ),
    all.map(({ procedure }) => procedureName(procedure)),
  );
}

/** A size of memory or of a file: 1.2 GB. */
export function bytes(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toFixed(1)} GB`;
  if (count >= 1e6) return `${(count / 1e6).toFixed(count >= 1e7 ? 0 : 1)} MB`;
  return `${Math.max(1, Math.round(count / 1e3))} kB`;
}

/** A count with its noun. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}

/** Names in a sentence: a, b and c. */
export function listed(names: readonly string[], last = 'and'): string {
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} ${last} ${names[names.length - 1]}`;
}
