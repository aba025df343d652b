// A reader's own scan: from dropped files to intervals, and out again.
import { computed, effect, signal } from '@preact/signals';
import {
  type Applied,
  type Dropped,
  failureOf,
  type NamedCalibration,
  type ReadingOptions,
  type Role,
  readCalibration,
  type ScanFiles,
  sortDropped,
} from '../engine/index.ts';
import { engineOf, work } from './engines.ts';
import { lookedAt } from './looking.ts';
import { jobs, lookedByPage, problem, setLooked } from './store.ts';

/** All that was dropped so far, by path; a second drop adds to the first. */
export const dropped = signal<readonly Dropped[]>([]);
export const sorted = computed(() => sortDropped(dropped.value.map(({ path }) => path)));
/** What the reader says that files are; an empty path says that there is none. */
const told = signal<Partial<Record<Role, string>>>({});
/** The roles of files: what the reader says, or else their names. */
export const roles = computed((): Partial<Record<Role, string>> => {
  const all = Object.entries({ ...sorted.value.roles, ...told.value });
  return Object.fromEntries(all.filter(([, path]) => path !== ''));
});
/** Roles that several files claim by their names, of which the reader has chosen none. */
export const unclear = computed(() =>
  sorted.value.ambiguous.filter(({ role }) => told.value[role] === undefined),
);
export const reading = signal<ReadingOptions>({});
/** Calibrations among the files, read and checked; and JSON files that are none, with the reason where they should be by their names. */
export const calibrations = signal<readonly NamedCalibration[]>([]);
export const refused = signal<readonly Refused[]>([]);

interface Refused {
  readonly path: string;
  readonly reason: string | null;
}

/** What a scan must have for the calibrations that were dropped, and has not. */
export const missing = computed((): readonly Role[] => {
  const needs = new Set<Role>(['lower', 'upper', 'segmentation']);
  for (const { name, text } of calibrations.value) {
    for (const role of readCalibration(text, name).needs) needs.add(role);
  }
  return [...needs].filter((role) => roles.value[role] === undefined);
});

/** A scan as it was asked for: its files, its calibrations, and how it is read. */
interface Request {
  readonly files: ScanFiles;
  readonly calibrations: readonly NamedCalibration[];
  readonly reading: ReadingOptions;
}
const requested = (): Request => ({
  files: { roles: roles.value, files: dropped.value },
  calibrations: calibrations.value,
  reading: reading.value,
});
/** Whether two requests are for the same scan, whatever else was dropped beside it. */
function same(one: Request, other: Request): boolean {
  const asked = ({ files, calibrations, reading }: Request) =>
    JSON.stringify([Object.entries(files.roles).sort(), calibrations, reading]);
  const used = ({ files: { roles, files } }: Request) =>
    files.filter(({ path }) =>
      Object.values(roles).some((own) => path === own || path.startsWith(`${own}/`)),
    );
  const [mine, theirs] = [used(one), used(other)];
  return (
    asked(one) === asked(other) &&
    mine.length === theirs.length &&
    mine.every(({ file }, at) => file === theirs[at].file)
  );
}

/** The scan that is on screen, or that was too large for it: the one that files are made of. */
const subject = signal<Request | null>(null);
export const subjectCalibrations = computed(() => subject.value?.calibrations ?? []);
export const subjectName = computed(() => subject.value?.files.roles.lower ?? 'your scan');
/** Whether the files chosen are no longer those of the scan on screen. */
export const outdated = computed(() => subject.value !== null && !same(subject.value, requested()));
/** Whether the files chosen are of a scan too large to be looked at: its files can be made all the same. */
export const tooLarge = computed(
  () => subject.value !== null && lookedByPage.value.scan === null && !outdated.value,
);

/** Files that were made, and of what. */
interface Made {
  readonly result: Applied;
  readonly subject: Request;
  readonly calibration: NamedCalibration;
  readonly units: 'window' | 'hu';
}
const made = signal<Made | null>(null);
export const units = signal<'window' | 'hu'>('hu');
/** What was made of the scan on screen under a calibration, in the unit that is chosen. */
export function madeOf(calibration: NamedCalibration): Applied | null {
  const now = made.value;
  const fits = now?.subject === subject.value && now?.calibration === calibration;
  return now && fits && now.units === units.value ? now.result : null;
}

