// A reader's own scan: from dropped files to intervals, and out again.
import { computed, signal } from '@preact/signals';
import {
  type Applied,
  type Dropped,
  type NamedCalibration,
  type ReadingOptions,
  type Role,
  readCalibration,
  type ScanFiles,
  sortDropped,
} from '../engine/index.ts';
import { engineOf, problemOf, work } from './engines.ts';
import { lookedAt } from './looking.ts';
import { problem, setLooked, sorted } from './store.ts';

/** All that was dropped so far, by path; a second drop adds to the first. */
export const dropped = signal<readonly Dropped[]>([]);
/** The roles of files: what their names say, and what the reader says instead. */
export const roles = signal<Partial<Record<Role, string>>>({});
export const reading = signal<ReadingOptions>({});
/** Calibrations among the files, read and checked. */
export const calibrations = signal<readonly NamedCalibration[]>([]);
export const applied = signal<Applied | null>(null);
/** Whether the scan is too large to be looked at: its files can be made all the same. */
export const tooLarge = signal(false);

/** What a scan must have for the calibrations that were dropped, and has not. */
export const missing = computed((): readonly Role[] => {
  const needs = new Set<Role>(['lower', 'upper', 'segmentation']);
  for (const { name, text } of calibrations.value) {
    for (const role of readCalibration(text, name).needs) needs.add(role);
  }
  return [...needs].filter((role) => roles.value[role] === undefined);
});

/** Takes files in. Those that are known by name find their place; the reader is asked about the rest. */
export async function takeFiles(files: readonly Dropped[]): Promise<void> {
  const byPath = new Map([...dropped.value, ...files].map((one) => [one.path, one]));
  dropped.value = [...byPath.values()];
  const found = sortDropped([...byPath.keys()]);
  sorted.value = found;
  roles.value = { ...found.roles, ...roles.value };
  applied.value = null;
  problem.value = null;
  await readCalibrations(found.calibrations, byPath);
}

async function readCalibrations(
  paths: readonly string[],
  files: ReadonlyMap<string, Dropped>,
): Promise<void> {
  const read: NamedCalibration[] = [];
  for (const path of paths) {
    try {
      const text = await files.get(path)!.file.text();
      // A file of another kind among the JSON files is no calibration, and no error: the summary of `apply` lies beside it.
      if (!text.includes('"semcrc/calibration@')) continue;
      readCalibration(text, path);
      read.push({ name: path, text });
    } catch (error) {
      problem.value = problemOf('scan', error, () => {});
    }
  }
  calibrations.value = read;
}

/** Says what a file is; with an empty path, that there is none. */
export function setRole(role: Role, path: string): void {
  const next = { ...roles.value };
  if (path === '') delete next[role];
  else next[role] = path;
  roles.value = next;
  applied.value = null;
}

export function forgetFiles(): void {
  dropped.value = [];
  roles.value = {};
  calibrations.value = [];
  sorted.value = null;
  applied.value = null;
  reading.value = {};
  tooLarge.value = false;
  setLooked('scan', null);
}

const scanFiles = (): ScanFiles => ({ roles: roles.value, files: dropped.value });

/** Reads the scan for looking. */
export async function openScan(): Promise<void> {
  const scan = await work(
    'scan',
    'Reading the scan',
    (report) => engineOf('scan').openScan(scanFiles(), calibrations.value, reading.value, report),
    openScan,
  );
  tooLarge.value = scan === null && problem.peek()?.code === 'too-large';
  if (scan) setLooked('scan', lookedAt(scan, roles.value.lower ?? 'your scan', engineOf('scan'), openScan));
}

/** `semcrc apply` at the tolerance that the calibration promised. */
export async function applyCalibration(at: number, units: 'window' | 'hu'): Promise<void> {
  const calibration = calibrations.value[at];
  applied.value = null;
  applied.value = await work(
    'scan',
    'Applying, slab by slab',
    (report) => engineOf('scan').apply(scanFiles(), calibration, { ...reading.value, units }, report),
    () => applyCalibration(at, units),
  );
}
