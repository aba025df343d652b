import type { LambdaByGroup, UnitsRecord } from '@semcrc/core';
import Table from 'cli-table3';

type Cell = string | number;

const BARE = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
} as const;

/** Longest line of results. */
const TEXT_WIDTH = 100;

/** Characters in a line of running text: those of the terminal, within reason. */
function lineWidth(): number {
  return Math.min(Math.max(process.stdout.columns ?? TEXT_WIDTH, 40), TEXT_WIDTH);
}

/** Characters in a line of a table: those of the terminal; without one, programs read it, and nothing is wrapped. */
function tableWidth(): number {
  return process.stdout.columns ?? Number.POSITIVE_INFINITY;
}

/** Characters between two columns. */
const BETWEEN = 2;
/** A column is not made narrower than this. */
const NARROWEST = 7;

/**
 * A table without rules or colours: the first column to the left, the others to the right. Where it is wider than `width`,
 * its widest columns are made narrower and their words wrapped.
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  width = tableWidth(),
): string {
  const widths = head.map((name, column) =>
    Math.max(...[name, ...rows.map((row) => String(row[column]))].map((cell) => [...cell].length)),
  );
  const total = () => widths.reduce((sum, own) => sum + own + BETWEEN, -BETWEEN);
  while (total() > width && Math.max(...widths) > NARROWEST) widths[widths.indexOf(Math.max(...widths))]--;
  const grid = new Table({
    colWidths: widths,
    wordWrap: true,
    head: [...head],
    chars: BARE,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: head.map((_, column) => (column === 0 ? 'left' : 'right')),
  });
  grid.push(...rows.map((row) => row.map(String)));
  return grid
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Pairs of a name and a text, the texts under each other. */
export function facts(pairs: readonly (readonly [name: string, text: string])[]): string {
  const width = Math.max(...pairs.map(([name]) => [...name].length));
  return pairs.map(([name, text]) => `${name.padEnd(width)}  ${text}`).join('\n');
}

/** A risk, a length or a λ with enough digits to compare; `–` where there is none. */
export function figure(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  return Number.isFinite(value) ? value.toFixed(5) : '∞';
}

/** A λ or a length in HU; `–` where there is none or HU are not known. */
export function inHu(value: number | null | undefined, units: UnitsRecord | null | undefined): string {
  if (value === null || value === undefined || !units) return '–';
  return Number.isFinite(value) ? (value * units.huPerUnit).toFixed(1) : '∞';
}

/** λ of an organ's groups in HU, the range they span where there are several. */
export function lambdaInHu(
  values: readonly LambdaByGroup[string][],
  units: UnitsRecord | null | undefined,
): string {
  const all = values.flatMap((value) =>
    typeof value === 'object' ? [Number(value.below), Number(value.above)] : [Number(value)],
  );
  if (all.length === 0) return '–';
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const drawn = units ? 'to the point' : '–';
  const from = least === -1 ? drawn : inHu(least, units);
  return least === most ? from : `${from} … ${inHu(most, units)}`;
}

/** A λ in HU, both sides where they differ; `–` where there is none or HU are not known. */
export function meanInHu(
  value: LambdaByGroup[string] | undefined,
  units: UnitsRecord | null | undefined,
): string {
  if (value === undefined || !units) return '–';
  if (typeof value !== 'object') return inHu(Number(value), units);
  return `${inHu(Number(value.below), units)} ↓ ${inHu(Number(value.above), units)} ↑`;
}

/** λ of a group, both sides where they differ. */
export function lambdaText(value: LambdaByGroup[string] | undefined): string {
  if (value === undefined) return '–';
  if (typeof value === 'object') return `${figure(Number(value.below))} ↓ ${figure(Number(value.above))} ↑`;
  return figure(Number(value));
}

/** λ of an organ's groups: the one there is, or the range they span. */
export function lambdaRange(values: readonly LambdaByGroup[string][]): string {
  if (values.length === 1) return lambdaText(values[0]);
  const all = values.flatMap((value) =>
    typeof value === 'object' ? [Number(value.below), Number(value.above)] : [Number(value)],
  );
  return all.length === 0 ? '–' : `${figure(Math.min(...all))} … ${figure(Math.max(...all))}`;
}

/** Running text, broken into lines no longer than the width allowed. */
export function wrapped(text: string, width = lineWidth()): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].join('\n');
}
