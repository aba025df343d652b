// Everything the page knows, in one place. Components read it; only the files of this folder write it.
import { batch, computed, effect, signal } from '@preact/signals';
import {
  type Calibrated,
  type Engine,
  type EngineErrorCode,
  type Intervals,
  knotAt,
  type OpenCohort,
  type OpenScan,
  type Progress,
} from '../engine/index.ts';
import { type Frame, WHOLE_FRAME } from '../picture/frame.ts';
import type { Scale, View } from '../picture/picture.ts';
import type { Voxel } from '../picture/voxel.ts';

/** The three things a reader can do here. */
export const PAGES = ['example', 'scan', 'cohort'] as const;
export type Page = (typeof PAGES)[number];

/** The page shown; it stands in the address, so that a link can lead to it. */
export const page = signal<Page>(pageOfAddress() ?? 'example');

/** Goes to another page. */
export function show(next: Page): void {
  page.value = next;
  globalThis.history.replaceState(null, '', `#${next}`);
  globalThis.scrollTo({ top: 0 });
}

function pageOfAddress(): Page | undefined {
  return PAGES.find((name) => globalThis.location?.hash === `#${name}`);
}
globalThis.addEventListener?.('hashchange', () => {
  page.value = pageOfAddress() ?? page.peek();
});

/** A scan that is looked at, with the intervals of one or more calibrations. */
export interface Looked {
  readonly scan: OpenScan;
  readonly title: string;
  readonly engine: Engine;
  readonly reopen: () => void;
  /** What can be drawn in grey: the prediction, and the truth where it is known. */
  readonly images: { readonly prediction: Float32Array; readonly truth: Float32Array | null };
}

/** What is asked of a scan: a tolerance, a calibration, and another to compare with. */
export interface Choice {
  readonly epsilon: number;
  readonly design: number;
  readonly other: number;
}

type ByPage<T> = Readonly<Record<Page, T>>;
const nothing = { example: null, scan: null, cohort: null };

export const lookedByPage = signal<ByPage<Looked | null>>(nothing);
const choices = signal<ByPage<Choice | null>>(nothing);

export const looked = computed(() => lookedByPage.value[page.value]);
export const choice = computed(() => choices.value[page.value]);

/**
 * Opens a scan on a page: at the tolerance that its first calibration promised, or where the reader moved it from there; beside it
 * stands another calibration, where there is one.
 */
export function setLooked(at: Page, next: Looked | null): void {
  const designs = next?.scan.designs ?? [];
  const promised = designs[0]?.facts.calibration.epsilon;
  const last = lookedByPage.peek()[at]?.scan.designs[0]?.facts.calibration.epsilon;
  const before = at === 'scan' ? null : choices.peek()[at];
  const epsilon = (promised === last ? before?.epsilon : undefined) ?? promised ?? 0.1;
  // One λ for each organ is what the example explains; the others stand beside it.
  const semantic = designs.findIndex(({ facts }) => facts.calibration.procedure === 'sem-crc');
  const design = at === 'example' ? Math.max(semantic, 0) : 0;
  const may = (other: number) => other !== design && other < designs.length;
  const other = [before?.other ?? -1, 0, 1].find((index) => index >= 0 && may(index)) ?? design;
  batch(() => {
    lookedByPage.value = { ...lookedByPage.value, [at]: next };
    choices.value = { ...choices.value, [at]: next ? { epsilon, design, other } : null };
  });
}

/** A calibration that is chosen in the place of the one beside it changes places with it. */
export function choose(change: Partial<Choice>): void {
  const now = choice.value;
  if (!now) return;
  const next = { ...now, ...change };
  const swapped = next.design === next.other ? { design: now.other, other: now.design } : {};
  choices.value = { ...choices.value, [page.value]: { ...next, ...swapped } };
}

/** What lies over the image. */
export const MAPS = ['width', 'missed', 'lambda', 'none'] as const;
export type MapKind = (typeof MAPS)[number];
export const COMPARISONS = ['off', 'side', 'swipe'] as const;
export type Comparison = (typeof COMPARISONS)[number];

/** How scans are drawn, on every page alike; what the scan on screen does not have is not drawn, and comes back with one that has it. */
const wish = signal<{
  readonly map: MapKind;
  readonly image: 'prediction' | 'truth';
  readonly comparison: Comparison;
}>({ map: 'width', image: 'prediction', comparison: 'off' });
export function draw(change: Partial<typeof wish.value>): void {
  wish.value = { ...wish.value, ...change };
}
const hasTruth = computed(() => looked.value?.images.truth != null);
export const map = computed(() =>
  wish.value.map === 'missed' && !hasTruth.value ? 'width' : wish.value.map,
);
export const image = computed(() => (hasTruth.value ? wish.value.image : 'prediction'));
/** Two calibrations beside each other, where the scan has two. */
export const comparison = computed(() =>
  (looked.value?.scan.designs.length ?? 0) > 1 ? wish.value.comparison : 'off',
);
export const opacity = signal(0.8);
export const outlines = signal(true);
export const view = signal<View>('planes');
/** Of the view that is looked at; two pictures beside each other show the same. */
export const frame = signal<Frame>(WHOLE_FRAME);
/** Where the swipe parts the picture, as a share of its width. */
export const divider = signal(0.5);

