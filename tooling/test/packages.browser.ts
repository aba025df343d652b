import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { serialExecutor } from '@semcrc/runner/node';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cases } from '../../packages/kernels/test/cases.ts';
import { calibratePhantom } from '../browser/calibration.ts';
import { launchChromium, reasonToSkip, WEBGPU } from '../browser/chromium.mjs';
import { drawnBits } from '../browser/phantom-bits.ts';
import { experimentOnPhantom } from '../browser/phantom-experiment.ts';
import { scanBalls } from '../browser/scan.ts';
import { visitPage } from '../browser/visit.mjs';

const reason = reasonToSkip();
if (reason) console.warn(`browser tests skipped: ${reason}`);
function floats(name: string): Float32Array {
  const file = readFileSync(
    fileURLToPath(new URL(`../../packages/predict/test/goldens/${name}`, import.meta.url)),
  );
  return new Float32Array(file.buffer.slice(file.byteOffset, file.byteOffset + file.length));
}

describe.skipIf(reason !== undefined)('in Chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  it('every kernel agrees with its scalar twin', async () => {
    const { outcome } = await visitPage(browser, 'kernels', { timeoutSeconds: 50 });
    expect(outcome).toEqual({ passed: Object.keys(cases), failed: {} });
  });

  it('phantoms, warps, noise, prediction and segmentation have the bits they have in Node', async () => {
    const { outcome } = await visitPage(browser, 'phantom');
    expect(outcome).toEqual(await drawnBits());
  });

  it('a network on the embedded runtime blends windows as MONAI does, within 1e-4', async () => {
    const { outcome, requests } = await visitPage(browser, 'network');
    const expected = floats('networks/6.values.bin');
    const values = outcome as number[];
    expect(values).toHaveLength(expected.length);
    expect(Math.max(...values.map((value, at) => Math.abs(value - expected[at])))).toBeLessThan(1e-4);
    expect(requests.filter((path) => path.endsWith('.wasm'))).toHaveLength(1);
  });

  it('the networks that ship give what they give in Python, within 1e-4', async () => {
    const { outcome } = await visitPage(browser, 'shipped');
    for (const [name, values] of Object.entries(outcome as Record<string, number[]>)) {
      const expected = floats(`shipped/${name}.bin`);
      expect(values).toHaveLength(expected.length);
      expect(Math.max(...values.map((value, at) => Math.abs(value - expected[at])))).toBeLessThan(1e-4);
    }
    expect(Object.keys(outcome as object)).toEqual(['denoising', 'fbp', 'organs']);
  });

  it.each([
    ['with', WEBGPU],
    ['without', []],
  ])(
    'networks %s WebGPU agree with MONAI within 1e-4, and run elsewhere where it lacks an operator',
    async (_, flags) => {
      const other = await launchChromium({ flags });
      try {
        const { outcome } = await visitPage(other, 'webgpu');
        const { flat, deep } = outcome as Record<
          'flat' | 'deep',
          { ran: string; reasons: string[]; values: number[] }
        >;
        for (const [found, golden] of [
          [flat, 9],
          [deep, 6],
        ] as const) {
          const expected = floats(`networks/${golden}.values.bin`);
          expect(found.values).toHaveLength(expected.length);
          expect(Math.max(...found.values.map((value, at) => Math.abs(value - expected[at])))).toBeLessThan(
            1e-4,
          );
        }
        const sure = 'onnxruntime-web (WebAssembly)';
        if (flags.length > 0) expect([flat.ran, flat.reasons]).toEqual(['onnxruntime-web (WebGPU)', []]);
        else expect([flat.ran, flat.reasons.length]).toEqual([sure, 1]);
        expect([deep.ran, deep.reasons.length]).toEqual([sure, 1]);
      } finally {
        await other.close();
      }
    },
    120_000,
  );

  it('a whole CRC calibration gives bitwise what Node gives, and never fetches HiGHS', async () => {
    const { outcome, requests } = await visitPage(browser, 'crc');
    expect(outcome).toEqual(await calibratePhantom('crc'));
    expect(requests.filter((path) => /highs/i.test(path))).toEqual([]);
  });

  it('a sem-CRC calibration fetches HiGHS when it needs it, and gives bitwise what Node gives', async () => {
    const { outcome, requests } = await visitPage(browser, 'sem-crc');
    expect(outcome).toEqual(await calibratePhantom('sem-crc', 1e-8));
    expect(requests.some((path) => /highs/i.test(path))).toBe(true);
  });

  it.each([
    ['made of the text that the package carries', 'experiment', {}],
    [
      'served by a page that forbids blob: workers',
      'experiment-served',
      { 'Content-Security-Policy': "worker-src 'self'" },
    ],
  ] as const)(
    'an experiment in two Workers, %s, gives bitwise the runs that Node gives',
    async (_, name, headers) => {
      const { outcome } = await visitPage(browser, name, { headers });
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
    },
  );

  it('a helical scan of 64³ voxels is projected and reconstructed bitwise as in Node', async () => {
    const { outcome } = await visitPage(browser, 'scanner');
    const inNode = await scanBalls();
    expect(inNode.error).toBeLessThan(0.06);
    expect(outcome).toEqual(inNode);
  });
});
