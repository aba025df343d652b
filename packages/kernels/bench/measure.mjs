// Timing: warmed, every result sinked so that nothing is optimised away; the median, the middle half's spread, and the
// fastest run: other work on the machine only ever adds time, so ratios of the fastest are the steadiest.

let sink = 0;

/** Seconds of one run: median, fastest, and half the width of the middle half over the median. `run` may return a number. */
export function measure(run, times) {
  for (let r = 0; r < 3; r++) sink += run() ?? 0;
  const seconds = [];
  for (let r = 0; r < times; r++) {
    const start = performance.now();
    const result = run();
    seconds.push((performance.now() - start) / 1e3);
    sink += result ?? 0;
  }
  return summary(seconds);
}

export function summary(seconds) {
  const sorted = [...seconds].sort((a, b) => a - b);
  const at = (share) => sorted[Math.floor(share * (sorted.length - 1))];
  return { median: at(0.5), fastest: at(0), spread: (at(0.75) - at(0.25)) / 2 / at(0.5) };
}

/** A number that depends on every result: print it. */
export function sinked() {
  if (!Number.isFinite(sink)) throw new Error('a bench returned something that is not a number');
  return sink;
}
