// Pictures of a report for the README: node tooling/figures/report.mjs <folder of an experiment>
// writes docs/figures/report.png (the first screen) and docs/figures/report-widths.png (widths of one slice).
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { launchChromium } from '../browser/chromium.mjs';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('name the folder of an experiment, which holds report.html');
const figures = fileURLToPath(new URL('../../docs/figures/', import.meta.url));
const browser = await launchChromium();
const page = await browser.newPage({ viewport: { width: 1040, height: 900 }, colorScheme: 'light' });
await page.goto(pathToFileURL(path.resolve(folder, 'report.html')).href);
await page.locator('#verdict').screenshot({ path: `${figures}report.png` });
await page
  .locator('#widths .scroll')
  .first()
  .screenshot({ path: `${figures}report-widths.png` });
await browser.close();
