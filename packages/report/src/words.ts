import type { UnitsRecord } from '@semcrc/core';

const PROCEDURE_NAMES: Readonly<Record<string, string>> = {
  crc: 'CRC',
  'k-crc': 'K-CRC',
  'sem-crc': 'sem-CRC',
  'organ-crc': 'organ-CRC',
  pooled: 'pooled',
};

/** A procedure as papers write it. */
export function procedureName(procedure: string): string {
  return Object.hasOwn(PROCEDURE_NAMES, procedure) ? PROCEDURE_NAMES[procedure] : procedure;
}

/** An organ's name for reading: inferior_vena_cava → inferior vena cava. */
export function organName(labels: Readonly<Record<string, string>>, id: string): string {
  const name = Object.hasOwn(labels, id) ? labels[id] : id;
  return visible(name).replaceAll('_', ' ').trim() || `label ${id}`;
}

/** Text with its control and direction-changing characters spelled out, so that no name can rearrange the line it is in. */
export function visible(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (character) => `⟨U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}⟩`,
  );
}

/** At most so many characters, the last of them an ellipsis where some are missing. */
export function shortened(text: string, most: number): string {
  const characters = [...text];
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join('')}…`;
}

/** A share as a percentage with three significant digits: 5.47%. */
export function percent(share: number): string {
  if (!Number.isFinite(share)) return '–';
  const value = 100 * share;
  if (value === 0) return '0%';
  const digits = Math.abs(value) >= 99.95 ? 0 : Math.abs(value) >= 9.995 ? 1 : 2;
  return `${decimal(value, digits)}%`;
}

/** A tolerance or probability as its reader gave it: 10%, 2.5%. */
export function plainPercent(share: number): string {
  return `${Number((100 * share).toPrecision(6))}%`;
}

/** A number with so many digits behind the point, with a true minus and none before a zero. */
export function decimal(value: number, digits: number): string {
  return value
    .toFixed(digits)
    .replace(/^-(0(\.0+)?)$/, '$1')
    .replace('-', '−');
}

/** A λ, width or length in HU with three significant digits; a share of the window where no HU are known. */
export function inHu(share: number, units: UnitsRecord | null): string {
  if (share === Number.POSITIVE_INFINITY) return 'the whole range';
  if (units === null) return `${percent(share)} of the range`;
  const value = share * units.huPerUnit;
  const digits = Math.abs(value) >= 99.95 ? 0 : Math.abs(value) >= 9.995 ? 1 : 2;
  return `${decimal(value, digits)} HU`;
}

/** Names in a sentence: a, b and c. */
export function listed(names: readonly string[]): string {
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} and ${names[names.length - 1]}`;
}

/** A count with its noun. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}
