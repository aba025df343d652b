// What several rounds of a measurement come to, and the memory they took.
import { readFileSync } from 'node:fs';

/** The value in the middle (of an even number, the upper one). @param {readonly number[]} values */
export const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

/** The least and the largest, in words. @param {readonly number[]} values @param {number} [digits] behind the point */
export const spread = (values, digits = 2) =>
  `${Math.min(...values).toFixed(digits)} to ${Math.max(...values).toFixed(digits)}`;

/** Most memory the process, all its threads included, has held, in MiB; null where the system does not tell. */
export function peakRss() {
  try {
    const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    return kilobytes === undefined ? null : Math.round(Number(kilobytes) / 1024);
  } catch {
    return null;
  }
}
