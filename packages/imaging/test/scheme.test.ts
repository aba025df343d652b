import { describe, expect, it } from 'vitest';
import {
  assignLabels,
  BODY,
  canonicalName,
  checkLabelTable,
  type LabelScheme,
  namedScheme,
  organLabels,
  parseLabelMap,
  schemeNames,
  schemesThatFit,
  UNKNOWN_LABEL,
} from '../src/index.ts';

const scheme = (name: string): LabelScheme => {
  const found = namedScheme(name);
  if (!found) throw new Error(`no scheme ${name}`);
  return found;
};

/** The organ table of the data model: organ → number in totalsegmentator, suprem, flare, abdomenatlas, totalsegmentator-mr. */
const ORGAN_NUMBERS: Record<string, readonly [number, number, number, number, number]> = {
  spleen: [1, 1, 3, 8, 1],
  kidney_right: [2, 2, 2, 4, 2],
  kidney_left: [3, 3, 13, 3, 3],
  gallbladder: [4, 4, 9, 2, 4],
  liver: [5, 6, 1, 5, 5],
  stomach: [6, 7, 11, 9, 6],
  aorta: [52, 8, 5, 1, 23],
  inferior_vena_cava: [63, 9, 6, 7, 24],
  pancreas: [7, 11, 4, 6, 7],
};
const ORDER = ['totalsegmentator', 'suprem', 'flare', 'abdomenatlas', 'totalsegmentator-mr'];

describe('label schemes', () => {
  it('are known by name', () => {
    expect([...schemeNames].sort()).toEqual([...ORDER].sort());
    expect(namedScheme('suprem2')).toBeUndefined();
  });

  it.each([
    ['totalsegmentator', 117],
    ['totalsegmentator-mr', 50],
    ['suprem', 32],
    ['flare', 14],
    ['abdomenatlas', 9],
  ])('%s numbers 1..%i without gaps, each name once', (name, count) => {
    const { names } = scheme(name);
    expect([...names.keys()]).toEqual(Array.from({ length: count }, (_, i) => i + 1));
    expect(new Set([...names.values()].map(canonicalName)).size).toBe(count);
  });

  it('number the nine organs as the table says, and give them the same groups', () => {
    for (const [organ, numbers] of Object.entries(ORGAN_NUMBERS)) {
      ORDER.forEach((name, column) => {
        const number = numbers[column]!;
        expect(scheme(name).names.get(number), `${name} ${organ}`).toBe(organ);
        expect(assignLabels(scheme(name)).labelOf[number]).toBe(organLabels[organ]);
      });
      // Canonical ids are SuPreM's number plus one.
      expect(organLabels[organ]).toBe(numbers[1] + 1);
    }
  });

  it('keep landmarks of the long TotalSegmentator list in place', () => {
    const { names } = scheme('totalsegmentator');
    const landmarks = { 18: 'small_bowel', 26: 'vertebrae_S1', 27: 'vertebrae_L5', 32: 'vertebrae_T12' };
    const more = { 44: 'vertebrae_C7', 50: 'vertebrae_C1', 51: 'heart', 79: 'spinal_cord', 91: 'skull' };
    const last = { 92: 'rib_left_1', 103: 'rib_left_12', 115: 'rib_right_12', 117: 'costal_cartilages' };
    for (const [number, name] of Object.entries({ ...landmarks, ...more, ...last })) {
      expect(names.get(Number(number))).toBe(name);
    }
  });
});

describe('groups', () => {
  it('count labels that are no organ as body', () => {
    const { labelOf, labels } = assignLabels(scheme('suprem'));
    expect(labelOf[0]).toBe(0);
    expect(labelOf[14]).toBe(BODY);
    expect(Object.keys(labels).map(Number)).toEqual([0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 12]);
    expect(labelOf.length).toBe(33);
  });

  it('give labels named by the user ids from 64 up, in the order of their numbers', () => {
    const { labelOf, labels } = assignLabels(scheme('suprem'), ['duodenum', 'Esophagus', 'left lung']);
    expect([labelOf[5], labelOf[14], labelOf[17]]).toEqual([64, 65, 66]);
    expect([labels['64'], labels['65'], labels['66']]).toEqual(['esophagus', 'duodenum', 'lung_left']);
    expect(labelOf[15]).toBe(BODY);
  });

  it('refuse names the scheme does not have, and organs that have a λ anyway', () => {
    expect(() => assignLabels(scheme('abdomenatlas'), ['duodenum'])).toThrow(/"duodenum".*abdomenatlas/);
    expect(() => assignLabels(scheme('suprem'), ['liver'])).toThrow(/a λ of its own/);
  });
});