/** The voxel under the crosshair, and the one under the pointer, if there is one, with the picture that it is in. */
export const crosshair = signal<Voxel | null>(null);
export const pointed = signal<{ readonly voxel: Voxel; readonly slot: 0 | 1 } | null>(null);

/** What intervals are asked of. */
export interface Question {
  readonly looked: Looked;
  readonly design: number;
  /** Index among the knots of the design. */
  readonly knot: number;
  readonly map: MapKind;
}
interface Answer {
  readonly question: Question;
  readonly found: Intervals;
}
const answers = [signal<Answer | null>(null), signal<Answer | null>(null)] as const;

export function setAnswer(slot: 0 | 1, answer: Answer | null): void {
  answers[slot].value = answer;
}

/** What is asked for a slot; null where nothing is, or the tolerance is too small for a λ. */
export function questionOf(slot: 0 | 1): Question | null {
  const now = looked.value;
  const chosen = choice.value;
  const knot = knotOf(slot);
  if (!now || !chosen || !knot || !slots.value.includes(slot)) return null;
  const design = slot === 0 ? chosen.design : chosen.other;
  return { looked: now, design, knot: knot.at, map: map.value };
}

/**
 * Calibrated intervals of the calibration that is looked at, and of the one beside it: never of another scan, and those of the
 * tolerance before only while {@link computing}.
 */
export const intervals = [computed(() => intervalsOf(0)), computed(() => intervalsOf(1))] as const;

function intervalsOf(slot: 0 | 1): Intervals | null {
  const answer = answers[slot].value;
  const asked = questionOf(slot);
  return answer && answer.question.looked === asked?.looked ? answer.found : null;
}

/** Whether numbers and pictures on screen are still those of what was asked before. */
export const computing = computed(() => slots.value.some(isBehind));

function isBehind(slot: 0 | 1): boolean {
  const asked = questionOf(slot);
  const answered = answers[slot].value?.question;
  return (
    asked !== null &&
    (asked.looked !== answered?.looked ||
      asked.design !== answered.design ||
      asked.knot !== answered.knot ||
      asked.map !== answered.map)
  );
}

export const slots = computed((): readonly (0 | 1)[] => (comparison.value === 'off' ? [0] : [0, 1]));

/** The design of a slot. */
export function designOf(slot: 0 | 1) {
  const now = choice.value;
  return now ? looked.value?.scan.designs[slot === 0 ? now.design : now.other] : undefined;
}

/** Where the tolerance stands on the curve of a slot's calibration; null where it is too small for a λ. */
export function knotOf(slot: 0 | 1) {
  const design = designOf(slot);
  if (!design || !choice.value) return null;
  const { knots } = design.facts;
  const at = knotAt(knots, choice.value.epsilon);
  return at < 0 || knots[at].status === 'infeasible' ? null : { at, ...knots[at] };
}

/** The colour scales: those of the tolerance promised, and fixed while it is moved. */
export const scales = signal<{ readonly width: Scale; readonly lambda: Scale } | null>(null);

/** Long work that is under way on a page. */
export interface Job {
  readonly title: string;
  readonly progress: Progress | null;
  readonly cancel: () => void;
  /** Whether it was told to stop, and has not yet. */
  readonly cancelling: boolean;
}
export const jobs = signal<ByPage<Job | null>>(nothing);
export const job = computed(() => jobs.value[page.value]);

export function setJob(at: Page, next: Job | null): void {
  jobs.value = { ...jobs.value, [at]: next };
}

/** Something went wrong, and what can be done about it. */
export interface Problem {
  readonly page: Page | null;
  /** Of the engine's error, where it is one. */
  readonly code: EngineErrorCode | null;
  readonly title: string;
  readonly text: string;
  /** Options that the message asks for. */
  readonly options: readonly string[];
  readonly retry: { readonly label: string; readonly run: () => void } | null;
}
export const problem = signal<Problem | null>(null);

/** What was calibrated, on the pages that calibrate. */
export const exampleCalibrations = signal<readonly Calibrated[]>([]);
/** How long it took to make those of the example here, and whether they were the same to the last bit. */
export const exampleMadeHere = signal<{ readonly seconds: number; readonly same: boolean } | null>(null);
export const cohort = signal<OpenCohort | null>(null);
export const cohortCalibrations = signal<readonly Calibrated[]>([]);

/** A message for people who do not see the picture change. */
export const said = signal('');

/** Light or dark; `auto` follows the system. */
export const theme = signal<'auto' | 'light' | 'dark'>('auto');
const system = globalThis.matchMedia?.('(prefers-color-scheme: dark)');
const systemIsDark = signal(system?.matches ?? false);
system?.addEventListener('change', ({ matches }) => {
  systemIsDark.value = matches;
});

effect(() => {
  const root = globalThis.document?.documentElement;
  const dark = theme.value === 'auto' ? systemIsDark.value : theme.value === 'dark';
  if (root) root.dataset.theme = dark ? 'dark' : 'light';
});
