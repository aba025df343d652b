// The picture as a file: what is on screen, its colour bar, and what it shows in words.
import * as store from '../state/store.ts';
import { huPerUnit, percent, plainPercent, procedureName } from '../words.ts';
import { css, MISSED, VIRIDIS } from './colours.ts';
import type { Picture } from './picture.ts';
import { ticks } from './scale.ts';

const FONT = 'system-ui, sans-serif';
const FOOT = 74;

/** @returns a PNG */
export async function poster(pictures: readonly Picture[]): Promise<Blob> {
  const images = await Promise.all(pictures.map((picture) => picture.snapshot()));
  const swipes = store.comparison.value === 'swipe';
  const width = swipes ? images[0].width : images.reduce((sum, image) => sum + image.width, 0);
  const height = images[0].height;
  const canvas = new OffscreenCanvas(width, height + FOOT);
  const on = canvas.getContext('2d')!;
  on.fillStyle = '#0b0d10';
  on.fillRect(0, 0, width, height + FOOT);
  if (swipes) {
    const parted = Math.round(store.divider.value * width);
    on.drawImage(images[0], 0, 0);
    if (images[1])
      on.drawImage(images[1], parted, 0, width - parted, height, parted, 0, width - parted, height);
  } else {
    let x = 0;
    for (const image of images) {
      on.drawImage(image, x, 0);
      x += image.width;
    }
  }
  drawFoot(on, width, height);
  return canvas.convertToBlob({ type: 'image/png' });
}

function drawFoot(on: OffscreenCanvasRenderingContext2D, width: number, top: number): void {
  const scan = store.looked.value?.scan;
  const ends = store.scales.value;
  const kind = store.map.value;
  if (!scan) return;
  on.fillStyle = '#e8ecf1';
  on.font = `15px ${FONT}`;
  on.fillText(store.slots.value.map(inWords).join('   |   '), 16, top + 26, width - 32);
  if (kind === 'none' || !ends) return;
  const y = top + 40;
  if (kind === 'missed') {
    on.fillStyle = css(MISSED.stops[0]);
    on.fillRect(16, y, 14, 14);
    on.fillStyle = '#a3adb8';
    on.font = `13px ${FONT}`;
    on.fillText('the truth lies outside the interval', 38, y + 12);
    return;
  }
  const ramp = on.createLinearGradient(16, 0, 316, 0);
  for (const [at, stop] of VIRIDIS.stops.entries())
    ramp.addColorStop(at / (VIRIDIS.stops.length - 1), css(stop));
  on.fillStyle = ramp;
  on.fillRect(16, y, 300, 10);
  on.fillStyle = '#a3adb8';
  on.font = `12px ${FONT}`;
  for (const [at, mark] of ticks(ends[kind], huPerUnit(scan.window)).entries()) {
    on.textAlign = at === 0 ? 'left' : at === 4 ? 'right' : 'center';
    on.fillText(mark, 16 + 75 * at, y + 25);
  }
  on.textAlign = 'left';
  on.fillText(kind === 'width' ? 'width of the interval, HU' : 'λ, HU', 330, y + 10);
}

function inWords(slot: 0 | 1): string {
  const design = store.designOf(slot);
  const found = store.intervals[slot].value;
  const scan = store.looked.value?.scan;
  if (!design || !found || !scan) return '';
  const { procedure } = design.facts.calibration;
  const { knot, meanWidth, outside } = found;
  const width = `mean width ${Math.round(meanWidth * huPerUnit(scan.window))} HU`;
  const missed = outside === null ? '' : `, ${percent(outside)} outside`;
  const status = knot.promised ? 'promised' : 'exploring';
  return `${procedureName(procedure)}, ε = ${plainPercent(knot.epsilon)} (${status}): ${width}${missed}`;
}
