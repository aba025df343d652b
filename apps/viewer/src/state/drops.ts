// Files that are dropped anywhere on the page: each page takes those that are for it, and the browser never opens one itself.
import { signal } from '@preact/signals';
import { type Dropped, sortDropped } from '../engine/index.ts';
import { openCohort } from './cohort.ts';
import { problemOf } from './engines.ts';
import { filesOfDrop } from './files.ts';
import { takeFiles } from './scan.ts';
import { jobs, type Page, page, problem, show } from './store.ts';

/** Whether files are held over the page. */
export const dragging = signal(false);

/** Takes what is dropped from now on; returns how to stop. */
export function takeDrops(): () => void {
  const stop = new AbortController();
  const on = (name: 'dragover' | 'dragleave' | 'drop', hear: (event: DragEvent) => void) =>
    globalThis.addEventListener(name, hear, { signal: stop.signal });
  on('dragover', (event) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    dragging.value = true;
  });
  on('dragleave', ({ relatedTarget }) => {
    // Between two elements of the page it names the one that is entered.
    if (relatedTarget === null) dragging.value = false;
  });
  on('drop', (event) => {
    dragging.value = false;
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    void takeDrop(page.value, event.dataTransfer);
  });
  return () => stop.abort();
}

async function takeDrop(at: Page, transfer: DataTransfer): Promise<void> {
  try {
    const files = await filesOfDrop(transfer);
    if (files.length > 0) await TAKES[at](files);
  } catch (error) {
    problem.value = problemOf(at, error, () => {});
  }
}

const TAKES: Readonly<Record<Page, (files: readonly Dropped[]) => Promise<void>>> = {
  example: takeOnExample,
  scan: takeFiles,
  cohort: takeCohort,
};

async function takeCohort(files: readonly Dropped[]): Promise<void> {
  const busy = jobs.peek().cohort;
  if (busy === null) return openCohort(files);
  refuse('cohort', `${busy.title} is under way`, 'Wait for it or cancel it, and drop the files again.');
}

function refuse(at: Page, title: string, text: string): void {
  problem.value = { page: at, code: null, title, text, options: [], retry: null };
}

/** The example has files of its own: what is dropped on it goes to the page that it fits. */
async function takeOnExample(files: readonly Dropped[]): Promise<void> {
  const { store, profiles, roles, ambiguous, calibrations } = sortDropped(files.map(({ path }) => path));
  if (store !== null || profiles.length > 0) {
    show('cohort');
    return takeCohort(files);
  }
  if (Object.keys(roles).length + ambiguous.length + calibrations.length > 0) {
    show('scan');
    return takeFiles(files);
  }
  refuse(
    'example',
    'No file is known by its name',
    'None looks like a file of a scan, a calibration.json or a cohort. Drop them on “Your scan”, which asks what each of them is.',
  );
}
