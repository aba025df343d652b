import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { calibratePhantom } from '../browser/calibration.ts';
import { launchChromium, reasonToSkip } from '../browser/chromium.mjs';
import { visit } from '../browser/visit.mjs';

const reason = reasonToSkip();
if (reason) console.warn(`browser tests skipped: ${reason}`);
const page = (name: string) => fileURLToPath(new URL(`../browser/${name}`, import.meta.url));

describe.skipIf(reason !== undefined)('in Chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  it('a whole CRC calibration gives bitwise what Node gives, and never fetches HiGHS', async () => {
    const { outcome, requests } = await visit(browser, page('crc'));
    expect(outcome).toEqual(await calibratePhantom('crc'));
    expect(requests.filter((path) => /highs/i.test(path))).toEqual([]);
  });

  it('a sem-CRC calibration fetches HiGHS when it needs it, and gives bitwise what Node gives', async () => {
    const { outcome, requests } = await visit(browser, page('sem-crc'));
    expect(outcome).toEqual(await calibratePhantom('sem-crc'));
    expect(requests.some((path) => /highs/i.test(path))).toBe(true);
  });
});
