import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defaultSizes } from '@semcrc/core';
import { describe, expect, test } from 'vitest';
import { semcrc, semcrcHere } from './command.ts';

const DOCS = fileURLToPath(new URL('../../../docs/cli.md', import.meta.url));
const COMMANDS = [
  ...['calibrate', 'experiment', 'evaluate', 'report', 'apply', 'prepare', 'manifest', 'inspect', 'slurm'],
  ...['merge', 'status'],
];

describe('help', () => {
  test('without a command it is shown', async () => {
    const { code, stdout, stderr } = await semcrcHere([]);
    expect(code).toBe(0);
    expect(stderr).toBe('');
    for (const command of COMMANDS) expect(stdout).toContain(command);
  });

  test.each(COMMANDS)(
    '%s --help shows examples, and the documentation has every option of it',
    async (command) => {
      const { code, stdout } = await semcrcHere([command, '--help']);
      expect(code).toBe(0);
      expect(stdout).toContain('Examples:');
      const section = readFileSync(DOCS, 'utf8')
        .split(/^## /m)
        .find((part) => part.startsWith(`\`semcrc ${command}`));
      expect(section).toBeDefined();
      const options = [...stdout.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map((match) => match[1]!);
      expect(options.length).toBeGreaterThan(1);
      const documented = readFileSync(DOCS, 'utf8');
      for (const option of options) if (option !== '--help') expect(documented).toContain(`\`${option}`);
    },
  );

  test.each([...COMMANDS, 'simulate', 'project', 'reconstruct', 'predict'])(
    '%s can be quiet',
    async (command) => {
      expect((await semcrcHere([command, '--help'])).stdout).toMatch(/^ {2}--quiet /m);
    },
  );

  test('calibrate --help says how the phantom cohort is split', async () => {
    const { nOpt, nCal, nTest } = defaultSizes(160);
    const { stdout } = await semcrcHere(['calibrate', '--help']);
    expect(stdout).toContain(`${nOpt} scans to optimize, ${nCal - nOpt} to calibrate, ${nTest} held out`);
  });

  test.each(COMMANDS)(
    '%s --help begins every option in lower case and leaves null to files',
    async (command) => {
      const { stdout } = await semcrcHere([command, '--help']);
      for (const [line] of stdout.matchAll(/^ {2}(?:-\w, )?--.*$/gm)) {
        expect(line).not.toMatch(/ {2}(?:A|[A-Z][a-z]+) /);
      }
      expect(stdout).not.toMatch(/\bnull\b/);
    },
  );

  test('--version prints the package version', () => {
    const manifest = fileURLToPath(new URL('../package.json', import.meta.url));
    const { code, stdout } = semcrc(['--version']);
    expect(code).toBe(0);
    expect(stdout).toBe(`${JSON.parse(readFileSync(manifest, 'utf8')).version}\n`);
  });
});

describe('refused command lines', () => {
  test.each([
    [['calibarte'], /unknown command 'calibarte' \(Did you mean calibrate\?\)\nhint: run `semcrc --help`/],
    [['calibrate', '--epsilom', '0.1'], /unknown option '--epsilom' \(Did you mean --epsilon\?\)/],
    [['calibrate', '--epsilon'], /argument missing/],
    [['calibrate', '--epsilon', '1.5'], /strictly between 0 and 1/],
    [['calibrate', '--epsilon', 'ten'], /Expected a number/],
    [['calibrate', '--n-cal', '12.5'], /whole number of at least 1/],
    [['calibrate', '--seed', '-1'], /from 0 to 4294967295/],
    [['calibrate', '--procedure', 'sem'], /Allowed choices are crc/],
    [
      ['calibrate', 'a.csv', 'b.csv'],
      /several sources are taken together where all are profile files, which a\.csv is not/,
    ],
    [['experiment', '--procedures', 'crc,crc'], /none of them twice/],
    [['experiment', '--procedures', 'crc,magic'], /one of crc, k-crc/],
    [['experiment', '--runs', '0'], /whole number from 1 to 100000/],
    [['experiment', '--runs', '1e9'], /whole number from 1 to 100000/],
    [['experiment', '--workers', '0'], /whole number from 1 to 256/],
    [['experiment', '--workers', '1e6'], /whole number from 1 to 256/],
    [['prepare', 'm.csv', '--window', '250,-175'], /--window goes from its lower end/],
    [['calibrate', '--strata', 'colour:3'], /feature:bins/],
    [['calibrate', '--n-opt', '128'], /--n-opt 128, --n-cal 128/],
    [['calibrate', '--control', 'spine', '--procedure', 'organ-crc'], /spine/],
    [['calibrate', '--labels', 'suprem'], /--labels/],
    [['calibrate', '--', '--epsilon', '2'], /strictly between 0 and 1/],
    [['evaluate'], /missing required argument/],
    [['evaluate', 'calibration.json'], /missing required argument 'source'/],
    [['prepare', '--spacing', '1,2'], /3 values separated by commas, each a number above 0/],
    [['inspect'], /missing required argument/],
    [['prepare', 'm.csv', '--part', '0/3'], /--part is written i\/n, .*; parts are counted from 1/],
    [['prepare', 'm.csv', '--part', '4/3'], /--part is written i\/n/],
    [['experiment', '--part', '1/2', '--force'], /--force would discard what other parts have written/],
    [['merge'], /missing required argument 'outputs'/],
    [['slurm', 'prepare', 'm.csv'], /--parts says how many tasks share the work/],
    [['slurm', 'calibrate', '--parts', '3'], /takes a command that works in parts: prepare, simulate/],
    [['slurm', 'prepare', 'm.csv', '--parts', '3', '--epsilom', '1'], /unknown option '--epsilom'/],
    [['slurm', 'prepare', 'm.csv', '--parts', '3', '--part', '1/3'], /--part is what slurm gives each task/],
    [['slurm', 'simulate', 'phantom', '--parts', '3', '--dry-run'], /has no parts: it only looks/],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await semcrcHere(args);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: /);
    expect(stderr).toMatch(/\nhint: /);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(stdout).toBe('');
  });

  test('--json prints the error on stdout too', async () => {
    const { code, stdout, stderr } = semcrc(['calibrate', '--json', '--n-cal', '160', '--n-test', '10']);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'usage', data: { patients: 160 } } });
    expect(JSON.parse(stdout).error.message).toMatch(/160 scans/);
    expect(stderr).toMatch(/^error: /);
  });
});
