import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Path of a golden file. */
export function goldenPath(name: string): string {
  return fileURLToPath(new URL(`goldens/${name}`, import.meta.url));
}

/** A golden JSON file; its shape is what `scripts/generate-goldens.py` writes. */
export function golden<T>(name: string): T {
  return JSON.parse(readFileSync(goldenPath(name), 'utf8')) as T;
}

/** The largest difference of two equally long lists, each difference divided by max(1, |expected|). */
export function worstDifference(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (found.length !== expected.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(found[i] - expected[i]) / Math.max(1, Math.abs(expected[i]));
    if (!(difference <= worst)) worst = difference;
  }
  return worst;
}
