/** Tasks in flight that keep every worker of an executor busy: one in work and one waiting for each. */
export function lanesFor(executor: { readonly workers: number }): number {
  return 2 * executor.workers;
}

/**
 * Does all items, in their order but several at once; the first that fails gives the others up, and is what is thrown
 * once all have ended.
 */
export async function runConcurrently<T>(
  signal: AbortSignal | undefined,
  lanes: number,
  items: readonly T[],
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const either = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  const queue = items.values();
  let first: { readonly error: unknown } | undefined;
  const lane = async (): Promise<void> => {
    for (const item of queue) {
      if (first) return;
      try {
        await work(item, either);
      } catch (error) {
        first ??= { error };
        stop.abort();
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  if (first) throw first.error;
}
