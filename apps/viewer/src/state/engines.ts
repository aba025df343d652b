// The engines: each has a worker, and one scan open.
import { createEngine, type Engine, EngineError, type EngineErrorCode, failureOf } from '../engine/index.ts';
import { counted } from '../words.ts';
import { withControls } from './controls.ts';
import { type Job, jobs, type Page, type Problem, problem, setJob } from './store.ts';

const engines = new Map<Page, Engine>();

/** The engine of a page, started when it is first needed, and anew after a crash: each page keeps its scan open. */
export function engineOf(page: Page): Engine {
  const before = engines.get(page);
  const engine = before && !before.ended ? before : createEngine();
  engines.set(page, engine);
  return engine;
}

/**
 * Does long work with its progress shown and a way to stop it. What goes wrong is shown with a way on; a cancelled piece of
 * work ends silently.
 *
 * @param again does the whole step once more; engines that crashed are others by then
 * @returns what the work gave; null where it did not end well
 */
export async function work<T>(
  page: Page,
  title: string,
  run: (report: {
    signal: AbortSignal;
    progress: (progress: NonNullable<Job['progress']>) => void;
  }) => Promise<T>,
  again: () => void,
): Promise<T | null> {
  if (jobs.peek()[page]) return null;
  const controller = new AbortController();
  const cancel = (): void => {
    controller.abort();
    setJob(page, { ...begun, cancelling: true });
  };
  const begun: Job = { title, progress: null, cancel, cancelling: false };
  problem.value = null;
  setJob(page, begun);
  try {
    return await run({
      signal: controller.signal,
      progress: (progress) => {
        if (!controller.signal.aborted) setJob(page, { ...begun, progress });
      },
    });
  } catch (error) {
    const failed = problemOf(page, error, again);
    if (failed.code !== 'interrupted' && !controller.signal.aborted) problem.value = failed;
    return null;
  } finally {
    // Where the work was given up, another may have begun.
    if (jobs.peek()[page]?.cancel === begun.cancel) setJob(page, null);
  }
}

const TITLES: Readonly<Partial<Record<EngineErrorCode, string>>> = {
  'bad-input': 'A file does not fit',
  usage: 'This cannot be done as asked',
  infeasible: 'Too few scans for this promise',
  unsupported: 'This browser lacks something',
  'too-large': 'Too large for this page',
  crashed: 'The worker stopped',
};

/** The words that the page has for a failure. */
export function problemOf(page: Page | null, thrown: unknown, again: () => void): Problem {
  // A file that cannot be read any more is no fault of the page.
  const error = thrown instanceof DOMException ? new EngineError(failureOf(thrown), thrown) : thrown;
  if (!(error instanceof EngineError)) {
    const text = error instanceof Error ? error.message : String(error);
    const retry = { label: 'Try again', run: again };
    return { page, code: null, title: 'Something broke', text, options: [], retry };
  }
  const { code, message, data } = error;
  const options = Array.isArray(data?.options) ? data.options.map(String) : [];
  const said = page === null ? message : withControls(message, page, options);
  const mayHelp = code === 'crashed' || code === 'internal';
  return {
    page,
    code,
    title: TITLES[code] ?? 'Something broke',
    text: code === 'crashed' ? `${said} Your files are untouched.` : said,
    options,
    retry: mayHelp ? { label: code === 'crashed' ? 'Start it again' : 'Try again', run: again } : null,
  };
}

/** How far a job has come, in words. */
export function progressInWords({ progress }: Job): string {
  if (!progress) return 'starting …';
  const { stage, done, total } = progress;
  const noun = {
    reading: 'file',
    applying: 'slice',
    scans: 'scan',
    calibrating: 'step',
    measuring: 'scan',
    drawing: 'scan',
  };
  return total > 0 ? `${stage}: ${done} of ${counted(total, noun[stage] ?? 'step')}` : `${stage} …`;
}
