/** Does all items at once; the first that fails gives the others up, and is what is thrown once all have ended. */
export async function together<T>(
  signal: AbortSignal | undefined,
  items: readonly T[],
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const either = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  let first: { readonly error: unknown } | undefined;
  await Promise.all(
    items.map((item) =>
      work(item, either).catch((error: unknown) => {
        first ??= { error };
        stop.abort();
      }),
    ),
  );
  if (first) throw first.error;
}
