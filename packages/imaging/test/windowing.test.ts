import { expect, it } from 'vitest';
import { identityAffine, makeVolume, windowIntensity } from '../src/index.ts';
import { golden } from './goldens.ts';

interface Case {
  readonly window: readonly [number, number];
  readonly values: readonly string[];
  readonly expected: readonly number[];
}

const number = (text: string) => Number(text.replace('inf', 'Infinity'));

it.each(golden<readonly Case[]>('windowing.json'))('windows $window as numpy does in f64', (example) => {
  const data = Float32Array.from(example.values, number);
  const volume = makeVolume(data, [1, 1, data.length], identityAffine);
  expect([...windowIntensity(volume, example.window).data]).toEqual(example.expected);
  expect(windowIntensity(volume, example.window, data).data).toBe(data);
  expect([...data]).toEqual(example.expected);
});

it('leaves NaN to be found and refuses an empty window', () => {
  const volume = makeVolume(Float32Array.of(Number.NaN), [1, 1, 1], identityAffine);
  expect(windowIntensity(volume).data[0]).toBeNaN();
  expect(() => windowIntensity(volume, [250, 250])).toThrow(/lo < hi/);
});
