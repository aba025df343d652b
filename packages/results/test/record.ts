import type { RunResult } from '@semcrc/core';

/** A run's result such as `crc` leaves it; K-CRC's position map where `positions` asks for one. */
export function runResult(run: number, { positions = false } = {}): RunResult {
  return {
    records: [
      {
        procedure: 'crc',
        run,
        split: { opt: ['a'], cal: ['b', 'c'], test: ['d'] },
        n: 3,
        anchor: null,
        omega: null,
        pathPosition: null,
        lambda: { all: 0.03125 },
        organs: {},
        test: { risk: 0.1 + run / 100, length: 0.25, organs: { 0: { risk: 0.1, length: 0.25, scans: 1 } } },
        seconds: { anchor: 0, backtrack: 0.5, evaluate: 0.25 },
      },
    ],
    positions: positions
      ? { kind: 'position', height: 2, width: 3, groupCount: 2, map: Uint8Array.of(0, 1, 1, 0, 0, 1) }
      : null,
  };
}

/** What two runs of {@link runResult} are summarized to. */
export const SUMMARY = [
  { procedure: 'crc', runs: 2, risk: { mean: 0.105, sd: 0.005 }, length: { mean: 0.25, sd: 0 } },
] as const;
