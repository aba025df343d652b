import { SemcrcError } from '@semcrc/kernels';
import { describe, expect, it } from 'vitest';
import { SerialExecutor, type Workbench } from '../src/index.ts';

interface Jobs {
  readonly double: { readonly input: number; readonly output: number };
  readonly fail: { readonly input: Error; readonly output: never };
  readonly hold: { readonly input: number; readonly output: number };
}

class Bench implements Workbench<string, Jobs> {
  readonly begun: string[] = [];
  inWork = 0;

  async begin(session: string): Promise<void> {
    if (session === 'refused')
      throw new SemcrcError('bad-input', 'no such cohort', { data: { file: 'x.csv' } });
    this.begun.push(session);
  }

  async perform<Kind extends keyof Jobs>(
    kind: Kind,
    input: Jobs[Kind]['input'],
  ): Promise<Jobs[Kind]['output']> {
    this.inWork += 1;
    expect(this.inWork).toBe(1);
    try {
      if (kind === 'fail') throw input;
      const until = performance.now() + (kind === 'hold' ? (input as number) : 0);
      while (performance.now() < until);
      await Promise.resolve();
      return (2 * (input as number)) as Jobs[Kind]['output'];
    } finally {
      this.inWork -= 1;
    }
  }
}

describe('the serial executor', () => {
  it('does one task at a time, in order, and begins a session once until it changes', async () => {
    const bench = new Bench();
    const executor = new SerialExecutor<string, Jobs>(bench);
    const done: number[] = [];
    const tasks = ['a', 'a', 'b', 'a'].map((session, input) =>
      executor
        .run({ session, kind: 'double', input, name: `run ${input}` })
        .then((value) => done.push(value)),
    );
    await Promise.all(tasks);
    expect(done).toEqual([0, 2, 4, 6]);
    expect(bench.begun).toEqual(['a', 'b', 'a']);
    expect(executor.workers).toBe(1);
  });

  it('names the task in errors, keeps the code of its own, and goes on', async () => {
    const executor = new SerialExecutor<string, Jobs>(new Bench());
    const failing = (input: Error) => executor.run({ session: 'a', kind: 'fail', input, name: 'scan s1' });
    await expect(failing(new TypeError('not a number'))).rejects.toMatchObject({
      code: 'internal',
      message: 'scan s1: TypeError: not a number',
      data: { task: 'scan s1' },
    });
    const own = new SemcrcError('infeasible', 'n is too small', { data: { n: 3 } });
    await expect(failing(own)).rejects.toMatchObject({
      code: 'infeasible',
      message: 'n is too small',
      data: { task: 'scan s1', n: 3 },
    });
    const refused = executor.run({ session: 'refused', kind: 'double', input: 1, name: 'run 0' });
    await expect(refused).rejects.toMatchObject({ code: 'bad-input', data: { file: 'x.csv' } });
    expect(await executor.run({ session: 'a', kind: 'double', input: 4, name: 'run 1' })).toBe(8);
  });

  it('lets pending events in between tasks, so that a signal can end a long queue', async () => {
    const executor = new SerialExecutor<string, Jobs>(new Bench());
    const controller = new AbortController();
    const { signal } = controller;
    const tasks = Array.from({ length: 20 }, (_, run) =>
      executor.run({ session: 'a', kind: 'hold', input: 30, name: `run ${run}`, signal }),
    );
    setTimeout(() => controller.abort(), 1);
    const outcomes = await Promise.allSettled(tasks);
    const finished = outcomes.filter(({ status }) => status === 'fulfilled').length;
    expect(finished).toBeGreaterThan(0);
    expect(finished).toBeLessThan(10);
    for (const outcome of outcomes.slice(finished)) {
      expect(outcome).toMatchObject({ reason: { code: 'interrupted' } });
    }
  });

  it('does nothing more once closed', async () => {
    const executor = new SerialExecutor<string, Jobs>(new Bench());
    const running = executor.run({ session: 'a', kind: 'double', input: 1, name: 'run 0' });
    await running;
    await executor.close();
    const late = executor.run({ session: 'a', kind: 'double', input: 1, name: 'run 1' });
    await expect(late).rejects.toMatchObject({ code: 'interrupted', data: { task: 'run 1' } });
  });
});
