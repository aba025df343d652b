import { ProcedureOptions } from '@semcrc/core';
import { InvalidArgumentError } from 'commander';
import { Check } from 'typebox/value';

/** A parser of one option's text; throws commander's `InvalidArgumentError` with what was expected. */
type Parser<T> = (text: string) => T;

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('Expected a number.');
  return value;
}

/** A share strictly between 0 and 1. */
export const share: Parser<number> = (text) => {
  const value = number(text);
  if (value <= 0 || value >= 1) {
    throw new InvalidArgumentError('Expected a number strictly between 0 and 1.');
  }
  return value;
};

/** A number above 0. */
export const positive: Parser<number> = (text) => {
  const value = number(text);
  if (value <= 0) throw new InvalidArgumentError('Expected a number above 0.');
  return value;
};

/** A whole number of at least `least`. */
export function count(least: number): Parser<number> {
  return (text) => {
    const value = number(text);
    if (!Number.isSafeInteger(value) || value < least) {
      throw new InvalidArgumentError(`Expected a whole number of at least ${least}.`);
    }
    return value;
  };
}

/** A whole number that fits 32 bits, as seeds are. */
export const seed: Parser<number> = (text) => {
  const value = number(text);
  if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) {
    throw new InvalidArgumentError('Expected a whole number from 0 to 4294967295.');
  }
  return value;
};

/** Names separated by commas, none empty, none twice. */
export const names: Parser<string[]> = (text) => {
  const list = text.split(',').map((name) => name.trim());
  if (list.includes('')) throw new InvalidArgumentError('Expected names separated by commas.');
  const twice = list.find((name, index) => list.indexOf(name) !== index);
  if (twice !== undefined) throw new InvalidArgumentError(`${twice} stands twice.`);
  return list;
};

/** Names separated by commas, each one of `allowed`. */
export function namesOf<T extends string>(allowed: readonly T[]): Parser<T[]> {
  return (text) => {
    const list = names(text);
    const unknown = list.find((name) => !(allowed as readonly string[]).includes(name));
    if (unknown !== undefined) {
      throw new InvalidArgumentError(`There is no ${unknown}; choose from ${allowed.join(', ')}.`);
    }
    return list as T[];
  };
}

/** `none`, or `feature:bins`, several separated by commas. */
export const strata: Parser<ProcedureOptions['strata']> = (text) => {
  const list = text === 'none' ? [] : names(text);
  if (Check(ProcedureOptions.properties.strata, list)) return list;
  throw new InvalidArgumentError(
    'Expected none or feature:bins, features intensity, width, gradient, bins from 1 to 99, such as intensity:6.',
  );
};

/** `lo,hi` in HU, lo < hi. */
export const window: Parser<[number, number]> = (text) => {
  const ends = text.split(',').map(number);
  if (ends.length !== 2 || ends[0]! >= ends[1]!) {
    throw new InvalidArgumentError('Expected two numbers lo,hi in HU with lo below hi, such as -175,250.');
  }
  return [ends[0]!, ends[1]!];
};

function numbers(text: string, how: string, fits: (value: number) => boolean, count: number): number[] {
  const list = text.split(',').map(number);
  if (list.length !== count || !list.every(fits)) throw new InvalidArgumentError(`Expected ${how}.`);
  return list;
}

/** `x,y,z` in mm. */
export const spacing: Parser<number[]> = (text) =>
  numbers(text, 'three numbers x,y,z above 0 in mm, such as 1.5,1.5,3', (value) => value > 0, 3);

/** `height,width` in pixels. */
export const size: Parser<number[]> = (text) =>
  numbers(
    text,
    'two whole numbers height,width, such as 256,256',
    (value) => Number.isSafeInteger(value) && value > 0,
    2,
  );
