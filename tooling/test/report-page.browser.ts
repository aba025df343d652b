import { createRequire } from 'node:module';
import type { EvaluationDocument } from '@semcrc/core';
import type { Card } from '@semcrc/report';
import { calibrationReport, experimentReport } from '@semcrc/report/pages';
import { HtmlValidate } from 'html-validate';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  madeCalibration,
  madeDocument,
  madeEvaluation,
  madeExample,
} from '../../packages/report/test/made.ts';
import { launchChromium, reasonToSkip } from '../browser/chromium.mjs';

const reason = reasonToSkip();
const axeFile = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

const NAMES = [
  '<script>globalThis.hit = 1</script>',
  '"><img src=x onerror="globalThis.hit = 1">',
  '\u202eabc',
  'שלום',
  'x'.repeat(300),
];

const curve = { lambda: [0, 0.1, 0.2], risk: [0.3, 0.1, 0.001], organs: { 7: [0.4, 0.2, 0.01] } };

let made: Promise<Record<string, string>> | undefined;
const pages = () => (made ??= makePages());

async function makePages(): Promise<Record<string, string>> {
  const labels = { 0: 'background', 1: 'body', 2: NAMES[0], 7: NAMES[1], 10: NAMES[3], 12: NAMES[4] };
  const plain = {
    name: 'made',
    document: madeDocument(),
    curve,
    mended: null,
    background: null,
    example: madeExample(),
    digest: 'ab'.repeat(32),
  };
  const hostile = {
    ...plain,
    document: madeDocument({ labels, scanName: (at) => NAMES[at % 5] + at, source: NAMES[1], risk: 0.2 }),
    example: madeExample(NAMES[0]),
  };
  const tolerances = [0.05, 0.1, 0.15].map((epsilon) => ({ ...plain, document: madeDocument({ epsilon }) }));
  const calibration = {
    name: NAMES[0],
    document: madeCalibration(),
    digest: 'cd'.repeat(32),
    checks: ['semcrc evaluate <file>'],
  };
  const evaluation: { name: string; document: EvaluationDocument; digest: string } = {
    name: 'evaluation.json',
    document: madeEvaluation(),
    digest: 'ef'.repeat(32),
  };
  const versions = { semcrc: '0.1.0' };
  return {
    experiment: (await experimentReport([plain], versions)).page,
    'hostile names': (await experimentReport([hostile], versions)).page,
    tolerances: (await experimentReport(tolerances, versions)).page,
    calibration: (await calibrationReport({ ...calibration, evaluation: null }, versions)).page,
    evaluation: (await calibrationReport({ ...calibration, evaluation }, versions)).page,
  };
}

describe('report pages', () => {
  it('are valid HTML', async () => {
    const validator = new HtmlValidate({
      extends: ['html-validate:standard'],
      rules: {
        // How markup is spaced and indented does not matter to a reader, nor does the length of a data URL.
        'no-trailing-whitespace': 'off',
        'long-title': 'off',
        // The policy forbids other style sheets, so the few widths of figures stand beside them.
        'no-inline-style': 'off',
        'require-sri': 'off',
        // A region that scrolls has to be reached by keyboard.
        'prefer-native-element': 'off',
      },
    });
    for (const [name, page] of Object.entries(await pages())) {
      const { results } = await validator.validateString(page);
      const problems = results.flatMap(({ messages }) =>
        messages.map(
          ({ ruleId, message, line, column }) => `${name}:${line}:${column} ${ruleId}: ${message}`,
        ),
      );
      expect(problems).toEqual([]);
    }
  });
});

if (reason !== undefined) console.warn(`report pages in a browser are skipped: ${reason}`);

describe.skipIf(reason !== undefined)('report pages in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  async function opened(page: string, look: { width: number; scheme: 'light' | 'dark'; script?: boolean }) {
    const context = await browser.newContext({
      viewport: { width: look.width, height: 900 },
      colorScheme: look.scheme,
      offline: true,
      bypassCSP: true,
    });
    const tab = await context.newPage();
    const requests: string[] = [];
    tab.on('request', (request) => {
      if (!/^(data|blob|about):/.test(request.url())) requests.push(request.url());
    });
    await tab.setContent(page, { waitUntil: 'load' });
    return { tab, requests, close: () => context.close() };
  }

  it('have no violation that axe-core finds, light and dark, on a phone and on a desk', async () => {
    for (const [name, page] of Object.entries(await pages())) {
      for (const look of [
        { width: 360, scheme: 'light' },
        { width: 1440, scheme: 'dark' },
      ] as const) {
        const { tab, close } = await opened(page, look);
        await tab.evaluate(() => {
          for (const details of document.querySelectorAll('details')) details.open = true;
        });
        await tab.addScriptTag({ path: axeFile });
        const violations = await tab.evaluate(async () => {
          const { axe } = globalThis as unknown as {
            axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
          };
          const found = await axe.run();
          return found.violations.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 160)}`);
        });
        expect(violations, `${name}, ${look.scheme}, ${look.width} px`).toEqual([]);
        await close();
      }
    }
  }, 240_000);

  it('ask for nothing, run nothing that a name says, and never scroll sideways as a whole', async () => {
    for (const [name, page] of Object.entries(await pages())) {
      for (const width of [360, 1440]) {
        const { tab, requests, close } = await opened(page, { width, scheme: 'light' });
        expect(requests, name).toEqual([]);
        const state = await tab.evaluate(() => ({
          hit: (globalThis as { hit?: number }).hit ?? null,
          wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
        }));
        expect(state, `${name}, ${width} px`).toEqual({ hit: null, wide: 0 });
        await close();
      }
    }
  });

  it('are read by keyboard: the way past the contents first, folds that open, regions that scroll', async () => {
    const { tab, close } = await opened((await pages()).experiment, { width: 360, scheme: 'light' });
    await tab.keyboard.press('Tab');
    expect(await tab.evaluate(() => document.activeElement?.className)).toBe('skip');
    const reached = await tab.evaluate(() =>
      [...document.querySelectorAll('.scroll')].every((region) => (region as HTMLElement).tabIndex === 0),
    );
    expect(reached).toBe(true);
    await tab.locator('summary').first().focus();
    await tab.keyboard.press('Enter');
    expect(await tab.locator('details').first().getAttribute('open')).toBe('');
    await close();
  });

  it('hand out the data behind a figure as it was', async () => {
    const { tab, close } = await opened((await pages()).experiment, { width: 1440, scheme: 'light' });
    const href = (await tab.locator('a[download="runs.json"]').getAttribute('href'))!;
    const rows = JSON.parse(Buffer.from(href.split('base64,')[1], 'base64').toString('utf8'));
    const [first] = madeDocument().runs;
    expect(rows[0]).toMatchObject({ run: first.run, risk: first.test!.risk, length: first.test!.length });
    const cards = Buffer.from(
      (await (
        await opened((await pages()).calibration, { width: 1440, scheme: 'light' })
      ).tab
        .locator('a[download="calibration-card.json"]')
        .getAttribute('href'))!.split('base64,')[1],
      'base64',
    ).toString('utf8');
    expect((JSON.parse(cards) as Card).epsilon).toBe(madeCalibration().epsilon);
    await close();
  });
});
