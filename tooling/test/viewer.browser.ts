import { appendFileSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { decode } from 'fast-png';
import type { Browser, BrowserContextOptions, Download, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { semcrcHere } from '../../apps/cli/test/command.ts';
import { DIMS, niftiBytes, SIZES, scanParts, writeCohort, writeGz } from '../../apps/cli/test/fixture.ts';
import { readPlainNifti } from '../../apps/cli/test/plain-nifti.ts';
import { colourAt, VIRIDIS } from '../../apps/viewer/src/picture/colours.ts';
import { huNumber } from '../../apps/viewer/src/words.ts';
import { launchChromium, reasonToSkip, WEBGL } from '../browser/chromium.mjs';

const html = readFileSync(fileURLToPath(new URL('../../apps/viewer/dist/index.html', import.meta.url)));
const axeFile = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const reason = reasonToSkip();

describe('the page', () => {
  it('is one file under 4 MB gzipped', () => {
    expect(gzipSync(html, { level: 9 }).length).toBeLessThan(4e6);
  });

  it('names no address that it could ask, and may ask none', () => {
    const text = html.toString('utf8');
    expect(text).toMatch(/Content-Security-Policy[^>]*default-src 'none'[^>]*connect-src data: blob:/s);
    expect(text).not.toMatch(/<(script|link|img)[^>]+(src|href)="(?!data:)/);
  });
});

if (reason !== undefined) console.warn(`the viewer in a browser is skipped: ${reason}`);

describe.skipIf(reason !== undefined)('the viewer', () => {
  let browser: Browser;
  let server: Server;
  let folder: string;
  let asked: string[];

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'semcrc-viewer-'));
    const manifest = writeCohort(path.join(folder, 'cohort'));
    const labels = ['--labels', 'suprem', '--workers', '1'];
    const cohort = path.join(folder, 'cohort.zarr');
    await succeeds(['prepare', manifest, ...labels, '--prepare', 'none', '--out', cohort]);
    for (const procedure of ['sem-crc', 'crc']) {
      const out = path.join(folder, `${procedure}.json`);
      const settings = ['--procedure', procedure, ...SIZES, '--epsilon', '0.2', '--curve', '0.12:0.4:0.04'];
      await succeeds(['calibrate', manifest, ...labels, ...settings, '--out', out]);
    }
    await succeeds([
      ...['apply', path.join(folder, 'sem-crc.json'), '--units', 'hu', '--out', path.join(folder, 'applied')],
      ...['lower', 'upper', 'segmentation'].flatMap((role) => [`--${role}`, scanFile(role)]),
    ]);
    server = createServer(({ url }, response) => {
      asked.push(url ?? '');
      const found = url?.split('?')[0] === '/any/folder/index.html';
      response.writeHead(found ? 200 : 404, { 'content-type': 'text/html' });
      response.end(found ? html : '');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    browser = await launchChromium({ flags: WEBGL });
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const scanFile = (role: string) => path.join(folder, 'cohort', 's10', `${role}.nii.gz`);
  const files = (...names: string[]) => names.map((name) => path.join(folder, name));
  const wholeScan = () => [
    ...['truth', 'lower', 'upper', 'segmentation'].map(scanFile),
    ...files('sem-crc.json', 'crc.json'),
  ];

  async function succeeds(args: readonly string[]): Promise<void> {
    const { code, stderr } = await semcrcHere(args);
    expect(`${code} ${code === 0 ? '' : stderr}`).toBe('0 ');
  }

  /** The page, opened, and everything it complained of. */
  async function opened(options: BrowserContextOptions = {}, at = '', before?: () => void) {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
    if (before) await context.addInitScript(before);
    const tab = await context.newPage();
    tab.setDefaultTimeout(60_000);
    const complaints: string[] = [];
    tab.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    tab.on('pageerror', (error) => complaints.push(String(error.stack)));
    asked = [];
    const { port } = server.address() as AddressInfo;
    await tab.goto(`http://127.0.0.1:${port}/any/folder/index.html${at}`);
    return { tab, complaints, close: () => context.close() };
  }

  /** Drops files on the page's head. */
  async function drop(tab: Page, chosen: readonly string[]): Promise<void> {
    const given = chosen.map((file) => [path.basename(file), readFileSync(file).toString('base64')] as const);
    const dataTransfer = await tab.evaluateHandle((files) => {
      const transfer = new DataTransfer();
      for (const [name, base64] of files) {
        transfer.items.add(new File([Uint8Array.from(atob(base64), (one) => one.charCodeAt(0))], name));
      }
      return transfer;
    }, given);
    await tab.locator('header.top').dispatchEvent('drop', { dataTransfer });
  }

  async function openScan(tab: Page, chosen: string[]): Promise<void> {
    await tab.locator('input[data-choice="files"]').setInputFiles(chosen);
  }

  const drawn = (tab: Page) => tab.locator('.stage canvas').first().waitFor({ state: 'visible' });

  /** @param colours whether contrast is looked at, too, or alone: it takes most of the time */
  async function violations(tab: Page, colours: 'too' | 'alone' | 'not' = 'too'): Promise<string[]> {
    // The page's policy lets nothing in, so axe comes by the debugger.
    await tab.evaluate(readFileSync(axeFile, 'utf8'));
    return tab.evaluate(async (which) => {
      const { axe } = globalThis as unknown as {
        axe: { run(options: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
      };
      const options = {
        too: {},
        alone: { runOnly: ['color-contrast'] },
        not: { rules: { 'color-contrast': { enabled: false } } },
      };
      const found = await axe.run(options[which]);
      return found.violations.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 160)}`);
    }, colours);
  }

  describe('with its example', () => {
    let page: Awaited<ReturnType<typeof opened>>;
    beforeAll(async () => {
      page = await opened();
      await page.tab.locator('.organs').waitFor();
    }, 180_000);
    afterAll(() => page?.close());

    it('needs no network once it stands, and moves the tolerance', async () => {
      const { tab } = page;
      const before = [...asked];
      expect(before.filter((url) => !url.endsWith('/favicon.ico'))).toEqual(['/any/folder/index.html']);
      await tab.context().setOffline(true);
      // Its scan is no sample of what it was calibrated on; the first thing said is that.
      expect(await tab.locator('.looking .notes li').first().textContent()).toMatch(
        /^The promise was calibrated on 2 slices of 96 × 96 a scan at .*; these are whole scans of 32 slices .*extrapolation\.$/,
      );
      expect(await tab.locator('.tolerance output').textContent()).toBe('10%');
      expect(await tab.locator('.tolerance .badge').textContent()).toBe('promised');
      const width = async () => Number.parseFloat((await tab.locator('.numbers dd').first().textContent())!);
      const promised = await width();
      await tab.locator('#tolerance').fill('0.05');
      await expect.poll(width, { timeout: 20_000 }).toBeGreaterThan(promised);
      expect(await tab.locator('.tolerance .badge').textContent()).toBe('exploring');
      await tab.getByRole('button', { name: 'Back to 10%' }).click();
      await expect.poll(width, { timeout: 20_000 }).toBe(promised);
      expect(asked).toEqual(before);
    }, 240_000);

    it('is used by keyboard alone: to the picture, through it, over the tolerances and back', async () => {
      const { tab } = page;
      await tab.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
      await tab.locator('body').press('Tab');
      const onStage = () => tab.evaluate(() => document.activeElement?.classList.contains('stage'));
      for (let presses = 0; presses < 40 && !(await onStage()); presses++) await tab.keyboard.press('Tab');
      expect(await onStage()).toBe(true);

      const where = () => tab.locator('.readout .where .muted').textContent();
      const [x, y, z] = (await where())!.match(/\d+/g)!.map(Number);
      for (const key of ['ArrowLeft', 'ArrowUp', 'ArrowUp', 'PageUp']) await tab.keyboard.press(key);
      // The phantom's x runs towards its right, which is drawn at the left.
      await expect.poll(where).toBe(`voxel ${x + 1}, ${y + 2}, ${z + 1}`);

      const tolerance = () => tab.locator('.tolerance output').textContent();
      await tab.keyboard.press(']');
      await expect.poll(tolerance).toBe('11%');
      await tab.keyboard.press('0');
      await expect.poll(tolerance).toBe('10%');
      await tab.keyboard.press('m');
      await expect.poll(() => tab.getByRole('radio', { name: 'missed' }).isChecked()).toBe(true);
      await tab.keyboard.press('?');
      await expect.poll(() => tab.locator('dialog').isVisible()).toBe(true);
      await tab.keyboard.press('Escape');
      await expect.poll(() => tab.locator('dialog').isVisible()).toBe(false);
      // Every organ is a button that leads to it.
      await tab.getByRole('button', { name: 'spleen' }).focus();
      await tab.keyboard.press('Enter');
      await expect.poll(() => tab.locator('.readout strong').textContent()).toBe('spleen');
    }, 120_000);

    it('has no violation that axe-core finds, light and dark, wide and narrow, and never scrolls sideways', async () => {
      const { tab } = page;
      // In the dark only colours differ, on a phone everything else.
      for (const [width, colorScheme, colours] of [
        [1440, 'light', 'too'],
        [1440, 'dark', 'alone'],
        [390, 'light', 'not'],
      ] as const) {
        await tab.setViewportSize({ width, height: 844 });
        await tab.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        await tab.locator(`html[data-theme="${colorScheme}"]`).waitFor({ state: 'attached' });
        for (const name of ['Your cohort', 'Your scan', 'Example']) {
          await tab.getByRole('navigation').getByRole('button', { name }).click();
          expect(await violations(tab, colours), `${name}, ${width} px, ${colorScheme}`).toEqual([]);
          const wide = await tab.evaluate(
            () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
          );
          expect(wide, `${name}, ${width} px`).toBe(0);
        }
      }
    }, 180_000);

    it('calibrates in the page, on phantoms drawn there, to the λ it came with', async () => {
      const { tab } = page;
      await tab.getByRole('button', { name: 'Draw and calibrate them here' }).click();
      const told = tab.getByText(/^Drawn and calibrated in this browser/);
      await told.waitFor({ timeout: 150_000 });
      expect(await told.textContent()).toMatch(/the same λ, bit for bit, by all procedures\.$/);
    }, 180_000);

    it('sends what is dropped on it to the page that it is for, and says when there is none', async () => {
      const { tab } = page;
      await drop(tab, [path.join(folder, 'cohort', 'manifest.csv')]);
      await tab.locator('.notice.bad', { hasText: 'No file is known by its name' }).waitFor();
      await drop(tab, wholeScan());
      await tab.getByRole('heading', { name: 'Your scan' }).waitFor();
      await tab.locator('.organs').waitFor();
      expect(await tab.locator('.notice').count()).toBe(0);
    }, 60_000);

    it('complained of nothing', () => {
      expect(page.complaints).toEqual([]);
    });
  });

  describe('with a scan of its reader', () => {
    let page: Awaited<ReturnType<typeof opened>>;
    beforeAll(async () => {
      page = await opened({}, '#scan');
    }, 60_000);
    afterAll(() => page?.close());

    it('asks for what is missing, and shows the scan once it is whole', async () => {
      const { tab } = page;
      await openScan(tab, wholeScan().slice(0, 3));
      await tab.locator('.files > summary', { hasText: 'calibration.json' }).waitFor();
      expect(await tab.getByLabel('segmentation: needed').count()).toBe(1);
      // There is no place for drops any more: the whole page is one.
      await drop(tab, wholeScan().slice(3));
      await tab.locator('.organs').waitFor();
    }, 120_000);

    it('shows a scan with the numbers, and in the colours, of what the command writes', async () => {
      const { tab } = page;
      const summary = JSON.parse(readFileSync(path.join(folder, 'applied/summary.json'), 'utf8'));
      for (const { name, voxels, meanWidth } of Object.values(summary.organs) as {
        name: string;
        voxels: number;
        meanWidth: number;
      }[]) {
        if (voxels === 0) continue;
        const row = tab.locator('.organs tbody tr', { hasText: name.replaceAll('_', ' ') });
        expect(await row.locator('td').nth(1).textContent(), name).toBe(huNumber(meanWidth));
      }

      await showsWidths(tab);
    }, 180_000);

    it(
      'goes through slices by the wheel, and grows around the pointer with the control key',
      () => followsTheWheel(page.tab),
      60_000,
    );

    it('hands out the files of semcrc apply, voxel for voxel', async () => {
      const { tab } = page;
      await tab.getByRole('button', { name: 'Make the files' }).click();
      for (const name of ['lower', 'upper', 'width', 'lambda']) {
        const saved = await saving(tab, `${name}.nii.gz`);
        const written = readFileSync(path.join(folder, 'applied', `${name}.nii.gz`));
        expect(gunzipSync(saved).equals(gunzipSync(written)), name).toBe(true);
      }
      const { files: _, ...summary } = JSON.parse((await saving(tab, 'summary.json')).toString('utf8'));
      const { files: __, ...written } = JSON.parse(
        readFileSync(path.join(folder, 'applied/summary.json'), 'utf8'),
      );
      expect(summary).toEqual(written);
      const picture = decode(await saving(tab, 'Picture'));
      expect(picture.width).toBeGreaterThan(400);
    }, 180_000);

    it('compares two calibrations, each with its own numbers', async () => {
      const { tab } = page;
      await tab.getByRole('radio', { name: 'side by side' }).check();
      await tab.locator('.procedures select').last().selectOption({ label: 'CRC' });
      const beside = tab.locator('.organs tbody td small');
      await expect.poll(() => beside.count(), { timeout: 20_000 }).toBeGreaterThan(3);
      const lambdas = await tab.locator('.organs tbody td:nth-child(2) small').allTextContents();
      expect(new Set(lambdas).size).toBe(1); // CRC has one λ.
      expect(await tab.locator('.stage canvas').count()).toBe(2);
      // Both show the same part of the scan.
      await tab.locator('.stage').evaluate((stage) => stage.scrollIntoView({ block: 'center' }));
      const under = async (picture: number) => {
        const { x, y, width, height } = (await tab.locator('.stage canvas').nth(picture).boundingBox())!;
        await tab.mouse.move(x + width / 2 - height / 4, y + height / 4);
        return tab.locator('.readout .where .muted').textContent();
      };
      const before = await under(1);
      const { x, y, width, height } = (await tab.locator('.stage canvas').first().boundingBox())!;
      await tab.mouse.move(x + width / 2, y + height / 2);
      await tab.keyboard.down('Control');
      await tab.mouse.wheel(0, -900);
      await tab.keyboard.up('Control');
      await expect.poll(() => under(1)).not.toBe(before);
      expect(await under(0)).toBe(await under(1));
      // Each is told by its own procedure.
      for (const [picture, name] of ['sem-CRC', 'CRC'].entries()) {
        await under(picture);
        expect(await tab.locator('.readout .badge').first().textContent()).toBe(name);
        const organ = await tab.locator('.readout strong').textContent();
        const row = tab.locator('.organs tbody tr', { hasText: organ! });
        const inTable = await row
          .locator('td')
          .first()
          .evaluate((cell, at) => cell.childNodes[at].textContent, picture);
        expect(await tab.locator('.readout dd').last().textContent()).toBe(`${inTable} HU`);
      }
    }, 180_000);

    it('says what is wrong with files, makes the files of a scan too large to look at, and goes on when they are right', async () => {
      const spoil = (name: string, change: (parts: ReturnType<typeof scanParts>) => void): string => {
        const parts = scanParts(10);
        change(parts);
        const at = path.join(folder, name);
        const role = name.replace(/^\w+-/, '').replace('.nii.gz', '') as keyof typeof parts;
        writeGz(at, niftiBytes(parts[role]));
        return at;
      };
      const upper = { dims: [4, 6, 4], type: 'f32' as const, values: new Float32Array(96).fill(0.5) };
      const elsewhere = spoil('small-upper.nii.gz', (parts) => Object.assign(parts, { upper }));
      const series = spoil('series-upper.nii.gz', (parts) =>
        Object.assign(parts, {
          upper: { dims: [...DIMS, 2], type: 'f32', values: new Float32Array(384).fill(0.5) },
        }),
      );
      const { tab, complaints } = page;
      await tab.getByText(/^\d+ files$/).click();
      await tab.getByRole('button', { name: 'Start over' }).click();
      for (const [wrong, says] of [
        [elsewhere, /upper.*4 × 6 × 4|4 × 6 × 4.*upper/s],
        [series, /upper/],
      ] as const) {
        await openScan(tab, [scanFile('lower'), scanFile('segmentation'), wrong, ...files('sem-crc.json')]);
        const alert = tab.locator('.notice.bad');
        await alert.waitFor();
        expect(await alert.textContent()).toMatch(says);
        await tab.getByRole('button', { name: 'Start over' }).click();
      }
      // As long as a file of so many voxels is at least, and cut off.
      const large = spoil('large-lower.nii.gz', (parts) =>
        Object.assign(parts, { lower: { ...parts.lower, dims: [400, 400, 300] } }),
      );
      appendFileSync(large, new Uint8Array(4e5));
      await openScan(tab, [large, ...['upper', 'segmentation'].map(scanFile), ...files('sem-crc.json')]);
      const alert = tab.locator('.notice.bad');
      await alert.waitFor();
      expect(await alert.textContent()).toMatch(/large-lower\.nii\.gz: .*takes \d+\.\d GB .*downloaded/);
      // It is read slab by slab, which says that this one is cut off.
      await tab.getByRole('button', { name: 'Make the files' }).click();
      await tab.locator('.notice.bad', { hasText: 'large-lower.nii.gz' }).waitFor();
      await tab.getByRole('button', { name: 'Start over' }).click();
      // A file that is changed under the page is named, and can be chosen again.
      const changing = path.join(folder, 'upper.nii.gz');
      copyFileSync(scanFile('upper'), changing);
      await openScan(
        tab,
        wholeScan().filter((file) => file !== scanFile('upper')),
      );
      const more = tab.locator('input[data-choice="more"]');
      await more.setInputFiles(changing);
      expect(await more.inputValue()).toBe('');
      await tab.locator('.organs').waitFor();
      appendFileSync(changing, new Uint8Array(1));
      await tab.getByText(/^\d+ files$/).click();
      await tab.getByRole('button', { name: 'Read again' }).click();
      await alert.waitFor();
      expect(await alert.textContent()).toMatch(/upper\.nii\.gz: .*changed or moved since it was chosen/);
      await tab.getByRole('button', { name: 'Start over' }).click();
      await tab.locator('input[data-choice="files"]').setInputFiles(wholeScan());
      await tab.locator('.organs').waitFor();
      expect(await tab.locator('.notice.bad').count()).toBe(0);
      // All that went before was on the same page.
      expect(complaints).toEqual([]);
    }, 180_000);

    it('goes on after its worker died', async () => {
      const { tab } = page;
      const workers = tab.workers();
      expect(workers.length).toBeGreaterThan(0);
      for (const worker of workers) {
        await worker
          .evaluate(() => {
            setTimeout(() => {
              throw new Error('made to fail');
            });
          })
          .catch(() => {});
      }
      await tab.locator('#tolerance').fill('0.16');
      const again = tab.getByRole('button', { name: 'Start it again' });
      await again.click();
      // The scan is read again, and the new worker does what it is told.
      await expect.poll(() => tab.locator('.notice').count(), { timeout: 60_000 }).toBe(0);
      await tab.getByRole('button', { name: 'Make the files' }).click();
      await tab.getByRole('button', { name: 'summary.json' }).waitFor();
    }, 180_000);

    it('offers files only of what is chosen, and keeps the scan on screen when others cannot be read', async () => {
      const { tab } = page;
      const offered = tab.getByRole('button', { name: 'lower.nii.gz' });
      await tab.getByRole('button', { name: 'Make the files' }).click();
      await offered.waitFor();
      await tab.getByRole('radio', { name: 'share of the window' }).check();
      await offered.waitFor({ state: 'detached' });
      await tab.getByRole('radio', { name: 'HU', exact: true }).check();
      await offered.waitFor();
      await tab.locator('.procedures select').first().selectOption({ label: 'CRC' });
      await offered.waitFor({ state: 'detached' });
      await tab.locator('.procedures select').first().selectOption({ label: 'sem-CRC' });

      const more = tab.locator('input[data-choice="more"]');
      const broken = path.join(folder, 'calibration.json');
      writeFileSync(broken, '{}');
      await more.setInputFiles(broken);
      await tab.locator('.files .warned', { hasText: /^calibration\.json is not used: ./ }).waitFor();

      // Another patient's upper bound, by another name: which one is meant is asked.
      const other = path.join(folder, 'other-upper.nii.gz');
      const { upper } = scanParts(11);
      writeGz(
        other,
        niftiBytes({ ...upper, dims: [4, 6, 4], values: Float32Array.from(upper.values).subarray(0, 96) }),
      );
      await more.setInputFiles(other);
      await tab.locator('.files .warned', { hasText: 'could each be the upper bound: say which' }).waitFor();
      const read = tab.getByRole('button', { name: 'Read again' });
      expect(await read.isDisabled()).toBe(true);
      await tab.getByLabel('upper bound: needed').selectOption('other-upper.nii.gz');
      const warned = tab.locator('.files [role="status"]', {
        hasText: 'are of lower.nii.gz as it was read before',
      });
      await warned.waitFor();
      await read.click();
      await tab.locator('.notice.bad', { hasText: 'other-upper.nii.gz' }).waitFor();
      const width = () => tab.locator('.numbers[aria-busy="false"] dd').first().textContent();
      const before = await width();
      await tab.locator('#tolerance').fill('0.4');
      await expect.poll(width).not.toBe(before);
      // Files are those of the scan on screen.
      await tab.getByRole('button', { name: 'Make the files' }).click();
      await offered.waitFor();
      const written = readFileSync(path.join(folder, 'applied/upper.nii.gz'));
      expect(gunzipSync(await saving(tab, 'upper.nii.gz')).equals(gunzipSync(written))).toBe(true);
      await tab.getByLabel('upper bound').selectOption('upper.nii.gz');
      await warned.waitFor({ state: 'detached' });
    }, 60_000);

    it('draws what a scan has, notes crossed bounds, and stays empty when its reader starts over', async () => {
      const { tab } = page;
      const checked = (name: string) => tab.getByRole('radio', { name, exact: true }).isChecked();
      await tab.getByRole('radio', { name: 'missed' }).check();
      await tab.getByRole('radio', { name: 'truth' }).check();
      await tab.getByRole('radio', { name: 'side by side' }).check();
      // In one go, before the read is done.
      await tab.evaluate(() => {
        const click = (name: string) =>
          [...document.querySelectorAll('button')].find(({ textContent }) => textContent === name)!.click();
        click('Read again');
        click('Start over');
      });
      await tab.locator('.notice.job').waitFor({ state: 'detached' });
      expect(await tab.locator('.looking').count()).toBe(0);

      const parts = scanParts(10);
      const swapped = (one: typeof parts.lower, other: typeof parts.lower) => {
        const values = Float32Array.from(one.values);
        values[0] = other.values[0];
        return { ...one, values };
      };
      Object.assign(parts, {
        lower: swapped(parts.lower, parts.upper),
        upper: swapped(parts.upper, parts.lower),
      });
      const crossed = (['lower', 'upper'] as const).map((role) => {
        const at = path.join(folder, `crossed-${role}.nii.gz`);
        writeGz(at, niftiBytes(parts[role]));
        return at;
      });
      await openScan(tab, [...crossed, scanFile('segmentation'), ...files('sem-crc.json')]);
      await tab.locator('.organs').waitFor();
      expect(await tab.locator('.looking .notes').textContent()).toContain('1 voxel with lower above upper');
      expect(await checked('width')).toBe(true);
      expect(await checked('prediction')).toBe(true);
      expect(await tab.locator('.stage canvas').count()).toBe(1);
    }, 60_000);

    it('hears of a worker that ended without a word, and marks the numbers that no longer follow', async () => {
      const { tab } = page;
      for (const worker of tab.workers()) await worker.evaluate(() => globalThis.close()).catch(() => {});
      await tab.locator('#tolerance').fill('0.4');
      await tab.locator('.numbers[aria-busy="true"]').waitFor();
      await tab.getByRole('button', { name: 'Start it again' }).click();
      await tab.locator('.numbers[aria-busy="false"]').waitFor();
      expect(await tab.locator('.notice').count()).toBe(0);
    }, 60_000);
  });

  describe('with a cohort of its reader', () => {
    let page: Awaited<ReturnType<typeof opened>>;
    beforeAll(async () => {
      page = await opened({}, '#cohort');
    }, 60_000);
    afterAll(() => page?.close());

    it('calibrates a cohort to the file that the command writes', async () => {
      const out = path.join(folder, 'from-cohort.json');
      const settings = ['--procedure', 'sem-crc', ...SIZES, '--epsilon', '0.2', '--curve', '0.02:0.2:0.01'];
      await succeeds([
        'calibrate',
        path.join(folder, 'cohort.zarr'),
        ...settings,
        '--workers',
        '1',
        '--out',
        out,
      ]);
      const { tab } = page;
      await tab.locator('input[data-choice="folder"]').setInputFiles(path.join(folder, 'cohort.zarr'));
      await tab.locator('.cohort').waitFor();
      await tab.getByLabel('Procedure').selectOption('sem-crc');
      await calibrateIn(tab);
      const saved = await saving(tab, 'Save calibration.json');
      const [mine, theirs] = [saved.toString('utf8'), readFileSync(out, 'utf8')].map((text) =>
        JSON.parse(text),
      );
      // A dropped folder has no path.
      expect(mine).toEqual({ ...theirs, source: { ...theirs.source, name: 'cohort.zarr' } });
      await tab.locator('.organs').waitFor();

      const risk = tab.locator('.chart', { hasText: 'Risk against λ' });
      const described = () => risk.locator('svg').getAttribute('aria-label');
      expect(await described()).not.toContain('λ̂');
      await tab.getByLabel('Voxels of').selectOption({ label: 'liver' });
      const { window } = theirs.units;
      const hu = Number((theirs.lambda[7] * (window[1] - window[0])).toPrecision(3));
      await expect.poll(described).toContain(`ε at 20%; λ̂ at ${hu}`);
    }, 180_000);

    it('refuses numbers that do not fit, tells two tolerances apart, and forgets a cohort with all that was made of it', async () => {
      const { tab } = page;
      const field = (label: string) => tab.getByLabel(label, { exact: true });
      const calibrate = tab.getByRole('button', { name: 'Calibrate', exact: true });
      for (const [label, wrong, right, says] of [
        ['Tolerance, %', '0', '15', '0.1 to 99, in steps of 0.1'],
        ['Seed of the split', '-3', '0', 'a whole number, 0 to 4294967295'],
        ['Scans to optimize on', '', '2', 'a whole number, 1 or more'],
      ] as const) {
        await field(label).fill(wrong);
        await calibrate.click();
        expect(await tab.locator('.cohort [role="alert"]:not(:empty)').textContent()).toBe(says);
        expect(await field(label).inputValue()).toBe(wrong);
        expect(await tab.locator('.notice').count()).toBe(0);
        await field(label).fill(right);
      }
      await field('Scans kept apart').fill('500');
      await calibrate.click();
      const told = tab.locator('.notice.bad', { hasText: '“Scans kept apart” 500' });
      await told.waitFor();
      expect(await told.textContent()).not.toMatch(/`/);
      await field('Scans kept apart').fill('3');
      await calibrate.click();
      const procedure = tab.locator('.procedures select').first();
      await expect
        .poll(() => procedure.locator('option').allTextContents(), { timeout: 60_000 })
        .toEqual(['sem-CRC, ε = 15%', 'sem-CRC, ε = 20%']);
      expect(await tab.locator('.tolerance output').textContent()).toBe('15%');
      expect(await tab.locator('.tolerance .badge').textContent()).toBe('promised');
      expect(await tab.locator('.result').count()).toBe(2);

      await field('Seed of the split').fill('1');
      await calibrate.click();
      await tab.getByRole('button', { name: 'Another cohort' }).click();
      await tab.locator('.drop').waitFor();
      expect(await tab.locator('.result, .looking, .charts, .notice').count()).toBe(0);
    }, 180_000);

    it('calibrates profiles to the file that the command writes, and draws the risk with ε and λ̂', async () => {
      const profiles = path.join(folder, 'site-a.profiles');
      const out = path.join(folder, 'from-profiles.json');
      const settings = ['--procedure', 'crc', ...SIZES, '--epsilon', '0.2', '--curve', '0.02:0.2:0.01'];
      await succeeds(['profile', path.join(folder, 'cohort.zarr'), '--workers', '1', '--out', profiles]);
      await succeeds(['calibrate', profiles, ...settings, '--workers', '1', '--out', out]);
      const { tab, complaints } = page;
      await tab.locator('input[data-choice="files"]').setInputFiles(profiles);
      await tab.locator('.cohort').waitFor();
      expect(await tab.locator('.cohort .notes').textContent()).toContain('Profiles hold no voxels');
      await tab.getByLabel('Procedure').selectOption('crc');
      await calibrateIn(tab);
      const saved = await saving(tab, 'Save calibration.json');
      const theirs = JSON.parse(readFileSync(out, 'utf8'));
      // A dropped file has no folder.
      const expected = { ...theirs, source: { ...theirs.source, name: 'site-a.profiles' } };
      expect(saved.toString('utf8')).toBe(`${JSON.stringify(expected, null, 2)}\n`);

      const risk = tab.locator('.chart', { hasText: 'Risk against λ' });
      const { window } = theirs.units;
      const hu = Number((theirs.lambda.all * (window[1] - window[0])).toPrecision(3));
      const described = await risk.locator('svg').getAttribute('aria-label');
      expect(described).toContain(`ε at 20%; λ̂ at ${hu}`);
      // λ̂ leaves a margin: there the curve is below ε. Points are [x, y] in the drawing, y downwards.
      const line = (await risk.locator('.line').getAttribute('d')) as string;
      const points = line
        .split(/[ML]/)
        .slice(1)
        .map((point) => point.split(' ').map(Number));
      const level = Number(await risk.locator('line.limit').getAttribute('y1'));
      const mark = Number(await risk.locator('line.at').getAttribute('x1'));
      const under = points.findLast(([x]) => x <= mark);
      expect(points.length).toBeGreaterThan(5);
      expect(under?.[1]).toBeGreaterThan(level);
      for (const [at, [, y]] of points.entries()) expect(y).toBeGreaterThanOrEqual(points[at - 1]?.[1] ?? 0);
      expect(await violations(tab)).toEqual([]);
      expect(complaints).toEqual([]);
    }, 180_000);
  });

  it('is drawn by NiiVue where a graphics card is, to the same colours and by the same hands, and by the plain canvas when the card gives out', async () => {
    const { tab, close } = await opened({}, '?picture=niivue#scan');
    await openScan(tab, wholeScan());
    await tab.locator('.organs').waitFor();
    const slices = tab.locator('.stage canvas').first();
    const context = () =>
      slices.evaluate((canvas) => {
        const gl = (canvas as HTMLCanvasElement).getContext('webgl2');
        return gl === null || gl.isContextLost() ? '2d' : 'webgl2';
      });
    expect(await context()).toBe('webgl2');
    await showsWidths(tab);
    await followsTheWheel(tab);
    await slices.evaluate((canvas) => {
      (canvas as HTMLCanvasElement).getContext('webgl2')!.getExtension('WEBGL_lose_context')!.loseContext();
    });
    await expect.poll(context).toBe('2d');
    await showsWidths(tab);
    await close();
  }, 180_000);

  it('says what a browser without SIMD can do instead', async () => {
    const { tab, close } = await opened({}, '', () => {
      WebAssembly.validate = () => false;
    });
    expect(await tab.locator('[role="alert"]').textContent()).toMatch(/SIMD.*Chrome.*command line/s);
    await close();
  }, 180_000);

  /** Turns to the axial plane, where every voxel has the colour of what `semcrc apply` wrote, and the pointer tells it. */
  async function showsWidths(tab: Page): Promise<void> {
    await tab.getByLabel('View').selectOption('axial');
    await tab.getByLabel('outlines').uncheck();
    await tab.getByLabel('Opacity').fill('1');
    await drawn(tab);
    const width = readPlainNifti(path.join(folder, 'applied/width.nii.gz'));
    const marks = await tab.locator('.marks span').allTextContents();
    const end = Number(marks.at(-1));
    const box = (await tab.locator('.stage canvas').first().boundingBox())!;
    const shot = decode(await tab.locator('.stage canvas').first().screenshot());
    const [, height, across] = width.shape;
    const voxelHere = async () =>
      (await tab.locator('.readout .where .muted').textContent())!.match(/\d+/g)!.map(Number);
    await tab.mouse.move(0, 0);
    const crosshair = await voxelHere();
    const side = Math.min(box.width / across, box.height / height);
    const wrong: string[] = [];
    let compared = 0;
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < across; column++) {
        const x = box.width / 2 + (column + 0.5 - across / 2) * side;
        const y = box.height / 2 + (row + 0.5 - height / 2) * side;
        await tab.mouse.move(box.x + x, box.y + y);
        const voxel = await voxelHere();
        // The crosshair is drawn over its own row and column.
        if (voxel[0] === crosshair[0] || voxel[1] === crosshair[1]) continue;
        compared++;
        const value = width.values[(voxel[2] * height + voxel[1]) * across + voxel[0]];
        expect(await tab.locator('.readout dd').nth(1).textContent()).toBe(`${huNumber(value)} HU`);
        const found = pixel(shot, x, y);
        const wanted = colourAt(VIRIDIS, value / end);
        const off = Math.max(...wanted.map((channel, index) => Math.abs(channel - found[index])));
        if (off > 4) wrong.push(`voxel ${voxel}: ${value} HU is ${wanted}, drawn ${found}`);
      }
    }
    expect(compared).toBe((across - 1) * (height - 1));
    expect(wrong).toEqual([]);
  }

  async function followsTheWheel(tab: Page): Promise<void> {
    const box = (await tab.locator('.stage canvas').first().boundingBox())!;
    const voxelAt = async (x: number, y: number) => {
      await tab.mouse.move(box.x + x, box.y + y);
      return (await tab.locator('.readout .where .muted').textContent())!.match(/\d+/g)!.map(Number);
    };
    const [x, y] = [box.width / 2 - 20, box.height / 2 - 20];
    await voxelAt(5, 5);
    const slice = async () => (await voxelAt(x, y))[2];
    const before = await slice();
    await tab.mouse.wheel(0, -1);
    await expect.poll(slice).toBe(before + 1);
    await tab.mouse.wheel(0, 1);
    await expect.poll(slice).toBe(before);

    const under = await voxelAt(x, y);
    const beside = await voxelAt(x - box.height / 4, y);
    expect(beside[0]).not.toBe(under[0]);
    await voxelAt(x, y);
    await tab.keyboard.down('Control');
    await tab.mouse.wheel(0, -900);
    await tab.keyboard.up('Control');
    // The wheel is heard of when the browser gets to it.
    await expect.poll(() => voxelAt(x - box.height / 4, y)).toEqual(under);
    expect(await voxelAt(x, y)).toEqual(under);
    await tab.getByLabel('View').selectOption('planes');
    await tab.getByLabel('View').selectOption('axial');
    await expect.poll(() => voxelAt(x - box.height / 4, y)).toEqual(beside);
  }

  function pixel(image: ReturnType<typeof decode>, x: number, y: number): number[] {
    const at = (Math.round(y) * image.width + Math.round(x)) * image.channels;
    return Array.from(image.data.slice(at, at + 3) as Uint8Array);
  }

  /** Calibrates the cohort that is open, with the sizes and the tolerance that the command is given here. */
  async function calibrateIn(tab: Page): Promise<void> {
    for (const [label, value] of [
      ['Tolerance, %', '20'],
      ['Scans to optimize on', '2'],
      ['Scans to calibrate on, those included', '9'],
      ['Scans kept apart', '3'],
    ]) {
      await tab.getByLabel(label, { exact: true }).fill(value);
      await tab.getByLabel(label, { exact: true }).blur();
    }
    await tab.getByRole('button', { name: 'Calibrate', exact: true }).click();
  }

  /** What a button saves. */
  async function saving(tab: Page, name: string): Promise<Buffer> {
    const coming: Promise<Download> = tab.waitForEvent('download');
    await tab.getByRole('button', { name }).first().click();
    return readFileSync((await (await coming).path())!);
  }
});
