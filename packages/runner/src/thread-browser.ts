import type { Death, Thread } from './thread.ts';

/**
 * Starts a browser Worker running the experiment. A browser tells of uncaught errors and of scripts that do not load;
 * a worker that closes itself, or that the browser kills for its memory, goes unnoticed: only a signal ends the wait.
 */
export function spawnBrowserThread(): Thread {
  // Bundlers find the worker by this literal form.
  const worker = new Worker(new URL('./worker-browser.js', import.meta.url), {
    type: 'module',
    name: 'semcrc',
  });
  let asked = false;
  return {
    endpoint: worker,
    onDeath(listener) {
      let reported = false;
      const report = (death: Death): void => {
        if (reported || asked) return;
        reported = true;
        listener(death);
      };
      worker.addEventListener('error', (event) => {
        event.preventDefault();
        const what = event.message || 'its script did not load';
        report({ reason: 'error', words: `died of an uncaught error (${what})`, cause: event.error });
      });
      worker.addEventListener('messageerror', () => {
        report({ reason: 'unreadable-message', words: 'sent a message that cannot be read' });
      });
    },
    async terminate() {
      asked = true;
      worker.terminate();
    },
  };
}
