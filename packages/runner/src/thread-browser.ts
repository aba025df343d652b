import { highsBinary } from '@semcrc/anchor';
import type { Death, Thread } from './thread.ts';

/** How a browser's workers are started. */
export interface BrowserThreadOptions {
  /**
   * Where the page serves `@semcrc/runner/worker`, for a page whose Content-Security-Policy forbids workers made of
   * a `blob:` URL; default: the same script, made of the text this package carries.
   */
  readonly script?: URL | string;
}

/** What a worker asks of its page, beside the pool's messages. */
export interface FromWorker {
  readonly wants: 'highs';
}

/** What the page answers. */
export type FromPage = { readonly highs: Uint8Array<ArrayBuffer> } | { readonly failure: string };

/**
 * Starts a browser Worker running the experiment. A browser tells of uncaught errors and of scripts that do not load;
 * a worker that closes itself, or that the browser kills for its memory, goes unnoticed: only a signal ends the wait.
 */
export function spawnBrowserThread(options: BrowserThreadOptions = {}): Thread {
  // Messages wait in the channel until the worker is there.
  const { port1: endpoint, port2 } = new MessageChannel();
  let worker: Worker | undefined;
  let death: Death | undefined;
  let listen: ((death: Death) => void) | undefined;
  let asked = false;
  const die = (found: Death): void => {
    if (death || asked) return;
    death = found;
    listen?.(found);
  };
  const start = (script: URL | string): void => {
    if (asked) return;
    // A page that was opened from a disk may load no module from a blob: URL, and the script is one file either way.
    const type = options.script === undefined ? 'classic' : 'module';
    worker = new Worker(script, { type, name: 'semcrc' });
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      const what = event.message || 'its script did not load';
      die({ reason: 'error', words: `died of an uncaught error (${what})`, cause: event.error });
    });
    worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
      if (data.wants === 'highs') void sendHighs(worker!);
    });
    worker.postMessage(null, [port2]);
  };
  endpoint.addEventListener('messageerror', () => {
    die({ reason: 'unreadable-message', words: 'sent a message that cannot be read' });
  });
  Promise.resolve(options.script ?? ownScript())
    .then(start)
    .catch((cause: unknown) => {
      die({ reason: 'error', words: `could not be started (${reasonOf(cause)})`, cause });
    });
  return {
    endpoint,
    onDeath(listener) {
      listen = listener;
      if (death) listener(death);
    },
    async terminate() {
      asked = true;
      worker?.terminate();
      endpoint.close();
    },
  };
}

let script: Promise<string> | undefined;

/**
 * A URL of the worker's script, whose text is a module like any other: a bundler needs to know nothing of workers.
 * Fetched when the first worker starts.
 */
function ownScript(): Promise<string> {
  script ??= import('#worker-browser').then(
    ({ source }) => URL.createObjectURL(new Blob([source], { type: 'text/javascript' })),
    (error) => {
      script = undefined;
      throw error;
    },
  );
  return script;
}

async function sendHighs(worker: Worker): Promise<void> {
  const post = (answer: FromPage, transfer: Transferable[]): void => worker.postMessage(answer, transfer);
  try {
    const highs = await highsBinary();
    post({ highs }, [highs.buffer]);
  } catch (error) {
    post({ failure: reasonOf(error) }, []);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
