import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ARROWS, reachable } from '../boundaries/arrows.mjs';
import { readWorkspace } from '../boundaries/workspace.mjs';
import { usageProgram } from '../readme.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
const parts = readWorkspace(root).flatMap(({ dir }) => {
  const name = path.relative(root, path.join(dir, 'README.md'));
  return existsSync(path.join(root, name)) ? [name] : [];
});

const documents = readdirSync(root)
  .concat(['docs', 'examples', '.changeset'].flatMap((folder) => namesIn(folder)))
  .filter((name) => name.endsWith('.md'));

function namesIn(folder: string): string[] {
  return readdirSync(path.join(root, folder)).map((name) => path.posix.join(folder, name));
}

/** Runs a module where some package's dependencies are installed, and gives back what it prints. */
function runModule(program: string, folder: string): string {
  return execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: path.join(root, folder),
    encoding: 'utf8',
  });
}

describe('README.md', () => {
  it('shows both commands on its first screen', () => {
    const screen = readme.split('\n').slice(0, 20);
    expect(screen.some((line) => line.startsWith('npx -y pnpm@10 run calibrate'))).toBe(true);
    expect(screen.some((line) => line.startsWith('npx -y pnpm@10 test'))).toBe(true);
  });

  it('shows ten lines that calibrate, and they do', () => {
    const program = usageProgram();
    const lines = program.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('import '));
    expect(lines.length).toBeLessThanOrEqual(10);
    const printing = program.replace(
      'console.log(',
      'const print = (...all) => console.log(JSON.stringify(all));\nprint(',
    );
    const [lambda, test] = JSON.parse(runModule(printing, 'tooling'));
    expect(Object.keys(lambda)).toEqual(['0', '1', '2', '3', '4', '5', '7', '8', '9', '10', '12']);
    expect(lambda['7']).toBe(Math.fround(lambda['7']));
    expect(test.risk).toBeGreaterThan(0.05);
    expect(test.risk).toBeLessThan(0.13);
    expect(test.length).toBeLessThan(0.2);
  });

  it.each([...documents, ...parts])('%s links to files that exist', (name) => {
    const text = readFileSync(path.join(root, name), 'utf8');
    const links = [...text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, target]) => target);
    expect(links.filter((target) => !existsSync(path.join(root, path.dirname(name), target)))).toEqual([]);
    if (name === 'README.md') expect(links.length).toBeGreaterThan(2);
  });

  it('draws every package, and an arrow only where one may import the other', () => {
    const named = (name: string) => (name === 'cli' ? 'semcrc' : `@semcrc/${name}`);
    const map = /```mermaid\n([\s\S]*?)```/.exec(readme)![1]!;
    const drawn = [...map.matchAll(/^ *(\w+)\["/gm)].map(([, name]) => named(name!));
    for (const { name } of readWorkspace(root)) expect(drawn).toContain(name);
    const arrows = [...map.matchAll(/(\w+) --> (\w+)/g)].map(([, from, to]) => [named(from!), named(to!)]);
    expect(arrows.length).toBeGreaterThan(drawn.length);
    const known = new Set(Object.keys(ARROWS));
    const wrong = arrows.filter(
      ([from, to]) => known.has(from!) && known.has(to!) && !reachable(from!).has(to!),
    );
    expect(wrong).toEqual([]);
  });
});

describe('the README of', () => {
  it('core shows a calibration with the risk that its comment says', () => {
    expect(Number(runModule(usageProgram('packages/core/README.md'), 'tooling')).toFixed(3)).toBe('0.077');
  });

  it('anchor shows two anchors with the λ that its comments say', () => {
    const printed = runModule(usageProgram('packages/anchor/README.md'), 'packages/core');
    const numbers = printed.match(/\d+(\.\d+)?(?= |,|\n)/g)!.map((text) => Number(Number(text).toFixed(4)));
    expect(numbers).toEqual([0.0356, 0.0313, 0.0335, 0.02, 0, 0.01]);
  });

  it('the command shows three command lines that work', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'semcrc-readme-'));
    const main = path.join(root, 'apps/cli/dist/main.js');
    try {
      for (const line of usageProgram('apps/cli/README.md', 'sh').trim().split('\n')) {
        const [node, script, ...args] = line.replace(/ *#.*$/, '').split(' ');
        expect([node, script]).toEqual(['node', 'apps/cli/dist/main.js']);
        execFileSync(process.execPath, [main, ...args], { cwd: folder, stdio: 'pipe' });
      }
      expect(existsSync(path.join(folder, 'results/experiment.json'))).toBe(true);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
