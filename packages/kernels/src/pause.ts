/** How long a thread may be held before pending events get their turn, in milliseconds. */
const LONGEST_HOLD = 50;

let lastPause = 0;

/**
 * Lets pending events (a message, a Ctrl-C, a repaint) have their turn where this thread gave them none for 50 ms. To be
 * called between the steps of work that holds the thread; most calls return at once.
 */
export async function pauseWhenDue(): Promise<void> {
  if (performance.now() - lastPause <= LONGEST_HOLD) return;
  await new Promise((resolve) => setTimeout(resolve));
  lastPause = performance.now();
}
