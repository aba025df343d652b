import { describe, expect, it } from 'vitest';
import {
  bytes,
  calibrationNames,
  huNumber,
  huPlace,
  lambdaRange,
  listed,
  organName,
  percent,
  plainPercent,
} from '../src/words.ts';

const window = [-175, 250] as const;

describe('words', () => {
  it('tell calibrations apart by no more than is needed: procedure, ε, file, number', () => {
    const crc = (epsilon: number, file: string) => ({ procedure: 'crc', epsilon, file });
    const sem = { procedure: 'sem-crc', epsilon: 0.1, file: 'a.json' };
    expect(calibrationNames([crc(0.1, 'a.json'), sem])).toEqual(['CRC', 'sem-CRC']);
    expect(calibrationNames([crc(0.1, 'a.json'), crc(0.15, 'a.json'), sem])).toEqual([
      'CRC, ε = 10%',
      'CRC, ε = 15%',
      'sem-CRC',
    ]);
    expect(calibrationNames([crc(0.1, 'a.json'), crc(0.1, 'b.json')])).toEqual([
      'CRC, ε = 10% (a.json)',
      'CRC, ε = 10% (b.json)',
    ]);
    expect(new Set(calibrationNames([crc(0.1, 'a.json'), crc(0.1, 'a.json')])).size).toBe(2);
  });

  it('say bounds at an end of the window as open, where intensities are cut off', () => {
    expect(huPlace(0, window)).toBe('≤ −175');
    expect(huPlace(1, window)).toBe('≥ 250');
    expect(huPlace(0.5, window)).toBe('38');
    expect(huPlace(0.1, window)).toBe('−132');
  });

  it('say an infinite λ, one λ, and a range of them', () => {
    expect(lambdaRange([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY], 425)).toBe('∞');
    expect(lambdaRange([0.02, 0.02], 425)).toBe('8.50');
    expect(lambdaRange([0.01, 0.1], 425)).toBe('4.25 … 42.5');
    expect(lambdaRange([-1, 0.1], 425)).toBe('point … 42.5');
    expect(lambdaRange([-0.1, 0], 425)).toBe('−42.5 … 0.00');
  });

  it('give three digits to what was measured, and as many as were asked to what was asked', () => {
    expect([0.0547, 0.1, 0.5, 0.00012, 0, Number.NaN].map(percent)).toEqual([
      '5.47%',
      '10.0%',
      '50.0%',
      '0.01%',
      '0%',
      '–',
    ]);
    expect([0.1, 0.025, 0.30000000000000004].map(plainPercent)).toEqual(['10%', '2.5%', '30%']);
    expect([0.004, 9.99, 99.9, 100, -0.001].map(huNumber)).toEqual(['0.00', '9.99', '99.9', '100', '0.00']);
  });

  it('leave nothing in a name that could rearrange a line', () => {
    expect(organName('inferior_vena_cava')).toBe('inferior vena cava');
    expect(organName('\u202eabc\u0007')).toBe('abc');
    expect(organName('\u202e')).toBe('unnamed');
  });

  it('list names and sizes', () => {
    expect(listed(['a', 'b', 'c'])).toBe('a, b and c');
    expect(listed([])).toBe('');
    expect([1.2e9, 2.55e6, 12].map(bytes)).toEqual(['1.2 GB', '2.5 MB', '1 kB']);
  });
});
