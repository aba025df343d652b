import { describe, test } from 'vitest';
import * as face from '../src/index.ts';
import * as scalar from '../src/scalar/index.ts';
import { cases } from './cases.ts';

describe.each([{ debug: false }, { debug: true }])('kernels and their scalar twins, %o', (options) => {
  test.each(Object.entries(cases))('%s', (_, run) => run(face, scalar, options));
});
