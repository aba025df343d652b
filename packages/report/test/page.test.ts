import { describe, expect, it } from 'vitest';
import { experimentReport, png } from '../src/pages.ts';
import { madeDocument, madeExample } from './made.ts';

const HOSTILE = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  '\u202egnissim',
  `${'long '.repeat(60)}`,
  '</style><svg onload=alert(1)>',
  "'; drop",
  '&lt;b&gt;',
];

const curve = { lambda: [0, 0.1, 0.2], risk: [0.3, 0.1, 0.001], organs: { 7: [0.4, 0.2, 0.01] } };
const reported = (document: ReturnType<typeof madeDocument>, scan?: string) => ({
  name: 'made',
  document,
  curve,
  mended: null,
  background: null,
  example: madeExample(scan),
  digest: 'ab'.repeat(32),
});
const hostileDocument = () =>
  madeDocument({
    labels: {
      0: 'background',
      1: 'body',
      2: HOSTILE[0],
      7: HOSTILE[1],
      10: HOSTILE[2],
      12: HOSTILE[3],
      13: HOSTILE[4],
    },
    scanName: (at) => `${HOSTILE[at % HOSTILE.length]}${at}`,
    source: HOSTILE[1],
  });

describe('the page of an experiment', () => {
  it('shows names as text, whatever they hold', async () => {
    const { page } = await experimentReport([reported(hostileDocument(), HOSTILE[0])], { semcrc: '0.1.0' });
    expect(page).not.toMatch(/<script|<img|onerror=alert\(1\)>|<svg onload/);
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(page).toContain('⟨U+202E⟩');
    expect(page).not.toContain('\u202e');
  });

  it('flags a promise that was not kept at a tolerance not shown in full', async () => {
    const kept = reported(madeDocument());
    const broken = reported(madeDocument({ epsilon: 0.05, risk: 0.2 }));
    const { page } = await experimentReport([kept, broken], { semcrc: '0.1.0' });
    expect(page).toContain('CRC at ε = 0.05');
    expect(page).toContain('the promise does not hold for these scans');
  });

  it('names no address of any network and allows no request', async () => {
    const { page } = await experimentReport([reported(madeDocument())], { semcrc: '0.1.0' });
    const addresses = [...page.matchAll(/(?:href|src|url)\s*[=(]\s*["']?([^"')\s>]+)/g)].map(([, to]) => to);
    expect(addresses.filter((to) => !/^(data:|#)/.test(to))).toEqual([]);
    expect(page).toContain("default-src 'none'");
  });

  it('has no id twice', async () => {
    const { page } = await experimentReport([reported(madeDocument())], { semcrc: '0.1.0' });
    const ids = [...page.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
    expect(ids.length).toBeGreaterThan(10);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('is the same bytes for the same experiment', async () => {
    const [once, again] = await Promise.all(
      [1, 2].map(async () => (await experimentReport([reported(madeDocument())], { semcrc: '0.1.0' })).page),
    );
    expect(again).toBe(once);
  });

  it('stays under 6 MB for 200 runs at 20 tolerances', async () => {
    const many = Array.from({ length: 20 }, (_, at) =>
      reported(madeDocument({ seed: at, runs: 200, epsilon: (at + 1) / 100, tests: 128 })),
    );
    const { page } = await experimentReport(many, { semcrc: '0.1.0' });
    expect(page.length).toBeLessThan(6e6);
  });

  it('draws its figures as pictures with text in them', async () => {
    const { figures } = await experimentReport([reported(madeDocument())], { semcrc: '0.1.0' });
    expect(figures.map(({ name }) => name)).toEqual([
      ...['runs.svg', 'scans.svg', 'organs.svg', 'lambda.svg', 'risk-curve.svg', 'certificate.svg'],
      ...['anatomy.svg', 'widths.svg'],
    ]);
    const [runs] = figures;
    const withText = png(runs.content);
    const without = png(runs.content.replace(/<text[\s\S]*?<\/text>/g, ''));
    expect(withText.slice(1, 4)).toEqual(Buffer.from('PNG'));
    expect(withText.length).toBeGreaterThan(without.length * 1.2);
  });
});
