import { InvalidArgumentError, Option } from 'commander';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { flagOf } from './error-report.ts';

/** The parts of a JSON schema that options are made of. */
interface Shape {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly items?: Shape | readonly Shape[];
  readonly anyOf?: readonly Shape[];
  readonly pattern?: string;
  readonly default?: unknown;
  readonly description?: string;
  readonly minItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
}

/** Words of an option's help that its schema does not have. */
export interface OptionWords {
  /** Shown as the default in place of the schema's; null shows none. */
  readonly fallback?: string | null;
  /** What stands for the value, such as `lo,hi`. */
  readonly value?: string;
  /** What the value must be, where the schema's own words are none for people. */
  readonly expected?: string;
}

/**
 * The command-line option of a setting: its flag, choices, range and words come from the setting's schema. Commander is given
 * no default: what was not asked for stays undefined, so that a config file and a preset can fill it.
 */
export function schemaOption(name: string, schema: TSchema, words: OptionWords = {}): Option {
  const { description = '', default: fallback, ...rest } = schema as Shape;
  const shape = withoutNull(rest);
  const shown = words.fallback === undefined ? textOf(fallback) : words.fallback;
  // What null stands for is for files to know: a command line leaves the option out.
  const plain = description.replace(/; null .*|\.$/, '');
  const about = lowerFirst(plain) + (shown == null ? '' : ` (default: ${shown})`);
  if (shape.type === 'boolean') return new Option(flagOf(name), about);
  const option = new Option(`${flagOf(name)} <${words.value ?? valueName(shape)}>`, about);
  if (shape.enum !== undefined) return option.choices(shape.enum.map(String));
  const check = Compile(schema);
  return option.argParser((text) => {
    const value = valueIn(text, shape);
    if (check.Check(value)) return value;
    throw new InvalidArgumentError(`Expected ${words.expected ?? expected(shape)}.`);
  });
}

/** The value that a text stands for; one that does not fit the schema is left for the schema to refuse. */
function valueIn(text: string, shape: Shape): unknown {
  if (shape.type === 'number' || shape.type === 'integer')
    return text.trim() === '' ? Number.NaN : Number(text);
  if (shape.type !== 'array') return text;
  if (!isTuple(shape.items) && text === 'none') return [];
  const parts = text.split(',').map((part) => part.trim());
  const { items } = shape;
  return parts.map((part, at) => valueIn(part, isTuple(items) ? (items[at] ?? {}) : (items ?? {})));
}

/** What a setting must be, in words. */
function expected(shape: Shape): string {
  const { items, minimum, maximum, exclusiveMinimum, exclusiveMaximum } = shape;
  if (shape.enum !== undefined) return `one of ${shape.enum.join(', ')}`;
  if (isTuple(items)) return `${items.length} values separated by commas, each ${expected(items[0])}`;
  if (shape.type === 'array') {
    const none = shape.minItems === undefined ? 'none, or ' : '';
    return `${none}values separated by commas, none of them twice, each ${expected((items as Shape) ?? {})}`;
  }
  if (shape.type === 'string')
    return shape.pattern === undefined ? 'a name' : `a text that fits ${shape.pattern}`;
  const kind = shape.type === 'integer' ? 'a whole number' : 'a number';
  if (exclusiveMinimum !== undefined && exclusiveMaximum !== undefined) {
    return `${kind} strictly between ${exclusiveMinimum} and ${exclusiveMaximum}`;
  }
  if (exclusiveMinimum !== undefined) return `${kind} above ${exclusiveMinimum}`;
  if (minimum !== undefined && maximum !== undefined) return `${kind} from ${minimum} to ${maximum}`;
  return minimum === undefined ? kind : `${kind} of at least ${minimum}`;
}

function isTuple(items: Shape['items']): items is readonly Shape[] {
  return Array.isArray(items);
}

/** The schema of a value that may be null in a file, as the command line has it. */
function withoutNull(shape: Shape): Shape {
  return shape.anyOf?.find(({ type }) => type !== 'null') ?? shape;
}

function valueName({ type, enum: words }: Shape): string {
  if (words !== undefined) return 'word';
  if (type === 'array') return 'a,b';
  return type === 'string' ? 'name' : 'number';
}

/** A default as the command line would have it. */
function textOf(fallback: unknown): string | null {
  if (Array.isArray(fallback)) return fallback.length === 0 ? 'none' : fallback.join(',');
  return fallback === undefined ? null : String(fallback);
}

function lowerFirst(text: string): string {
  return /^(?:[A-Z][a-z]|A )/.test(text) ? text[0].toLowerCase() + text.slice(1) : text;
}
