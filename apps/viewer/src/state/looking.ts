// Keeps the intervals on screen those of the tolerance and the calibrations chosen.
import { effect } from '@preact/signals';
import type { Intervals, MapName, OpenScan } from '../engine/index.ts';
import { nextFrame, WHOLE_FRAME } from '../picture/frame.ts';
import { roundUp, scaleEnd } from '../picture/scale.ts';
import { type Direction, neighbour, organCentre } from '../picture/voxel.ts';
import { counted, huPerUnit, organName, percent, plainPercent } from '../words.ts';
import { problemOf } from './engines.ts';
import { measured } from './measured.ts';
import {
  choose,
  crosshair,
  designOf,
  frame,
  intervals,
  knotOf,
  type Looked,
  looked,
  type MapKind,
  page,
  pointed,
  problem,
  questionOf,
  said,
  scales,
  setAnswer,
  view,
} from './store.ts';

/** Widths are the distance of the bounds, and looked at in a few slices only. */
const WANTED: Readonly<Record<MapKind, readonly MapName[]>> = {
  width: ['lower', 'upper'],
  lambda: ['lower', 'upper', 'lambdaBelow', 'lambdaAbove'],
  missed: ['lower', 'upper', 'missed'],
  none: ['lower', 'upper'],
};

/** A scan made ready to be looked at. @param reopen opens it once more, in an engine that has not crashed */
export function lookedAt(
  scan: OpenScan,
  title: string,
  engine: Looked['engine'],
  reopen: () => void,
): Looked {
  const middle = () => scan.lower.map((low, voxel) => (low + scan.upper[voxel]) / 2);
  return { scan, title, engine, reopen, images: { prediction: scan.point ?? middle(), truth: scan.truth } };
}

/** Starts to follow what is chosen; returns how to stop. */
export function follow(): () => void {
  const stops = ([0, 1] as const).map(followSlot);
  const stopScan = effect(() => {
    const scan = looked.value?.scan;
    scales.value = null;
    pointed.value = null;
    const [slices, height, width] = scan?.shape ?? [1, 1, 1];
    const centre = [width >> 1, height >> 1, slices >> 1] as const;
    crosshair.value = scan ? (centreOfInterest(scan) ?? centre) : null;
  });
  const stopView = effect(() => {
    if (looked.value && view.value) frame.value = WHOLE_FRAME;
  });
  return () => {
    stopScan();
    stopView();
    for (const stop of stops) stop();
  };
}

/** Where a look begins: the liver, or the organ with the lowest id. */
function centreOfInterest({ organs, shape, labels }: OpenScan) {
  const ids = Object.keys(labels)
    .map(Number)
    .filter((id) => id > 1);
  const liver = ids.find((id) => labels[id] === 'liver');
  for (const id of liver === undefined ? ids : [liver, ...ids]) {
    const centre = organCentre(organs, id, shape);
    if (centre) return centre;
  }
  return null;
}

/** One request at a time, and always the last one asked for. */
function followSlot(slot: 0 | 1): () => void {
  let wanted: (() => Promise<void>) | null = null;
  let busy = false;
  const run = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    while (wanted) {
      const next: () => Promise<void> = wanted;
      wanted = null;
      await next();
    }
    busy = false;
  };
  return effect(() => {
    const question = questionOf(slot);
    wanted = null;
    if (!question) {
      setAnswer(slot, null);
      return;
    }
    const { looked: now, design, knot, map } = question;
    const at = page.value;
    wanted = async () => {
      try {
        const start = performance.now();
        const found = await now.engine.intervals(now.scan.id, design, knot, WANTED[map]);
        measured('intervals', start, found.milliseconds);
        if (looked.value !== now) return;
        if (slot === 0 && scales.peek() === null) setScales(now, found);
        setAnswer(slot, { question, found });
        if (slot === 0) said.value = inWords(found);
      } catch (error) {
        if (looked.value === now) problem.value = problemOf(at, error, now.reopen);
      }
    };
    void run();
  });
}

function setScales({ scan }: Looked, { maps, organs }: Intervals): void {
  const unit = huPerUnit(scan.window);
  const { lower, upper } = maps;
  const width = upper!.map((high, voxel) => high - lower![voxel]);
  const lambdas = organs.flatMap((row) => row.lambda).filter(Number.isFinite);
  const high = roundUp(Math.max(...lambdas, 1 / unit) * unit) / unit;
  // Some procedures narrow intervals, too.
  const low = lambdas.some((value) => value < 0) ? -high : 0;
  scales.value = { width: { low: 0, high: scaleEnd(width, unit) }, lambda: { low, high } };
}

function inWords({ knot, meanWidth, outside }: Intervals): string {
  const scan = looked.peek()?.scan;
  if (!scan) return '';
  const width = `mean width ${Math.round(meanWidth * huPerUnit(scan.window))} HU`;
  const missed = outside === null ? '' : `, ${percent(outside)} of this scan outside`;
  return `Tolerance ${plainPercent(knot.epsilon)}: ${width}${missed}.`;
}

/** Centres on an organ. */
export function goToOrgan(id: number): void {
  const scan = looked.value?.scan;
  const voxel = scan && organCentre(scan.organs, id, scan.shape);
  if (!scan || !voxel) return;
  crosshair.value = voxel;
  const row = intervals[0].value?.organs.find((own) => own.id === id);
  said.value = `Centred on ${organName(scan.labels[id] ?? `label ${id}`)}${row ? `, ${counted(row.voxels, 'voxel')}` : ''}.`;
}

/** Moves the crosshair to the next voxel towards a side of the patient. */
export function step(towards: Direction): void {
  const scan = looked.value?.scan;
  const at = crosshair.value;
  if (!scan || !at) return;
  crosshair.value = neighbour(at, towards, scan);
  pointed.value = null;
}

/** Larger around the crosshair, and in the end as a whole again. */
export function zoom(): void {
  if (!looked.value || !crosshair.value) return;
  if (view.value === 'mosaic') {
    said.value = 'A mosaic stays whole: choose another view to look closer.';
    return;
  }
  frame.value = nextFrame(frame.value, crosshair.value);
  said.value = frame.value.zoom === 1 ? 'The whole view.' : `${Math.round(frame.value.zoom)} times as large.`;
}

/** To the next tolerance of the curve, up or down. */
export function stepTolerance(by: 1 | -1): void {
  const knots = designOf(0)?.facts.knots.filter(({ status }) => status === 'calibrated');
  const now = knotOf(0);
  if (!knots) return;
  const at = knots.findIndex(({ epsilon }) => epsilon === now?.epsilon);
  const next = knots[Math.min(Math.max(at + by, 0), knots.length - 1)];
  if (next) choose({ epsilon: next.epsilon });
}

/** Back to the tolerance that was promised. */
export function backToPromise(): void {
  const epsilon = designOf(0)?.facts.calibration.epsilon;
  if (epsilon !== undefined) choose({ epsilon });
}
