import type { LambdaByGroup } from '@semcrc/core';
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

/** A table without rules or colours: the first column to the left, the others to the right. */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const grid = new Table({
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

const TEXT_WIDTH = 100;

/** Running text in lines of at most 100 characters. */
export function wrapped(text: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > TEXT_WIDTH) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].join('\n');
}
