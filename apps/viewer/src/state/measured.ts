/**
 * Leaves on the browser's timeline how long a step took, for its performance panel and for the bench.
 *
 * @param start reading of `performance.now()` @param milliseconds of it in the worker
 */
export function measured(step: 'intervals' | 'draw', start: number, milliseconds?: number): void {
  const name = `semcrc ${step}`;
  // The last of each is enough, and a long look fills no memory.
  performance.clearMeasures(name);
  performance.measure(name, { start, detail: { milliseconds } });
}
