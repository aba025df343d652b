import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ModelRecord } from '../src/index.ts';

it('the published schema is that of the records read here', () => {
  const published = JSON.parse(readFileSync(new URL('../schema/model-1.json', import.meta.url), 'utf8'));
  const { $schema, ...schema } = published;
  expect($schema).toBe('https://json-schema.org/draft/2020-12/schema');
  expect(schema).toEqual(JSON.parse(JSON.stringify(ModelRecord)));
});
