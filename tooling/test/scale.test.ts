import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { renderScale } from '../bench/scale-table.mjs';

const read = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
const empty =
  'Before.\n\n<!-- figures: made by pnpm run bench:scale -->\nold\n<!-- end of figures -->\n\nAfter.\n';

describe('docs/scale.md', () => {
  it('shows the figures that are recorded', () => {
    const page = read('scale.md');
    expect(renderScale(page, JSON.parse(read('scale.json')))).toBe(page);
  });
});

describe('the table of what a scan takes', () => {
  const recorded = {
    machine: 'A machine',
    date: '2026-01-02',
    load: 1,
    rows: [
      { command: '`prepare`', scans: 4, seconds: 3.2, memoryMiB: 312.4, bytes: 20_000_000 },
      { command: '`profile`', scans: 160, seconds: 1.6, memoryMiB: 141, bytes: 40_000_000 },
      { command: '`report`', scans: 160, seconds: 5, memoryMiB: 250, once: true },
    ],
  };

  it('has what was measured for one scan, and that times 1,000 and 10,000', () => {
    const page = renderScale(empty, recorded);
    expect(page).toContain('Measured on 2026-01-02: A machine, load 1');
    expect(page).toContain('| `prepare` | 800 ms | 13 min | 2.2 h | 310 MiB | 5 MB |\n');
    expect(page).toContain('| `profile` | 10 ms | 10 s | 1.7 min | 140 MiB | 250 kB |\n');
    expect(page).toContain('| `report` | 5 s in all | the same | the same | 250 MiB |  |\n');
    expect(page).not.toContain('old');
    expect(renderScale(page, recorded)).toBe(page);
  });

  it('needs a place for it', () => {
    expect(() => renderScale('Nothing.\n', recorded)).toThrow(/no place/);
  });
});
