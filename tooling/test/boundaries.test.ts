import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { ARROWS, reachable } from '../boundaries/arrows.mjs';
import { checkBoundaries } from '../boundaries/rules.mjs';
import { readWorkspace } from '../boundaries/workspace.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const scratch: string[] = [];

afterEach(() => {
  for (const dir of scratch.splice(0)) rmSync(dir, { recursive: true });
});

/** What the check says of a workspace made of these files, on top of three well-behaved packages. */
function violationsOf(files: Record<string, string>): string[] {
  const dir = mkdtempSync(path.join(tmpdir(), 'boundaries-'));
  scratch.push(dir);
  const manifest = (
    name: string,
    dependencies: string[],
    exports: object = { '.': './dist/index.js' },
    imports: object = {},
  ) =>
    JSON.stringify({
      name,
      exports,
      imports,
      dependencies: Object.fromEntries(dependencies.map((d) => [d, '*'])),
    });
  const all = {
    'packages/kernels/package.json': manifest('@semcrc/kernels', []),
    'packages/kernels/src/index.ts': 'export const one = 1;',
    'packages/anchor/package.json': manifest(
      '@semcrc/anchor',
      ['@semcrc/kernels', 'highs'],
      { '.': './dist/index.js' },
      { '#highs-*': './dist/highs-*.js' },
    ),
    'apps/cli/package.json': JSON.stringify({ name: 'semcrc', devDependencies: { commander: '*' } }),
    'packages/anchor/src/index.ts': "import { one } from '@semcrc/kernels'; export { one };",
    'packages/imaging/package.json': manifest('@semcrc/imaging', ['@semcrc/kernels'], {
      '.': './dist/index.js',
      './node': './dist/node.js',
      './worker': { browser: './dist/worker.js', default: './dist/node.js' },
    }),
    'packages/imaging/src/index.ts': 'export const two = 2;',
    'packages/imaging/src/worker.ts': 'export {};',
    'packages/imaging/src/node.ts': "import { readFileSync } from 'node:fs'; export { readFileSync };",
    ...files,
  };
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(path.dirname(path.join(dir, name)), { recursive: true });
    writeFileSync(path.join(dir, name), text);
  }
  return checkBoundaries(readWorkspace(dir), ['vitest']).map(({ rule, message }) => `${rule}: ${message}`);
}

describe('this workspace', () => {
  it('has no import that breaks a rule', () => {
    const { devDependencies } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
    const packages = readWorkspace(root);
    expect(packages.length).toBeGreaterThanOrEqual(8);
    expect(checkBoundaries(packages, Object.keys(devDependencies))).toEqual([]);
  });

  it('has arrows without a circle', () => {
    for (const name of Object.keys(ARROWS)) expect(reachable(name)).not.toContain(name);
  });
});

