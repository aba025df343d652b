import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { build, preview } from 'vite';
import { launchChromium } from '../../../tooling/browser/chromium.mjs';

/** A Chromium page with the engine and nothing else, served as static files are: without cross-origin isolation. */
export interface OpenEnginePage {
  readonly page: Page;
  /** Paths of what was asked of the server since the page stood. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

/** Builds the page, serves it, and opens it. */
export async function openEnginePage(): Promise<OpenEnginePage> {
  const root = fileURLToPath(new URL('engine-page', import.meta.url));
  const outDir = mkdtempSync(join(tmpdir(), 'semcrc-engine-'));
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    worker: { format: 'es', rolldownOptions: { output: { codeSplitting: false } } },
    build: { outDir, target: 'es2022', minify: false, chunkSizeWarningLimit: 1e6 },
  });
  const server = await preview({
    root,
    configFile: false,
    logLevel: 'error',
    build: { outDir },
    preview: { host: '127.0.0.1', port: 0 },
  });
  const browser = await launchChromium();
  const page = await browser.newPage();
  const address = server.httpServer.address();
  if (address === null || typeof address === 'string') throw new Error('the preview server has no port');
  await page.goto(`http://127.0.0.1:${address.port}/`);
  await page.waitForFunction('globalThis.semcrc !== undefined');
  const requests: string[] = [];
  page.on('request', (request) => {
    if (request.url().startsWith('http')) requests.push(new URL(request.url()).pathname);
  });
  return {
    page,
    requests,
    async close() {
      await browser.close();
      await server.close();
      rmSync(outDir, { recursive: true });
    },
  };
}
