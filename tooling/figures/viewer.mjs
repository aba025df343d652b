// Pictures of the page for README and docs: node tooling/figures/viewer.mjs, after a build
// writes docs/figures/viewer.png (the example) and docs/figures/viewer-compare.png (two procedures, dark).
import { fileURLToPath } from 'node:url';
import { launchChromium } from '../browser/chromium.mjs';

const figures = fileURLToPath(new URL('../../docs/figures/', import.meta.url));
const browser = await launchChromium();
const page = await browser.newPage({
  viewport: { width: 1440, height: 1000 },
  colorScheme: 'light',
  reducedMotion: 'reduce',
});
page.setDefaultTimeout(300_000);
await page.goto(new URL('../../apps/viewer/dist/index.html', import.meta.url).href, { waitUntil: 'commit' });
await page.waitForSelector('.organs');
await drawn();
await page.screenshot({ path: `${figures}viewer.png` });
await page.getByRole('radio', { name: 'side by side', exact: true }).check();
await page.emulateMedia({ colorScheme: 'dark' });
await drawn();
await page.screenshot({ path: `${figures}viewer-compare.png` });
await browser.close();

/** Waits until all is calibrated and drawn. */
async function drawn() {
  await page.waitForFunction(() => document.querySelector('.job') === null);
  await page.waitForTimeout(500);
}
