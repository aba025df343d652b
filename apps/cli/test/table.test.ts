import { afterEach, describe, expect, test, vi } from 'vitest';
import { table, wrapped } from '../src/table.ts';
import { Terminal } from '../src/terminal.ts';

const HEAD = ['organ', 'risk', 'what was found when the scans were read'];
const ROWS = [
  ['inferior_vena_cava', 0.05, 'twelve scans contain it, one of them in a single slice'],
  ['liver', 0.1, 'every scan contains it'],
];

describe('a table', () => {
  test('is as wide as its cells where nothing limits it', () => {
    const lines = table(HEAD, ROWS, Number.POSITIVE_INFINITY).split('\n');
    expect(lines.length).toBe(3);
    expect(lines[1]).toContain('twelve scans contain it, one of them in a single slice');
  });

  test('wraps the words of its widest columns where lines are shorter', () => {
    for (const width of [40, 60, 80]) {
      const lines = table(HEAD, ROWS, width).split('\n');
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
      const words = lines.join(' ').split(/\s+/);
      for (const word of ['twelve', 'scans', 'single', 'slice', '0.05', '0.1']) expect(words).toContain(word);
    }
  });
});

describe('running text', () => {
  test('keeps every word, in lines no longer than asked', () => {
    const text = 'a promise is about the mean over many calibrations, and not about a single scan';
    const lines = wrapped(text, 30).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(30);
    expect(lines.join(' ')).toBe(text);
  });
});

describe('colours', () => {
  const { isTTY } = process.stdout;
  afterEach(() => {
    process.stdout.isTTY = isTTY;
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });

  /** What a terminal gets to see of a line in green. */
  function shown(tty: boolean, noColor: string): string {
    process.stdout.isTTY = tty;
    vi.stubEnv('NO_COLOR', noColor);
    let written = '';
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      written += String(text);
      return true;
    });
    new Terminal({}).print('The promise holds', 'green');
    return written;
  }

  test('are shown in a terminal alone, and not to a user who wants none', () => {
    expect(shown(true, '')).toContain('\u001b[32mThe promise holds');
    expect(shown(true, '1')).toBe('The promise holds\n');
    expect(shown(false, '')).toBe('The promise holds\n');
  });
});
