import { SemcrcError } from '@semcrc/kernels';
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
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minItems?: number;
}

/** What help says of an option where the schema does not know it. */
export interface OptionWords {
  /** Shown as the default; null shows none. */
  readonly fallback?: string | null;
  /** Put after the description. */
  readonly more?: string;
}

/**
 * The command-line option of a setting: its flag, choices, parsing, range and words all come from the setting's schema.
 * Commander is given no default: what was not asked for stays undefined, so that a config file and a preset can fill it.
 */
export function schemaOption(name: string, schema: TSchema, words: OptionWords = {}): Option {
  const shape = valueOf(schema as Shape);
  const { description = '' } = schema as Shape;
  const fallback = words.fallback === undefined ? textOf((schema as Shape).default) : words.fallback;
  const about = [
    lowerFirst(description.replace(/\.$/, '')),
    words.more && `; ${words.more}`,
    fallback == null ? '' : ` (default: ${fallback})`,
  ].join('');
  const flag = flagOf(name);
  if (shape.type === 'boolean') return new Option(flag, about);
  const option = new Option(`${flag} <${placeholder(name, shape)}>`, about);
  if (shape.enum !== undefined) return option.choices(shape.enum.map(String));
  const check = Compile(schema);
  return option.argParser((text) => {
    const value = parse(text, shape);
    if (check.Check(value)) return value;
    throw new InvalidArgumentError(`Expected ${expected(schema as Shape)}.`);
  });
}

/** What a setting must be, in words. */
export function expected(schema: Shape): string {
  const shape = valueOf(schema);
  const { items, minimum, maximum, exclusiveMinimum, exclusiveMaximum } = shape;
  if (shape.enum !== undefined) return `one of ${shape.enum.join(', ')}`;
  if (Array.isArray(items)) {
    const each = expected(items[0]);
    return `${items.length} values separated by commas, each ${each}`;
  }
  if (shape.type === 'array') {
    const none = shape.minItems === undefined ? 'none or ' : '';
    return `${none}values separated by commas, each once and ${expected((items as Shape) ?? {})}`;
  }
  if (shape.type === 'string') return shape.pattern === undefined ? 'a text' : `a text such as ${sample(shape.pattern)}`;
  if (shape.type === 'boolean') return 'true or false';
  const kind = shape.type === 'integer' ? 'a whole number' : 'a number';
  if (exclusiveMinimum !== undefined && exclusiveMaximum !== undefined) {
    return `${kind} strictly between ${exclusiveMinimum} and ${exclusiveMaximum}`;
  }
  if (exclusiveMinimum !== undefined) return `${kind} above ${exclusiveMinimum}`;
  if (minimum !== undefined && maximum !== undefined) return `${kind} from ${minimum} to ${maximum}`;
  return minimum === undefined ? kind : `${kind} of at least ${minimum}`;
}
