import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { usageProgram } from '../readme.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const readme = readFileSync(path.join(root, 'README.md'), 'utf8');

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
    // Run where the packages are installed, so that their names resolve as they would in a stranger's project.
    const cwd = path.join(root, 'tooling');
    const printed = execFileSync(process.execPath, ['--input-type=module', '-e', printing], {
      cwd,
      encoding: 'utf8',
    });
    const [lambda, test] = JSON.parse(printed);
    expect(Object.keys(lambda)).toEqual(['0', '1', '2', '3', '4', '5', '7', '8', '9', '10', '12']);
    expect(lambda['7']).toBe(Math.fround(lambda['7']));
    expect(test.risk).toBeGreaterThan(0.05);
    expect(test.risk).toBeLessThan(0.13);
    expect(test.length).toBeLessThan(0.2);
  });

  it.each(['README.md', 'CONTRIBUTING.md', 'docs/cli.md', 'docs/method.md'])(
    '%s links to files that exist',
    (name) => {
      const text = readFileSync(path.join(root, name), 'utf8');
      const links = [...text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, target]) => target);
      expect(links.filter((target) => !existsSync(path.join(root, path.dirname(name), target)))).toEqual([]);
      if (name === 'README.md') expect(links.length).toBeGreaterThan(2);
    },
  );

  it('names every package', () => {
    for (const name of ['kernels', 'imaging', 'anchor', 'core', 'cohort', 'simulate', 'runner']) {
      expect(readme).toContain(`${name}["${name}<br/>`);
    }
  });
});
