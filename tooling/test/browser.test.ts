import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { serialExecutor } from '@semcrc/runner/node';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cases } from '../../packages/kernels/test/cases.ts';
import { calibratePhantom } from '../browser/calibration.ts';
import { launchChromium, reasonToSkip } from '../browser/chromium.mjs';
import { drawnBits } from '../browser/phantom-bits.ts';
import { experimentOnPhantom } from '../browser/phantom-experiment.ts';
import { scanBalls } from '../browser/scan.ts';
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

  it('every kernel agrees with its scalar twin', async () => {
    const { outcome } = await visit(browser, page('kernels'), { timeoutSeconds: 50 });
    expect(outcome).toEqual({ passed: Object.keys(cases), failed: {} });
  });

  it('phantoms, warps, noise, prediction and segmentation have the bits they have in Node', async () => {
    const { outcome } = await visit(browser, page('phantom'));
    expect(outcome).toEqual(await drawnBits());
  });

  it('a network on the embedded runtime blends windows as MONAI does, within 1e-4', async () => {
    const { outcome, requests } = await visit(browser, page('network'));
    const file = readFileSync(page('../../packages/predict/test/goldens/networks/6.values.bin'));
    const expected = new Float32Array(file.buffer.slice(file.byteOffset, file.byteOffset + file.length));
    const values = outcome as number[];
    expect(values).toHaveLength(expected.length);
    expect(Math.max(...values.map((value, at) => Math.abs(value - expected[at])))).toBeLessThan(1e-4);
    expect(requests.filter((path) => path.endsWith('.wasm'))).toHaveLength(1);
  });

  it('a whole CRC calibration gives bitwise what Node gives, and never fetches HiGHS', async () => {
    const { outcome, requests } = await visit(browser, page('crc'));
    expect(outcome).toEqual(await calibratePhantom('crc'));
    expect(requests.filter((path) => /highs/i.test(path))).toEqual([]);
  });

  it('a sem-CRC calibration fetches HiGHS when it needs it, and gives bitwise what Node gives', async () => {
    const { outcome, requests } = await visit(browser, page('sem-crc'));
    expect(outcome).toEqual(await calibratePhantom('sem-crc', 1e-8));
    expect(requests.some((path) => /highs/i.test(path))).toBe(true);
  });

  it.each([
    ['made of the text that the package carries', 'experiment'],
    ['served by a page that forbids blob: workers', 'experiment-served'],
  ])('an experiment in two Workers, %s, gives bitwise the runs that Node gives', async (_, name) => {
    const { outcome } = await visit(browser, page(name));
    const executor = serialExecutor();
    try {
      const runs = await experimentOnPhantom(executor);
      expect(runs).toHaveLength(15);
      for (const { procedure, learned, centre } of runs.slice(12)) {
        expect(Object.keys(learned?.trees ?? {}).length).toBeGreaterThan(5);
        expect(centre !== undefined).toBe(procedure === 'recentred');
      }
      expect(outcome).toEqual(JSON.parse(JSON.stringify(runs)));
    } finally {
      await executor.close();
    }
  });

  it('a helical scan of 64³ voxels is projected and reconstructed bitwise as in Node', async () => {
    const { outcome } = await visit(browser, page('scanner'));
    const inNode = await scanBalls();
    expect(inNode.error).toBeLessThan(0.06);
    expect(outcome).toEqual(inNode);
  });
});
