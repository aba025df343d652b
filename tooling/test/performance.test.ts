import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { renderPerformance } from '../bench/performance.mjs';

const read = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
const empty =
  'Before.\n\n<!-- figures: made by pnpm run bench:docs -->\nold\n<!-- end of figures -->\n\nAfter.\n';

describe('docs/performance.md', () => {
  it('shows the figures that are recorded', () => {
    const page = read('performance.md');
    expect(renderPerformance(page, JSON.parse(read('performance.json')))).toBe(page);
  });
});

describe('a page of figures', () => {
  it('has a table for each bench that was run, and keeps its prose', () => {
    const figures = [
      { what: 'all', value: 6.349, unit: 's' },
      { what: 'one', value: 0.0123, unit: 's' },
      { what: 'two workers', value: 1.6249, unit: '× as fast as one' },
      { what: 'bandwidth', value: 0.891 },
    ];
    const page = renderPerformance(empty, {
      paper: { machine: 'A machine', date: '2026-01-02', load: 3, figures },
    });
    expect(page.startsWith('Before.\n')).toBe(true);
    expect(page.endsWith('After.\n')).toBe(true);
    expect(page).toContain('on 2026-01-02: A machine, load 3.');
    expect(page).toContain(
      '| all | 6.3 s |\n| one | 12 ms |\n| two workers | 1.6 × as fast as one |\n| bandwidth | 89 % |\n',
    );
    expect(page).not.toContain('old');
    expect(page).not.toContain('Anchors');
  });

  it('comes out the same when it is made twice', () => {
    const recorded = { anchor: { machine: 'A machine', date: '2026-01-02', load: 0, figures: [] } };
    const page = renderPerformance(empty, recorded);
    expect(renderPerformance(page, recorded)).toBe(page);
  });

  it('needs a place for them', () => {
    expect(() => renderPerformance('Nothing.\n', {})).toThrow(/no place/);
  });
});
