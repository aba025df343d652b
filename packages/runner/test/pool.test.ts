import { SemcrcError } from '@semcrc/kernels';
import { afterEach, describe, expect, it } from 'vitest';
import { WorkerPool } from '../src/pool.ts';
import { type NodeThreadOptions, spawnNodeThread } from '../src/thread-node.ts';

interface Session {
  readonly factor: number;
  readonly refuse?: boolean;
}
interface Answer {
  readonly input: number;
  readonly output: { readonly value: number; readonly threadId: number; readonly sessions: number };
}
type Kind = 'double' | 'wait' | 'spin' | 'throw' | 'exit' | 'uncaught' | 'hoard' | 'unclonable';
type Faulty = Record<Kind, Answer>;

const script = new URL('./fixtures/faulty-worker.mjs', import.meta.url);
const session: Session = { factor: 1 };
const pools: WorkerPool<Session, Faulty>[] = [];
let running = 0;

/** A pool over the faulty worker; `running` counts threads started and not yet asked to end or dead. */
function faultyPool(workers: number, options: NodeThreadOptions = {}): WorkerPool<Session, Faulty> {
  const pool = new WorkerPool<Session, Faulty>(() => {
    const thread = spawnNodeThread({ script, ...options });
    running += 1;
    return {
      ...thread,
      async terminate() {
        await thread.terminate();
        running -= 1;
      },
    };
  }, workers);
  pools.push(pool);
  return pool;
}

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
  expect(running).toBe(0);
});

const faults: [kind: Kind, message: RegExp, reason: string | undefined][] = [
  ['throw', /^run 1: RangeError: out of reach$/, undefined],
  ['exit', /^run 1: its worker ended early \(exit code 3\)$/, 'exit'],
  ['uncaught', /^run 1: its worker died of an uncaught error \(Error: nobody catches this\)$/, 'error'],
  ['hoard', /^run 1: its worker ran out of memory/, 'out-of-memory'],
  ['unclonable', /^run 1: .*Unserializable/, undefined],
];

describe('a worker pool', () => {
  it.each(faults)(
    'survives more tasks that %s than it has slots, then succeeds',
    async (kind, message, reason) => {
      const pool = faultyPool(2, { resourceLimits: { maxOldGenerationSizeMb: 24 } });
      const failing = Array.from({ length: 5 }, () => pool.run({ session, kind, input: 1, name: 'run 1' }));
      for (const result of await Promise.allSettled(failing)) {
        expect(result.status).toBe('rejected');
        const { reason: error } = result as PromiseRejectedResult;
        expect(error).toBeInstanceOf(SemcrcError);
        expect(error.message).toMatch(message);
        expect(error.code).toBe('internal');
        expect(error.data.task).toBe('run 1');
        expect(error.data.reason).toBe(reason);
      }
      const after = Array.from({ length: 4 }, (_, input) =>
        pool.run({ session, kind: 'double', input, name: 'after' }),
      );
      expect((await Promise.all(after)).map(({ value }) => value)).toEqual([0, 2, 4, 6]);
    },
  );

  it('fails only the task whose worker died', async () => {
    const pool = faultyPool(2);
    const good = Array.from({ length: 6 }, () =>
      pool.run({ session, kind: 'wait', input: 30, name: 'good' }),
    );
    const bad = pool.run({ session, kind: 'exit', input: 0, name: 'scan phantom-003' });
    good.push(pool.run({ session, kind: 'wait', input: 31, name: 'good' }));
    await expect(bad).rejects.toThrow(/^scan phantom-003: its worker/);
    expect((await Promise.all(good)).map(({ value }) => value)).toEqual([30, 30, 30, 30, 30, 30, 31]);
  });

  it('hands a session to each thread once, and again to a thread that replaces a dead one', async () => {
    const pool = faultyPool(1);
    const double = (own: Session) => pool.run({ session: own, kind: 'double', input: 5, name: 'double' });
    expect(await double(session)).toMatchObject({ value: 10, sessions: 1 });
    const { threadId } = await double(session);
    expect(await double({ factor: 3 })).toEqual({ value: 30, sessions: 2, threadId });
    await expect(pool.run({ session, kind: 'exit', input: 0, name: 'exit' })).rejects.toThrow();
    const replaced = await double(session);
    expect(replaced).toMatchObject({ value: 10, sessions: 1 });
    expect(replaced.threadId).not.toBe(threadId);
  });

  it('fails a task whose session cannot begin, and no other', async () => {
    const pool = faultyPool(1);
    const refused = pool.run({
      session: { factor: 1, refuse: true },
      kind: 'double',
      input: 1,
      name: 'run 4',
    });
    const fine = pool.run({ session, kind: 'double', input: 1, name: 'run 5' });
    await expect(refused).rejects.toThrow('run 4: Error: no such session');
    expect(await fine).toMatchObject({ value: 2 });
  });

  it('uses no more threads than its slots and all of them', async () => {
    const pool = faultyPool(3);
    const waits = Array.from({ length: 9 }, () =>
      pool.run({ session, kind: 'wait', input: 60, name: 'wait' }),
    );
    const ids = new Set((await Promise.all(waits)).map(({ threadId }) => threadId));
    expect(ids.size).toBe(3);
  });

  it('stops a computation that never ends when its signal is aborted, and goes on with the next', async () => {
    const pool = faultyPool(1);
    const controller = new AbortController();
    const { signal } = controller;
    const spinning = pool.run({ session, kind: 'spin', input: 0, name: 'run 0', signal });
    const queued = pool.run({ session, kind: 'spin', input: 0, name: 'run 1', signal });
    const other = pool.run({ session, kind: 'double', input: 4, name: 'run 2' });
    setTimeout(() => controller.abort(), 50);
    await expect(spinning).rejects.toMatchObject({ code: 'interrupted', data: { task: 'run 0' } });
    await expect(queued).rejects.toMatchObject({ code: 'interrupted', data: { task: 'run 1' } });
    expect(await other).toMatchObject({ value: 8 });
    const late = pool.run({ session, kind: 'double', input: 4, name: 'run 3', signal });
    await expect(late).rejects.toMatchObject({ code: 'interrupted' });
  });

  it('gives up everything on close and leaves no thread alive', async () => {
    const pool = faultyPool(2);
    const tasks = Array.from({ length: 4 }, (_, run) =>
      pool.run({ session, kind: 'spin', input: 0, name: `run ${run}` }),
    );
    const settled = Promise.allSettled(tasks);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await pool.close();
    expect(running).toBe(0);
    for (const result of await settled) expect(result).toMatchObject({ reason: { code: 'interrupted' } });
    await expect(pool.run({ session, kind: 'double', input: 1, name: 'late' })).rejects.toMatchObject({
      code: 'interrupted',
    });
  });

  it('names the task when its script does not load', async () => {
    const pool = faultyPool(1, { script: new URL('./fixtures/no-such-worker.mjs', import.meta.url) });
    for (const name of ['run 0', 'run 1']) {
      await expect(pool.run({ session, kind: 'double', input: 1, name })).rejects.toThrow(
        new RegExp(`^${name}: its worker died of an uncaught error .*no-such-worker`),
      );
    }
  });

  it('refuses a number of workers that is none', () => {
    for (const workers of [0, -1, 1.5, Number.NaN]) {
      expect(() => faultyPool(workers)).toThrow(/workers: expected a whole number from 1/);
    }
  });
});
