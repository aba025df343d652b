/** Files that a store opens at a time: far fewer than any process may have open. */
const MOST_OPEN = 32;

/** The results of some work on each item, a few at a time, in the order of the items. */
export async function mapConcurrently<T, R>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const lane = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index] as T, index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(MOST_OPEN, items.length) }, lane));
  return results;
}
