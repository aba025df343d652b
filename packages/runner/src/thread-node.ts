/// <reference types="node" preserve="true" />
import { parentPort, type ResourceLimits, Worker } from 'node:worker_threads';
import { SemcrcError } from '@semcrc/kernels';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import type { JobTable, Workbench } from './executor.ts';
import { type Death, serveWorkbench, type Thread } from './thread.ts';

/** How Node's threads are started. */
export interface NodeThreadOptions {
  /** A script that calls `serveNodeThread`; default: the experiment's worker, bundled beside this module. */
  readonly script?: URL;
  /** Limits of the JavaScript heap of each thread, in MiB; arrays of voxels lie outside it. */
  readonly resourceLimits?: ResourceLimits;
}

/** Starts a worker thread of Node. */
export function spawnNodeThread(options: NodeThreadOptions = {}): Thread {
  const { script = new URL('./bundled/worker-node.js', import.meta.url), resourceLimits = {} } = options;
  const worker = new Worker(script, { resourceLimits, name: 'semcrc' });
  let asked = false;
  return {
    endpoint: nodeEndpoint(worker),
    onDeath(listener) {
      let reported = false;
      const report = (death: Death): void => {
        if (reported || asked) return;
        reported = true;
        listener(death);
      };
      worker.on('error', (error: unknown) => report(deathBy(error)));
      worker.on('messageerror', (cause) => {
        report({ reason: 'unreadable-message', words: 'sent a message that cannot be read', cause });
      });
      worker.on('exit', (code) => report({ reason: 'exit', words: `ended early (exit code ${code})` }));
    },
    async terminate() {
      asked = true;
      await worker.terminate();
    },
  };
}

function deathBy(error: unknown): Death {
  if (error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return {
      reason: 'out-of-memory',
      words: 'ran out of memory; fewer workers leave each more of it',
      cause: error,
    };
  }
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { reason: 'error', words: `died of an uncaught error (${what})`, cause: error };
}

/**
 * Puts a workbench into the thread this is called in, for the pool that started it.
 *
 * @throws SemcrcError `internal` in the main thread.
 */
export function serveNodeThread<Session, Jobs extends JobTable<Jobs>>(
  workbench: Workbench<Session, Jobs>,
): void {
  if (!parentPort)
    throw new SemcrcError('internal', 'a workbench is served in a worker thread, not in the main one');
  serveWorkbench(workbench, nodeEndpoint(parentPort));
}
