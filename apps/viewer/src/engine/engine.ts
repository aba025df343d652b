import { defaultSizes } from '@semcrc/core';
import { defaultWorkers, threadExecutor } from '@semcrc/runner/browser';
import shipped from '../generated/example.json';
import { factsOf } from './calibration-facts.ts';
import { calibrateCohort, type PageCohort } from './cohort-calibration.ts';
import { type CohortPlace, cohortIn } from './cohort-place.ts';
import { asEngine, EngineError } from './engine-error.ts';
import { calibrateExample, EXAMPLE_COHORT } from './example-cohort.ts';
import type { Calibrated, CohortId, Engine, OpenCohort, Work } from './types.ts';
import EngineWorker from './worker.ts?worker&inline';
import { WorkerCalls } from './worker-calls.ts';

/** Starts an engine: a worker for scans, and a pool while something is calibrated. */
export function createEngine(): Engine {
  return new PageEngine(new WorkerCalls(new EngineWorker({ name: 'semcrc-engine' })));
}

/** What was calibrated on the example's cohort when the page was built. */
function shippedCalibrations(): Calibrated[] {
  return shipped.map(({ text, held, notes }) => {
    const calibration = JSON.parse(text);
    const facts = factsOf(calibration, `${calibration.procedure}.json`);
    return { calibration, text, facts, riskCurve: null, held, notes };
  });
}

class PageEngine implements Engine {
  readonly #calls: WorkerCalls;
  readonly #cohorts = new Map<CohortId, PageCohort>();
  /** Ends the pool that is at work, when the engine is closed. */
  readonly #closing = new AbortController();
  #opened = 0;

  constructor(calls: WorkerCalls) {
    this.#calls = calls;
  }

  memoryNeeded: Engine['memoryNeeded'] = (files) => this.#calls.call('memoryNeeded', files);

  openScan: Engine['openScan'] = (files, calibrations, options = {}, work) =>
    this.#calls.callLong('openScan', [files, calibrations, options], work);

  intervals: Engine['intervals'] = (scan, design, knot, want) =>
    this.#calls.call('intervals', scan, design, knot, want);

  apply: Engine['apply'] = (files, calibration, options, work) =>
    this.#calls.callLong('apply', [files, calibration, options], work);

  closeScan: Engine['closeScan'] = (scan) => this.#calls.call('closeScan', scan);

  openCohort: Engine['openCohort'] = (dropped) =>
    asEngine(async () => (await this.#open(cohortIn(dropped))).open);

  calibrate: Engine['calibrate'] = (id, settings, work = {}) =>
    asEngine(() =>
      this.#inPool(settings.workers, work, (pool, own) =>
        calibrateCohort(this.#cohort(id), settings, pool, own),
      ),
    );

  openCohortScan: Engine['openCohortScan'] = (cohort, scan, calibrations) =>
    this.#calls.call('openCohortScan', cohort, scan, calibrations);

  closeCohort: Engine['closeCohort'] = async (id) => {
    this.#cohorts.delete(id);
    await this.#calls.call('closeCohort', id);
  };

  example: Engine['example'] = () =>
    asEngine(async () => {
      const calibrations = shippedCalibrations();
      const named = calibrations.map(({ facts, text }) => ({ name: facts.name, text }));
      return { calibrations, scan: await this.#calls.call('exampleScan', named) };
    });

  calibrateExample: Engine['calibrateExample'] = (work = {}) =>
    asEngine(async () => {
      const { id } = await this.#open({ kind: 'phantom', options: EXAMPLE_COHORT });
      try {
        return await this.#inPool(undefined, work, (pool, own) =>
          calibrateExample(this.#cohort(id), pool, own),
        );
      } finally {
        await this.closeCohort(id);
      }
    });

  get ended(): boolean {
    return this.#calls.ended;
  }

  close: Engine['close'] = async () => {
    this.#closing.abort();
    this.#calls.close();
  };

  async #open(place: CohortPlace): Promise<{ readonly id: CohortId; readonly open: OpenCohort }> {
    const id = ++this.#opened;
    const cohort = await this.#calls.call('openCohort', id, place);
    this.#cohorts.set(id, { place, key: `${id}-${crypto.randomUUID?.() ?? Math.random()}`, cohort });
    const patients = new Set(cohort.patients).size;
    const { name, ids, labels, digest, leftOut } = cohort;
    const notes =
      leftOut.length === 0 ? [] : [`${leftOut.length} scans did not qualify when it was prepared`];
    const { nOpt, nCal, nTest } = defaultSizes(patients, {});
    const profiled = cohort.profiled !== undefined;
    const sizes = { nOpt, nCal, nTest };
    const open = { id, name, scans: ids, patients, labels, digest, profiled, sizes, notes };
    return { id, open };
  }

  #cohort(id: CohortId): PageCohort {
    const cohort = this.#cohorts.get(id);
    if (cohort) return cohort;
    throw new EngineError({ code: 'usage', message: 'The cohort was closed.', data: {} });
  }

  /** Runs work in a pool of its own, which ends with it. */
  async #inPool<T>(
    workers: number | undefined,
    { signal, progress }: Work,
    run: (pool: ReturnType<typeof threadExecutor>, work: Work) => Promise<T>,
  ): Promise<T> {
    const both = signal ? AbortSignal.any([signal, this.#closing.signal]) : this.#closing.signal;
    const pool = threadExecutor({ workers: workers ?? Math.min(defaultWorkers(), 8) });
    try {
      return await run(pool, { signal: both, progress });
    } finally {
      await pool.close();
    }
  }
}