/** Whether files came while something was under way: they are read when it ends. */
export const waiting = signal(false);
effect(() => {
  // What ended has its own say first.
  if (waiting.value && jobs.value.scan === null) setTimeout(openWhenWhole);
});

/**
 * Takes files in, and reads the scan when it is whole. Those that are known by name find their place; the reader is asked about
 * the rest.
 */
export async function takeFiles(files: readonly Dropped[]): Promise<void> {
  const byPath = new Map([...dropped.value, ...files].map((one) => [one.path, one]));
  const all = [...byPath.values()];
  dropped.value = all;
  problem.value = null;
  const read = await readCalibrations(sorted.value.calibrations, byPath);
  // Others came, or the reader started over.
  if (dropped.value !== all) return;
  calibrations.value = read.calibrations;
  refused.value = read.refused;
  openWhenWhole();
}

async function readCalibrations(paths: readonly string[], files: ReadonlyMap<string, Dropped>) {
  const read: NamedCalibration[] = [];
  const refused: Refused[] = [];
  for (const path of paths) {
    try {
      const text = await files.get(path)!.file.text();
      // The summary of `apply`, or another's JSON, may lie beside it.
      if (!text.includes('"semcrc/calibration@') && !/calibration[^/]*$/i.test(path)) {
        refused.push({ path, reason: null });
        continue;
      }
      readCalibration(text, path);
      read.push({ name: path, text });
    } catch (error) {
      refused.push({ path, reason: failureOf(error).message });
    }
  }
  return { calibrations: read, refused };
}

/** When nothing is to be asked, nothing is. */
function openWhenWhole(): void {
  const whole = missing.value.length === 0 && calibrations.value.length > 0 && unclear.value.length === 0;
  waiting.value = whole && jobs.value.scan !== null;
  if (whole && !waiting.value && (subject.value === null || outdated.value)) void openScan();
}

/** Says what a file is; with an empty path, that there is none. */
export function setRole(role: Role, path: string): void {
  told.value = { ...told.value, [role]: path };
}

/** How often the reader started over: what was begun before is of no interest any more. */
let started = 0;

/** Starts over: what is under way is given up, and what it comes to is not looked at. */
export function forgetFiles(): void {
  started++;
  waiting.value = false;
  jobs.value.scan?.cancel();
  closeLooked();
  dropped.value = [];
  told.value = {};
  calibrations.value = [];
  refused.value = [];
  reading.value = {};
  subject.value = null;
  made.value = null;
  problem.value = null;
}

function closeLooked(): void {
  const now = lookedByPage.value.scan;
  setLooked('scan', null);
  void now?.engine.closeScan(now.scan.id).catch(() => {});
}

/** Reads the scan for looking; the one on screen stays until the new one is there. */
export async function openScan(): Promise<void> {
  const request = requested();
  const { files, calibrations, reading } = request;
  const engine = engineOf('scan');
  const begun = started;
  const scan = await work(
    'scan',
    'Reading the scan',
    (report) => engine.openScan(files, calibrations, reading, report),
    openScan,
  );
  if (begun !== started) {
    // It was done before it heard of it.
    if (scan) void engine.closeScan(scan.id).catch(() => {});
    return;
  }
  if (scan) {
    subject.value = request;
    setLooked('scan', lookedAt(scan, subjectName.value, engine, openScan));
  } else if (problem.value?.code === 'too-large') {
    closeLooked();
    subject.value = request;
  }
}

/** `semcrc apply` to the scan on screen, at the tolerance that the calibration promised. */
export async function applyCalibration(calibration: NamedCalibration): Promise<void> {
  const now = subject.value;
  if (!now) return;
  const unit = units.value;
  made.value = null;
  const result = await work(
    'scan',
    'Applying, slab by slab',
    (report) => engineOf('scan').apply(now.files, calibration, { ...now.reading, units: unit }, report),
    () => applyCalibration(calibration),
  );
  if (result && subject.value === now) made.value = { result, subject: now, calibration, units: unit };
}
