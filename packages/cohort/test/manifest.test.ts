import { SemcrcError } from '@semcrc/kernels';
import { describe, expect, it } from 'vitest';
import { parseManifest } from '../src/sources/manifest.ts';

const HEADER = 'scan,ground_truth,lower,upper,segmentation';

function refusal(text: string, file = 'manifest.csv'): SemcrcError {
  try {
    parseManifest(text, file);
  } catch (error) {
    if (error instanceof SemcrcError) return error;
    throw error;
  }
  throw new Error('the manifest was accepted');
}

describe('a manifest', () => {
  it('names the files of each scan, in order, whatever the order of columns', () => {
    const { scans, warnings } = parseManifest(
      'lower,scan,upper,segmentation,ground_truth,patient\nlo,s1,hi,seg,ct,p\n"lo, 2",s2,hi,seg,ct,p\n',
      'manifest.csv',
    );
    expect(warnings).toEqual([]);
    expect(scans).toEqual([
      { scan: 's1', patient: 'p', groundTruth: 'ct', lower: 'lo', upper: 'hi', segmentation: 'seg' },
      { scan: 's2', patient: 'p', groundTruth: 'ct', lower: 'lo, 2', upper: 'hi', segmentation: 'seg' },
    ]);
  });

  it('may come from a spreadsheet: byte order mark, CRLF, blank lines, spaces', () => {
    const { scans } = parseManifest(`\ufeff${HEADER}\r\n\r\n s1 , ct,lo,hi,seg\r\n\r\n`, 'manifest.csv');
    expect(scans[0]).toMatchObject({ scan: 's1', patient: 's1', groundTruth: 'ct' });
  });

  it.each([
    ['semicolons', ';'],
    ['tabs', '\t'],
  ])('may separate its cells by %s', (_, separator) => {
    const text = `${HEADER}\ns1,ct,lo,hi,seg\n`.replaceAll(',', separator);
    expect(parseManifest(text, 'manifest.csv')).toEqual(
      parseManifest(`${HEADER}\ns1,ct,lo,hi,seg\n`, 'manifest.csv'),
    );
  });

  it('may have empty cells behind the last column, and lines of nothing but separators', () => {
    const text = `${HEADER},,\ns1,ct,lo,hi,seg,,\n,,,,,,\ns2,ct,lo,hi,seg\n`;
    expect(parseManifest(text, 'manifest.csv').scans.map(({ scan }) => scan)).toEqual(['s1', 's2']);
    expect(refusal(`${HEADER}\ns1,ct,lo,hi,seg,more\n`).message).toMatch(
      /line 2 has 6 cells, expected 5, one for each column of the header \(separated by ","\)/,
    );
    expect(refusal(`${HEADER}\ns1,ct;lo;hi;seg\n`).message).toMatch(/line 2 has 2 cells, expected 5/);
  });

  it('may name scans as objects name their own parts', () => {
    const ids = ['constructor', '__proto__', 'toString'];
    const text = `${HEADER}\n${ids.map((id) => `${id},ct,lo,hi,seg`).join('\n')}`;
    expect(parseManifest(text, 'manifest.csv').scans.map(({ scan }) => scan)).toEqual(ids);
    const unknown = parseManifest(`${HEADER},constructor,__proto__\ns1,ct,lo,hi,seg,x,y\n`, 'manifest.csv');
    expect(unknown.warnings).toEqual([expect.stringMatching(/columns constructor, __proto__/)]);
  });

  it('may be JSON, as a list or under "scans"', () => {
    const scan = { scan: 7, ground_truth: 'ct', lower: 'lo', upper: 'hi', segmentation: 'seg', point: 'p' };
    const expected = {
      scan: '7',
      patient: '7',
      groundTruth: 'ct',
      lower: 'lo',
      upper: 'hi',
      segmentation: 'seg',
      point: 'p',
    };
    expect(parseManifest(JSON.stringify([scan]), 'm.json').scans).toEqual([expected]);
    expect(parseManifest(JSON.stringify({ scans: [scan] }), 'm.JSON').scans).toEqual([expected]);
  });

  it('warns of columns nobody reads', () => {
    const { warnings } = parseManifest(`${HEADER},age\ns1,ct,lo,hi,seg,70\n`, 'manifest.csv');
    expect(warnings).toEqual([expect.stringMatching(/manifest\.csv.*column age.*known columns/)]);
  });

  it.each([
    [
      'a missing column',
      'scan,ground_truth,lower,segmentation\ns1,ct,lo,seg\n',
      /missing column upper.*found scan/,
    ],
    ['missing columns', 'scan,lower\ns1,lo\n', /missing columns ground_truth, upper, segmentation/],
    ['no scan', `${HEADER}\n`, /manifest is empty/],
    ['nothing at all', '', /manifest is empty/],
    ['a duplicate scan id', `${HEADER}\ns1,a,b,c,d\ns2,a,b,c,d\ns1,a,b,c,d\n`, /"s1".*line 2 and line 4/],
    ['an empty cell', `${HEADER}\ns1,ct,lo,hi,seg\ns2,ct,,hi,seg\n`, /line 3 has no lower/],
    [
      'an optional column filled in part',
      `${HEADER},body\ns1,a,b,c,d,e\ns2,a,b,c,d,\n`,
      /line 3 has no body.*every scan/,
    ],
    ['too few cells', `${HEADER}\ns1,ct,lo\n`, /line 2/],
    ['a column twice', `${HEADER},lower\ns1,ct,lo,hi,seg,lo\n`, /column lower stands twice/],
    ['an unclosed quote', `${HEADER}\n"s1,ct,lo,hi,seg\n`, /not a readable CSV/],
  ])('is refused with %s', (_, text, message) => {
    const error = refusal(text);
    expect(error.code).toBe('bad-input');
    expect(error.message).toMatch(/^manifest\.csv: /);
    expect(error.message).toMatch(message);
  });

  it.each([
    ['no JSON', '[', /not JSON/],
    ['no list', '{"scan": 1}', /expected a list/],
    ['an entry that is no object', '[5]', /entry 1 is not an object/],
    [
      'a path that is no text',
      '[{"scan":"a","ground_truth":3,"lower":"","upper":"","segmentation":""}]',
      /entry 1/,
    ],
    ['no scan', '[]', /empty/],
  ])('as JSON is refused with %s', (_, text, message) => {
    expect(refusal(text, 'm.json').message).toMatch(message);
  });
});
