import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const binary = /\.(png|jpe?g|gz|nii|onnx|wasm|zarr|bin|npy|ttf|woff2)$/;
const files = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' })
  .split('\0')
  .filter((name) => name !== '' && existsSync(path.join(root, name)));
const texts = files.filter((name) => !binary.test(name));

/** `file:line: text` of every tracked line that matches. */
function linesMatching(pattern: RegExp, among: readonly string[] = texts): string[] {
  return among.flatMap((name) =>
    readFileSync(path.join(root, name), 'utf8')
      .split('\n')
      .flatMap((line, i) => (pattern.test(line) ? [`${name}:${i + 1}: ${line.trim().slice(0, 120)}`] : [])),
  );
}

// Written in pieces, so that this file does not find itself.
const hosts = [
  'registry.npm' + 'js',
  'pypi' + '.org',
  'files.python' + 'hosted',
  'deb.deb' + 'ian',
  'npm' + 'mirror',
];
const paths = ['/wo' + 'rk/', '/ro' + 'ot/', '/ho' + 'me/[a-z]', '/tmp/' + '[a-z]', '/Us' + 'ers/'];

describe('tracked files', () => {
  it('are found', () => {
    expect(texts.length).toBeGreaterThan(40);
  });

  it('name no package registry', () => {
    expect(linesMatching(new RegExp(hosts.join('|').replaceAll('.', '\\.')))).toEqual([]);
  });

  it('name no path of one machine', () => {
    expect(linesMatching(new RegExp(`(^|[\\s'"\`=(:])(${paths.join('|')})`))).toEqual([]);
  });

  it('have names that say what they hold', () => {
    expect(
      files.filter((name) => /(^|\/)(utils?|helpers?|common|misc|stuff|lib)(\.[a-z]+)*(\/|$)/i.test(name)),
    ).toEqual([]);
  });

  it('leave nothing for later and hide nothing from the compiler', () => {
    const code = texts.filter((name) => /\.(ts|mts|mjs|js|py|sh)$/.test(name));
    const later = new RegExp(
      ['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X\\b', '@ts-' + 'ignore', '@ts-' + 'nocheck'].join('|'),
    );
    expect(linesMatching(later, code)).toEqual([]);
  });

  it('skip no test without saying why, and run every other', () => {
    const tests = texts.filter((name) => /\.(test|long)\.ts$/.test(name));
    expect(linesMatching(/\b(it|test|describe)\.(only|todo|skip)\b/, tests)).toEqual([]);
  });
});

describe('the lockfile', () => {
  it('holds no address', () => {
    expect(linesMatching(/https?:\/\//, ['pnpm-lock.yaml'])).toEqual([]);
  });
});
