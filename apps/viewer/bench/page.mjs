// The built page in Chromium, as a reader uses it, and what it says of its own work.
import { readFileSync } from 'node:fs';
import { launchChromium } from '../../../tooling/browser/chromium.mjs';

const PAGE = new URL('../dist/index.html', import.meta.url);

/**
 * Opens the page in a Chromium of its own.
 * @param {string} [at] which of its tabs
 */
export async function openPage(at = '') {
  const browser = await launchChromium();
  const tab = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  tab.setDefaultTimeout(170_000);
  const opened = performance.now();
  await tab.goto(`${PAGE.href}${at}`, { waitUntil: 'commit' });
  return { browser, tab, opened, close: () => browser.close() };
}

/** Hands files to the page and waits until it shows the scan. */
export async function showScan(tab, paths) {
  await tab.locator('input[data-choice="files"]').setInputFiles(paths);
  await tab.locator('.organs').waitFor();
}

/**
 * Moves the tolerance by a key and waits for the numbers and the picture that belong to it.
 * @returns {Promise<{ compute: number, draw: number, whole: number }>} milliseconds: of intervals and table in the worker; of
 *   drawing the picture; from the key to all of it on screen
 */
export function moveTolerance(tab, key) {
  return tab.evaluate(async (pressed) => {
    const last = (name) => performance.getEntriesByName(name).at(-1);
    const stamp = (name) => last(name)?.startTime;
    const stage = document.querySelector('.stage');
    const canvas = stage.querySelector('canvas');
    const [computed, drawn] = [stamp('semcrc intervals'), stamp('semcrc draw')];
    const start = performance.now();
    stage.dispatchEvent(new KeyboardEvent('keydown', { key: pressed, bubbles: true }));
    while (stamp('semcrc intervals') === computed || stamp('semcrc draw') === drawn)
      await new Promise((resolve) => setTimeout(resolve));
    const drawing = last('semcrc draw');
    // Waits for what the canvas was told to do.
    const waiting = performance.now();
    canvas.getContext('2d').getImageData(0, 0, 1, 1);
    const end = performance.now();
    return {
      compute: last('semcrc intervals').detail.milliseconds,
      draw: drawing.duration + (end - waiting),
      whole: end - start,
    };
  }, key);
}

/** Most memory that any page's process has held, and that of all processes of the browser now, in MiB. */
export async function browserMemory(browser) {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const statusOf = (id) => readFileSync(`/proc/${id}/status`, 'utf8');
  const mebibytes = (text, field) => Number(new RegExp(`${field}:\\s+(\\d+)`).exec(text)?.[1] ?? 0) / 1024;
  const renderers = processInfo.filter(({ type }) => type === 'renderer');
  return {
    page: Math.max(...renderers.map(({ id }) => mebibytes(statusOf(id), 'VmHWM'))),
    browser: processInfo.reduce((sum, { id }) => sum + mebibytes(statusOf(id), 'VmRSS'), 0),
  };
}