describe('label maps', () => {
  const map = (labels: object, more: object = {}) =>
    JSON.stringify({ schema: 'semcrc/labels@1', labels, ...more });

  it('name numbers; organs become organs whatever their spelling', () => {
    const mine = parseLabelMap(map({ 7: 'Right Kidney', 2: 'lesion', 300: 'postcava' }), 'map.json');
    const { labelOf, labels } = assignLabels(mine, ['lesion']);
    expect(labelOf[7]).toBe(organLabels.kidney_right);
    expect(labelOf[300]).toBe(organLabels.inferior_vena_cava);
    expect(labelOf[2]).toBe(64);
    expect(labelOf[3]).toBe(UNKNOWN_LABEL);
    expect(labels).toEqual({
      0: 'background',
      1: 'body',
      3: 'kidney_right',
      10: 'inferior_vena_cava',
      64: 'lesion',
    });
  });

  it.each([
    ['no JSON', '{', /map\.json is not JSON/],
    ['no schema', '{"labels": {"1": "liver"}}', /not a label map.*semcrc\/labels@1/],
    ['another schema', '{"schema": "semcrc/labels@2", "labels": {"1": "liver"}}', /at \/schema/],
    ['number 0', map({ 0: 'background' }), /not a label map/],
    ['a number too large', map({ 70000: 'liver' }), /label 70000.*65535/],
    ['a name that is no text', map({ 1: 5 }), /not a label map/],
    ['no labels', map({}), /not a label map/],
    ['an organ twice', map({ 1: 'liver', 4: 'Liver' }), /labels 1 and 4 are both named "liver"/],
    ['an unknown field', map({ 1: 'liver' }, { label: 1 }), /not a label map/],
  ])('are refused with %s', (_, text, message) => {
    expect(() => parseLabelMap(text, 'map.json')).toThrow(message);
  });
});

describe('label names inside files', () => {
  it('contradict a scheme that numbers another way', () => {
    const versionOne = new Map([
      [1, 'spleen'],
      [7, 'aorta'],
    ]);
    expect(() => checkLabelTable(versionOne, scheme('totalsegmentator'), 'seg.nii.gz')).toThrow(
      /seg\.nii\.gz.*label 7 "aorta".*totalsegmentator.*"pancreas"/,
    );
    expect(() => checkLabelTable(new Map([[9, 'postcava']]), scheme('suprem'), 'seg')).not.toThrow();
    expect(() => checkLabelTable(new Map([[0, '???']]), scheme('suprem'), 'seg')).not.toThrow();
    // A number the scheme does not have only matters where a voxel uses it.
    expect(() => checkLabelTable(new Map([[33, 'lesion']]), scheme('suprem'), 'seg')).not.toThrow();
  });
});

describe('names that every object inherits', () => {
  it('are labels like any other', () => {
    const names = ['constructor', '__proto__', 'toString', 'hasOwnProperty'];
    const labels = Object.fromEntries(names.map((name, index) => [String(index + 1), name]));
    const text = JSON.stringify({ schema: 'semcrc/labels@1', labels });
    const map = parseLabelMap(text, 'map.json');
    expect([...map.names.values()]).toEqual(['constructor', 'proto', 'tostring', 'hasownproperty']);
    const { labelOf, labels: groups } = assignLabels(map, ['constructor']);
    expect([...labelOf]).toEqual([0, 64, 1, 1, 1]);
    expect(groups).toEqual({ 0: 'background', 1: 'body', 64: 'constructor' });
    expect(namedScheme('constructor')).toBeUndefined();
  });
});

describe('the label table of a file', () => {
  it('names the schemes that fit, where it contradicts the one it is said to follow', () => {
    const table = new Map([
      [5, 'liver'],
      [23, 'aorta'],
    ]);
    expect(schemesThatFit(table)).toEqual(['totalsegmentator-mr']);
    expect(() => checkLabelTable(table, scheme('totalsegmentator'), 'seg.nii')).toThrow(
      /names label 23 "aorta".*`labels`: totalsegmentator-mr fits/,
    );
    expect(schemesThatFit(new Map([[200, 'liver']]))).toEqual([]);
  });
});

describe("nnU-Net's dataset.json as a label map", () => {
  const parse = (labels: object) => [
    ...parseLabelMap(JSON.stringify({ channel_names: { 0: 'CT' }, labels, numTraining: 3 }), 'dataset.json')
      .names,
  ];

  it('is read in both of its versions, the background left out', () => {
    const expected = [
      [1, 'spleen'],
      [2, 'kidney_right'],
    ];
    expect(parse({ background: 0, spleen: 1, 'right kidney': 2 })).toEqual(expected);
    expect(parse({ 0: 'background', 1: 'spleen', 2: 'right kidney' })).toEqual(expected);
  });

  it('is refused where a name stands for several numbers, or a number is none', () => {
    expect(() => parse({ background: 0, whole: [1, 2] })).toThrow(
      /dataset\.json: "whole" is a region of several labels/,
    );
    expect(() => parse({ background: 0, spleen: -1 })).toThrow(/dataset\.json/);
    expect(() => parse({ constructor: 1, __proto__x: 1.5 })).toThrow(/dataset\.json/);
  });
});
