import { chooseSliceWindow, type SliceRule } from '@semcrc/imaging';
import type { SliceChoice } from '../sources/scan-options.ts';

/** What decides whether slices are taken of a scan, and how much of them is padding. */
export interface SliceCensus {
  readonly scan: string;
  /** Labelled voxels of each slice of the box that the scan is cropped to. */
  readonly labelled: Uint32Array;
  /** Height and width of that box, in voxels after resampling. */
  readonly box: readonly [height: number, width: number];
}

/** The settings of a choice of slices that let more scans pass. */
export type SliceSettings = Partial<
  Pick<SliceChoice, 'slices' | 'windowSlices' | 'margin' | 'leastLabelled' | 'size'>
>;

/** What lets scans pass that a choice of slices leaves out, or mostly pads. */
export interface SliceAdvice {
  /** Every setting that must change, with its value; together they let all scans pass but those of `hopeless`. */
  readonly settings: SliceSettings;
  /** Scans that no setting lets pass: nothing in them is labelled. */
  readonly hopeless: readonly string[];
  /** The same in one sentence; names of options stand in backticks. */
  readonly sentence: string;
}

/** What decides whether a scan passes. */
type Rule = Pick<SliceChoice, 'slices' | 'windowSlices' | 'margin' | 'leastLabelled'>;

/** Above this share of padding in the middle scan, a smaller size is proposed. */
const MUCH_PADDING = 0.5;

/**
 * The settings with which every scan that can pass does, as near to those asked for as it gets; null where nothing need change.
 * Windows and margins shrink together to the shortest scan, the least number of labelled voxels in steps of 1, 2, 5.
 */
export function adviseSlices(censuses: readonly SliceCensus[], asked: SliceChoice): SliceAdvice | null {
  const passing = censuses.filter((census) => passes(census, asked));
  const able = censuses.filter(({ labelled }) => labelled.some((count) => count > 0));
  const hopeless = censuses.filter((census) => !able.includes(census)).map(({ scan }) => scan);
  if (able.length === 0) return null;
  const size = fittingSize(able, asked.size);
  const leftOut = censuses.length - passing.length;
  const mended = able.length - passing.length;
  if (mended === 0 && size === null) return null;
  const rule = firstThatPasses(able, asked);
  const names = ['slices', 'windowSlices', 'margin', 'leastLabelled'] as const;
  const settings: SliceSettings = {
    ...Object.fromEntries(
      names.filter((name) => rule[name] !== asked[name]).map((name) => [name, rule[name]]),
    ),
    ...(size === null ? {} : { size }),
  };
  return {
    settings,
    hopeless,
    sentence: sentenceOf(settings, { all: censuses.length, leftOut, mended, asked, hopeless }),
  };
}

function passes({ labelled }: SliceCensus, { windowSlices, margin, leastLabelled }: Rule): boolean {
  const rule: SliceRule = { length: windowSlices, margin, leastLabelled };
  return chooseSliceWindow(labelled, rule).state === 'chosen';
}

/** The rule nearest to the one asked for with which all of some scans pass, each of which has a labelled slice. */
function firstThatPasses(censuses: readonly SliceCensus[], asked: SliceChoice): Rule {
  const shortest = censuses.reduce(
    (least, { labelled }) => Math.min(least, labelled.length),
    Number.POSITIVE_INFINITY,
  );
  for (const rule of rulesFrom(asked, shortest))
    if (censuses.every((census) => passes(census, rule))) return rule;
  return { slices: 1, windowSlices: 1, margin: 0, leastLabelled: 0 };
}

/** Rules from the one asked for to the most lenient. @param shortest slices of the shortest scan */
function* rulesFrom(asked: SliceChoice, shortest: number): Generator<Rule> {
  const { windowSlices, margin } = asked;
  const needed = windowSlices + 2 * margin;
  const slices = Math.min(asked.slices, shortest);
  const share = Math.floor((shortest * windowSlices) / needed);
  const window = shortest >= needed ? windowSlices : Math.max(slices, share);
  const widest = (length: number) => Math.min(margin, Math.floor((shortest - length) / 2));
  for (const leastLabelled of stepsDown(asked.leastLabelled))
    yield { slices, windowSlices: window, margin: widest(window), leastLabelled };
  for (const part of [1, 0.5, 0]) {
    for (let length = window; length >= slices; length--)
      yield { slices, windowSlices: length, margin: Math.floor(widest(length) * part), leastLabelled: 0 };
  }
  for (let length = slices - 1; length > 1; length--)
    yield { slices: length, windowSlices: length, margin: 0, leastLabelled: 0 };
}

/** A number, and the round ones below it: …, 50, 20, 10, 5, 2, 0. */
function stepsDown(from: number): number[] {
  const steps = [from];
  for (let power = 10 ** Math.floor(Math.log10(Math.max(from, 1))); power >= 1; power /= 10)
    steps.push(...[5, 2, 1].map((digit) => digit * power).filter((step) => step < from && step > 1));
  return from === 0 ? steps : [...steps, 0];
}

/** A size that holds every scan where the one asked for is mostly padding; else null. */
function fittingSize(
  censuses: readonly SliceCensus[],
  [height, width]: readonly [number, number],
): readonly [number, number] | null {
  const shares = censuses
    .map(({ box: [h, w] }) => 1 - (Math.min(h, height) * Math.min(w, width)) / (height * width))
    .sort((a, b) => a - b);
  if (!((shares[shares.length >> 1] as number) > MUCH_PADDING)) return null;
  const scale = Math.max(...censuses.map(({ box: [h, w] }) => Math.max(h / height, w / width)));
  const sides = [height, width].map((side) => Math.min(side, roundedUp(side * scale)));
  return sides[0] === height && sides[1] === width ? null : [sides[0] as number, sides[1] as number];
}

/** A side of slices, rounded up to a multiple that fits its size. */
function roundedUp(side: number): number {
  const step = side > 64 ? 32 : side > 16 ? 8 : 2;
  return Math.ceil(side / step - 1e-9) * step;
}

function sentenceOf(
  settings: SliceSettings,
  {
    all,
    leftOut,
    mended,
    asked,
    hopeless,
  }: {
    readonly all: number;
    readonly leftOut: number;
    readonly mended: number;
    readonly asked: SliceChoice;
    readonly hopeless: readonly string[];
  },
): string {
  const options = Object.entries(settings).map(([name, value]) => `\`${name}\` ${String(value)}`);
  const padded =
    settings.size === undefined
      ? ''
      : `of most scans more than half of ${asked.size.join(' × ')} would be padding`;
  const out = leftOut === 0 ? '' : `${leftOut} of ${all} scans would be left out`;
  const what = [out, padded].filter((part) => part !== '').join(', and ');
  const but = hopeless.length === 0 ? '' : ` but ${listed(hopeless)}, where nothing is labelled`;
  const effect = mended === 0 ? 'fitting slices' : `what lets all of them pass${but}`;
  return `${what}; ${effect}: ${options.join(' ')}`;
}

/** Most scans named in a sentence. */
const NAMED = 5;

const listed = (scans: readonly string[]): string =>
  scans.slice(0, NAMED).join(', ') + (scans.length > NAMED ? ` and ${scans.length - NAMED} more` : '');
