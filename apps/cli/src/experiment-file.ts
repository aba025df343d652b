import { basename, dirname, isAbsolute, join } from 'node:path';
import { readTextFileSync } from '@semcrc/imaging/node';
import { describeFound, SemcrcError } from '@semcrc/kernels';
import { cellName } from '@semcrc/results';
import { Compile } from 'typebox/compile';
import { Lexer, Parser, parseDocument } from 'yaml';
import { experimentFileSchema, type Settings, settingsSchema } from './settings.ts';

/** Longest config file, in bytes, and most experiments of a grid: far beyond what a person means. */
const MOST_BYTES = 2 ** 16;
const MOST_CELLS = 10_000;
/** Deepest nesting of a config file: composing it takes stack for every level. */
const MOST_LEVELS = 100;

/** One experiment of a grid. */
export interface Cell {
  /** Folder of its results inside DIR; empty where there is no grid. */
  readonly folder: string;
  /** Its values of the grid's axes, as text. */
  readonly axes: Readonly<Record<string, string>>;
  readonly settings: Settings;
  /** Profile files that are taken together with the source. */
  readonly more?: readonly string[];
}

const fileCheck = Compile(experimentFileSchema);
const settingsCheck = Compile(settingsSchema);

/** Whether a command line's source is the config file of an experiment. */
export function isExperimentFile(source: string): boolean {
  return /\.ya?ml$/i.test(source);
}

/** Refuses what is nested so deeply that composing it could end the process: running out of stack is not always an error. */
function checkNesting(text: string): void {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    for (const _ of parser.next(lexeme));
    if (parser.stack.length > MOST_LEVELS) throw new Error(`it is nested deeper than ${MOST_LEVELS} levels`);
  }
}

/**
 * Reads a config file and lays its grid out, the first axis slowest. Paths in it are relative to it.
 *
 * @param given settings of the command line; they win over the file, a grid axis of the same name included
 * @throws SemcrcError `bad-input` naming the file, the setting, what was expected and what was found
 */
export function readExperimentFile(path: string, given: Settings): Cell[] {
  const text = readTextFileSync(path, { limit: MOST_BYTES });
  let content: unknown;
  try {
    checkNesting(text);
    const document = parseDocument(text, { logLevel: 'error' });
    // What YAML merely warns of, such as a tag nobody knows, is no setting either.
    const [problem] = [...document.errors, ...document.warnings];
    if (problem) throw problem;
    content = document.toJS() ?? {};
    JSON.stringify(content);
  } catch (cause) {
    // Not YAML, nested too deeply, or more aliases than anyone writes by hand.
    throw new SemcrcError('bad-input', `${path} is not YAML: ${(cause as Error).message.split('\n')[0]}`, {
      data: { file: path },
      cause,
    });
  }
  if (!fileCheck.Check(content)) throw misfit(path, content, fileCheck.Errors(content));
  const { grid = {}, ...base } = content as Settings & { grid?: Record<string, readonly unknown[]> };
  const axes = Object.entries(grid).filter(([name]) => !(name in given));
  const count = axes.reduce((product, [, values]) => product * values.length, 1);
  if (count > MOST_CELLS) {
    throw new SemcrcError(
      'bad-input',
      `${path}: the grid has ${count} combinations, expected at most ${MOST_CELLS}`,
      {
        data: { file: path, found: count },
      },
    );
  }
  const cells = axes.reduce<{ axes: Record<string, string>; settings: Record<string, unknown> }[]>(
    (partial, [name, values]) =>
      partial.flatMap((cell) =>
        values.map((value) => ({
          axes: { ...cell.axes, [name]: textOf(name, value) },
          settings: { ...cell.settings, ...settingsOf(name, value) },
        })),
      ),
    [{ axes: {}, settings: base }],
  );
  const laidOut = cells.map((cell) => {
    const settings = { ...cell.settings, ...given };
    if (!settingsCheck.Check(settings)) throw misfit(path, settings, settingsCheck.Errors(settings));
    return {
      folder: cellName(cell.axes),
      axes: cell.axes,
      settings: withPathsFrom(dirname(path), settings, given),
    };
  });
  // Some file systems ignore case.
  const names = laidOut.map(({ folder }) => folder.toLowerCase());
  const twice = laidOut.find((_, at) => names.indexOf(names[at]) !== at);
  if (twice !== undefined) {
    throw new SemcrcError(
      'bad-input',
      `${path}: two sources of the grid would share the folder ${twice.folder}; give each a name`,
      { data: { file: path } },
    );
  }
  return laidOut;
}

function settingsOf(axis: string, value: unknown): Record<string, unknown> {
  if (axis !== 'source' || typeof value === 'string') return { [axis]: value };
  const { name: _, ...source } = value as { name?: string };
  return source;
}

/** A value of an axis as text. */
function textOf(axis: string, value: unknown): string {
  if (axis !== 'source') return [value].flat().join('+') || 'none';
  const { name, source } =
    typeof value === 'string' ? { source: value } : (value as { name?: string; source: string });
  return name ?? basename(source).replace(/\.[^.]*$/, '');
}

function withPathsFrom(directory: string, settings: Settings, given: Settings): Settings {
  const resolved = { ...settings };
  const within = (path: string) => (isAbsolute(path) ? path : join(directory, path));
  if (given.source === undefined && resolved.source !== undefined && resolved.source !== 'phantom') {
    resolved.source = within(resolved.source);
  }
  if (given.labels === undefined && resolved.labels?.endsWith('.json'))
    resolved.labels = within(resolved.labels);
  return resolved;
}

interface Misfit {
  readonly keyword: string;
  readonly instancePath: string;
  readonly message: string;
  readonly params: object;
}

function misfit(path: string, content: unknown, errors: readonly Misfit[]): SemcrcError {
  const unknown = errors.find((error) => error.keyword === 'additionalProperties');
  if (unknown !== undefined) {
    const { additionalProperties } = unknown.params as { additionalProperties: string[] };
    const where = unknown.instancePath === '' ? '' : ` in ${setting(unknown.instancePath)}`;
    return new SemcrcError(
      'bad-input',
      `${path}: there is no setting ${additionalProperties.join(', ')}${where}; known are ` +
        `${Object.keys(experimentFileSchema.properties).join(', ')}`,
      { data: { file: path, settings: additionalProperties } },
    );
  }
  const error = errors[0]!;
  const found = error.instancePath
    .split('/')
    .slice(1)
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], content);
  const allowed = (error.params as { allowedValues?: readonly unknown[] }).allowedValues;
  const expected = allowed === undefined ? error.message : `must be one of ${allowed.join(', ')}`;
  const name = setting(error.instancePath);
  return new SemcrcError('bad-input', `${path}: ${name} ${expected}, found ${describeFound(found)}`, {
    data: { file: path, setting: name },
  });
}

function setting(instancePath: string): string {
  return instancePath === '' ? 'the file' : instancePath.slice(1).replaceAll('/', '.');
}
