import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { pauseWhenDue } from '../src/index.ts';

describe('work that holds the thread', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('lets a pending event in after more than 50 ms, and goes on at once until then', async () => {
    const order: string[] = [];
    vi.advanceTimersByTime(1000);
    setTimeout(() => order.push('event'));
    const paused = pauseWhenDue().then(() => order.push('work'));
    await vi.advanceTimersByTimeAsync(1);
    await paused;
    expect(order).toEqual(['event', 'work']);

    vi.advanceTimersByTime(40);
    setTimeout(() => order.push('later event'));
    await pauseWhenDue();
    expect(order).toEqual(['event', 'work']);

    vi.advanceTimersByTime(1);
    expect(order).toEqual(['event', 'work', 'later event']);
  });
});
