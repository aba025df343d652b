import { describe, expect, it } from 'vitest';
import { factsOf } from '../src/experiment.ts';
import { otherExperiments } from '../src/page/other-experiments.ts';
import { experimentReport, png } from '../src/pages.ts';
import { summaryOf } from '../src/verdict/summary.ts';
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
    const { page, figures } = await experimentReport(many, { semcrc: '0.1.0' });
    expect(page.length).toBeLessThan(6e6);
    // All of them are there, the one of a tenth first.
    for (let number = 1; number <= 20; number++) {
      if (number === 10) continue;
      expect(page).toContain(`<div id="e${number}">`);
      expect(page).toContain(`<figure id="e${number}-runs">`);
      expect(page).toContain(`download="e${number}-organs.csv"`);
      expect(figures.map(({ name }) => name)).toContain(`e${number}-runs.svg`);
    }
  }, 120_000);

  it('shows every experiment of several, a table for each source and task, and of each pair one in full', async () => {
    const of = (source: string, epsilon: number) => reported(madeDocument({ source, epsilon }));
    const several = [
      of('a/manifest.csv', 0.05),
      of('a/manifest.csv', 0.1),
      of('b.csv', 0.2),
      of('b.csv', 0.12),
    ];
    const { page, figures } = await experimentReport(several, { semcrc: '0.1.0' });
    const names = figures.map(({ name }) => name);
    const results = ['runs', 'scans', 'organs', 'lambda'];
    const whole = [...results, 'risk-curve', 'certificate', 'anatomy', 'widths'];
    expect(names).toEqual([
      'tolerances.svg',
      ...whole.map((name) => `${name}.svg`),
      ...results.map((name) => `e1-${name}.svg`),
      ...results.map((name) => `e3-${name}.svg`),
      ...whole.map((name) => `e4-${name}.svg`),
    ]);
    for (const name of names) expect(page).toContain(`<figure id="${name.replace('.svg', '')}">`);
    expect(page.match(/<h3><bdi>(a\/manifest|b)\.csv<\/bdi><\/h3>/g)).toHaveLength(2);
    const ids = [...page.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const rows = page.match(/<th scope="row" class="text">K-CRC<\/th><td>0\.\d+<\/td>/g);
    expect(rows).toEqual(
      ['0.05', '0.1', '0.2', '0.12'].map((epsilon) => expect.stringContaining(`<td>${epsilon}<`)),
    );
  });

  it('names the files of figures that would make it too long', () => {
    const [shown, ...rest] = [0.1, 0.2, 0.3].map((epsilon) => factsOf(reported(madeDocument({ epsilon }))));
    const others = rest.map((facts, at) => ({
      ...{ facts, summary: summaryOf(facts), figures: [], number: at + 2, leads: false },
    }));
    const all = otherExperiments(others, shown, 1e6).markup;
    expect(all).toMatch(/id="e2".*id="e3"/s);
    expect(all).not.toContain('too long');
    const one = otherExperiments(others, shown, (all.length / 2) | 0).markup;
    expect(one).toContain('id="e2"');
    expect(one).not.toContain('id="e3"');
    expect(one).toMatch(/too long with the figures of ε = 0\.3 \(e3\)/);
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