describe('a violation fails', () => {
  it('accepts packages that keep the rules', () => {
    expect(violationsOf({})).toEqual([]);
  });

  it.each([
    ['an import upward', 'packages/kernels/src/up.ts', "import '@semcrc/anchor';", 'arrow: imports upward'],
    ['a type from above', 'packages/kernels/src/up.ts', "import type { A } from '@semcrc/anchor';", 'arrow:'],
    [
      'a type import in place',
      'packages/kernels/src/up.ts',
      "type A = import('@semcrc/anchor').A;",
      'arrow:',
    ],
    ['a re-export from above', 'packages/kernels/src/up.ts', "export * from '@semcrc/anchor';", 'arrow:'],
    ['a dynamic import upward', 'packages/kernels/src/up.ts', "await import('@semcrc/anchor');", 'arrow:'],
    ['a test reaching upward', 'packages/kernels/test/up.test.ts', "import '@semcrc/anchor';", 'arrow:'],
    ['a deep import', 'packages/anchor/src/deep.ts', "import '@semcrc/kernels/dist/x.js';", 'package:'],
    [
      'a path into a neighbour',
      'packages/anchor/src/deep.ts',
      "import '../../kernels/src/index.ts';",
      'package:',
    ],
    ['a test in shipped code', 'packages/anchor/src/deep.ts', "import '../test/cases.ts';", 'package:'],
    ['an undeclared dependency', 'packages/anchor/src/x.ts', "import 'left-pad';", 'declared:'],
    ['a test tool in shipped code', 'packages/anchor/src/x.ts', "import 'vitest';", 'declared:'],
    ['HiGHS loaded at start', 'packages/anchor/src/x.ts', "import load from 'highs';", 'dynamic:'],
    ['its code as the build makes it', 'packages/anchor/src/x.ts', "import '#highs-solver';", 'dynamic:'],
    ['an undeclared import of its own', 'packages/anchor/src/x.ts', "import '#left-pad';", 'declared:'],
    ['a Node module', 'packages/kernels/src/n.ts', "import { readFileSync } from 'node:fs';", 'browser:'],
    [
      'a Node module without prefix',
      'packages/kernels/src/n.ts',
      "import { readFileSync } from 'fs';",
      'browser:',
    ],
    ['a Buffer', 'packages/kernels/src/n.ts', 'export const b = Buffer.alloc(1);', 'browser:'],
    ['a process', 'packages/kernels/src/n.ts', 'export const e = globalThis.process.env;', 'browser:'],
    [
      'a browser entry that reaches Node code',
      'packages/imaging/src/index.ts',
      "export { readFileSync } from './node.ts';",
      'browser:',
    ],
    ['Node code in the worker of a page', 'packages/imaging/src/worker.ts', "import 'node:fs';", 'browser:'],
    [
      'a node entry in browser code',
      'packages/imaging/src/index.ts',
      "import '@semcrc/kernels/node';",
      'browser:',
    ],
  ])('%s', (_, file, text, message) => {
    expect(violationsOf({ [file]: text })).toContainEqual(expect.stringContaining(message));
  });

  it('a circle of files', () => {
    const found = violationsOf({
      'packages/kernels/src/a.ts': "import './b.ts';",
      'packages/kernels/src/b.ts': "import type { C } from './c.ts';",
      'packages/kernels/src/c.ts': "export * from './a.ts';",
    });
    expect(found).toEqual(['cycle: src/a.ts → src/b.ts → src/c.ts → src/a.ts']);
  });

  it('a dependency upward in package.json', () => {
    const manifest = JSON.stringify({ name: '@semcrc/kernels', devDependencies: { '@semcrc/anchor': '*' } });
    expect(violationsOf({ 'packages/kernels/package.json': manifest })).toContain(
      'arrow: depends upward on @semcrc/anchor',
    );
  });

  it('a package missing from the table of arrows', () => {
    const manifest = JSON.stringify({ name: '@semcrc/stranger' });
    expect(violationsOf({ 'packages/stranger/package.json': manifest })).toEqual([
      'arrow: is not in the table of arrows; add it there',
    ]);
  });
});

describe('what is no violation', () => {
  it.each([
    ['HiGHS loaded on demand', 'packages/anchor/src/x.ts', "export const load = () => import('highs');"],
    [
      'its code as the build makes it',
      'packages/anchor/src/x.ts',
      "export const load = () => import('#highs-solver');",
    ],
    ['what a bundle was built with', 'apps/cli/src/x.ts', "import 'commander';"],
    [
      'the types of HiGHS',
      'packages/anchor/src/x.ts',
      "import type { Highs } from 'highs'; export type H = Highs;",
    ],
    [
      'a property called process',
      'packages/kernels/src/n.ts',
      'export const f = (a) => a.process({ Buffer: 1 });',
    ],
    ['an own variable called process', 'packages/kernels/src/n.ts', 'const process = 1; export { process };'],
    [
      'a test importing its own source',
      'packages/kernels/test/a.test.ts',
      "import '../src/index.ts'; import 'vitest';",
    ],
    ['Node in a test', 'packages/kernels/test/a.test.ts', "import 'node:fs';"],
  ])('%s', (_, file, text) => {
    expect(violationsOf({ [file]: text })).toEqual([]);
  });
});
