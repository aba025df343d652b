// Finding and starting the Chromium that the browser tests drive.
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Where Chromium is on this machine: `CHROMIUM` if set, else the usual places; undefined if nowhere. */
export function findChromium() {
  return [process.env.CHROMIUM, ...PLACES].find((place) => place !== undefined && existsSync(place));
}

/** Why the browser tests cannot run here, or undefined if they can. With `SEMCRC_REQUIRE_CHROMIUM=1` they must. */
export function reasonToSkip() {
  if (findChromium() !== undefined) return undefined;
  const reason = `no Chromium in ${PLACES.join(', ')}: install it, or name it in CHROMIUM`;
  if (process.env.SEMCRC_REQUIRE_CHROMIUM === '1')
    throw new Error(`browser tests are required here, but ${reason}`);
  return reason;
}

/** WebGL2 drawn by the processor, which Chromium calls slow. */
export const WEBGL = ['--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist'];
/** WebGPU on an adapter in software, which needs no device. */
export const WEBGPU = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];

/**
 * Starts a headless Chromium; close it when done.
 * @param {{ flags?: readonly string[] }} [options] flags beside the usual ones
 */
export async function launchChromium({ flags = [] } = {}) {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error(reasonToSkip());
  return chromium.launch({ executablePath, headless: true, args: [...FLAGS, ...flags] });
}
