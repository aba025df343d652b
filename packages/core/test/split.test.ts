import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shuffle } from '../src/cohort/random.ts';
import { groupByPatient } from '../src/cohort/split.ts';
import { type CohortIndex, checkSplitSizes, drawSplit, randomStream } from '../src/index.ts';

/** Patients with 1 to 3 scans each, scans of different patients interleaved. */
const indices = fc
  .array(fc.integer({ min: 1, max: 3 }), { minLength: 3, maxLength: 30 })
  .map((scans): CohortIndex => {
    const ids: string[] = [];
    const patients: string[] = [];
    for (let s = 0; s < 3; s++) {
      scans.forEach((count, p) => {
        if (s < count) {
          ids.push(`scan-${p}-${s}`);
          patients.push(`patient-${p}`);
        }
      });
    }
    return { ids, patients };
  });

const singles = (count: number): CohortIndex => {
  const ids = Array.from({ length: count }, (_, i) => `s${i}`);
  return { ids, patients: ids };
};

describe('a split', () => {
  it('is disjoint, of the sizes asked for, counted in patients, and never separates a patient', () => {
    fc.assert(
      fc.property(
        indices,
        fc.nat(),
        fc.nat({ max: 50 }),
        fc.tuple(fc.nat(), fc.nat(), fc.nat()),
        (index, seed, run, [a, b, c]) => {
          const patients = new Set(index.patients).size;
          const nCal = 1 + (a % patients);
          const nOpt = b % nCal;
          const nTest = c % (patients - nCal + 1);
          const split = drawSplit(index, { nOpt, nCal, nTest }, seed, run);
          const patientOf = new Map(index.ids.map((id, i) => [id, index.patients[i]]));
          const parts = [split.opt, split.cal, split.test];
          const used = parts.flat();
          expect(new Set(used).size).toBe(used.length);
          const members = parts.map((ids) => new Set(ids.map((id) => patientOf.get(id))));
          expect(members.map(({ size }) => size)).toEqual([nOpt, nCal - nOpt, nTest]);
          for (const [i, part] of parts.entries()) {
            const scansOfMembers = index.ids.filter((id) => members[i].has(patientOf.get(id)));
            expect([...part].sort()).toEqual(scansOfMembers.sort());
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('keeps the scans of a patient in cohort order', () => {
    const index: CohortIndex = { ids: ['b', 'x', 'a', 'c'], patients: ['p', 'q', 'p', 'p'] };
    expect([...groupByPatient(index)]).toEqual([
      ['p', ['b', 'a', 'c']],
      ['q', ['x']],
    ]);
    for (let run = 0; run < 8; run++) {
      const { cal } = drawSplit(index, { nOpt: 0, nCal: 2, nTest: 0 }, 0, run);
      expect(cal.filter((id) => id !== 'x')).toEqual(['b', 'a', 'c']);
    }
  });

  it('is frozen: seed 0 gives these splits, on every platform', () => {
    // Known answers that freeze the stream. If they change, every published split changes with them: raise the
    // version of the formats that hold a seed, and say so in the changelog.
    const sizes = { nOpt: 2, nCal: 6, nTest: 2 };
    expect(drawSplit(singles(10), sizes, 0, 0)).toEqual({
      opt: ['s2', 's5'],
      cal: ['s3', 's4', 's1', 's6'],
      test: ['s7', 's8'],
    });
    expect(drawSplit(singles(10), sizes, 0, 1)).toEqual({
      opt: ['s5', 's1'],
      cal: ['s2', 's0', 's7', 's4'],
      test: ['s6', 's9'],
    });
    const random = randomStream(4294967295, 7);
    expect(Array.from({ length: 6 }, () => random.below(1000))).toEqual([107, 340, 10, 77, 32, 710]);
    expect(randomStream(1, 0).uniform()).toBe(0.6607767446526622);
  });

  it('differs from run to run and from seed to seed', () => {
    const sizes = { nOpt: 8, nCal: 32, nTest: 8 };
    const seen = new Set<string>();
    for (let seed = 0; seed < 10; seed++) {
      for (let run = 0; run < 20; run++) {
        const split = drawSplit(singles(64), sizes, seed, run);
        seen.add(JSON.stringify(split));
      }
    }
    expect(seen.size).toBe(200);
  });

  it('gives every patient the same chance of every part', () => {
    // 4000 draws of 10 patients into parts of 3, 4 and 3: a count has sd ≤ 31, so 6 sd (false alarm < 1e-7 in all).
    const counts = Array.from({ length: 10 }, () => [0, 0, 0]);
    for (let run = 0; run < 4000; run++) {
      const { opt, cal, test } = drawSplit(singles(10), { nOpt: 3, nCal: 7, nTest: 3 }, 5, run);
      for (const [part, ids] of [opt, cal, test].entries()) {
        for (const id of ids) counts[Number(id.slice(1))][part]++;
      }
    }
    for (const [opt, cal, test] of counts) {
      expect(Math.abs(opt - 1200)).toBeLessThan(186);
      expect(Math.abs(cal - 1600)).toBeLessThan(186);
      expect(Math.abs(test - 1200)).toBeLessThan(186);
    }
  });
});

describe('sizes that do not fit', () => {
  it('are refused by name of the cohort size, with numbers that would fit', () => {
    for (let patients = 1; patients <= 60; patients++) {
      const index = singles(patients);
      let message = '';
      try {
        checkSplitSizes(index, { nOpt: 0, nCal: patients, nTest: 1 });
      } catch (error) {
        expect(error).toMatchObject({ code: 'usage' });
        message = (error as Error).message;
      }
      expect(message).toContain(`exceeds the cohort, which has ${patients} scans`);
      const proposed = /`nOpt` (\d+) `nCal` (\d+) `nTest` (\d+) would fit/.exec(message);
      expect(proposed, message).not.toBeNull();
      const [nOpt, nCal, nTest] = (proposed ?? []).slice(1).map(Number);
      expect(() => checkSplitSizes(index, { nOpt, nCal, nTest }), message).not.toThrow();
      expect(nCal + nTest).toBe(patients);
    }
  });

  it('name patients and scans where these differ', () => {
    const index: CohortIndex = { ids: ['a', 'b', 'c', 'd'], patients: ['p', 'p', 'q', 'r'] };
    expect(() => checkSplitSizes(index, { nOpt: 1, nCal: 3, nTest: 1 })).toThrow(/3 patients \(4 scans\)/);
  });

  it.each([
    [{ nOpt: 4, nCal: 4, nTest: 1 }, /must exceed `nOpt`: found `nOpt` 4, `nCal` 4/],
    [{ nOpt: 0, nCal: 0, nTest: 1 }, /must exceed `nOpt`/],
    [{ nOpt: -1, nCal: 4, nTest: 1 }, /`nOpt` must be a whole number .* found -1/],
    [{ nOpt: 1, nCal: 4.5, nTest: 1 }, /`nCal` must be a whole number .* found 4.5/],
    [{ nOpt: 1, nCal: 4, nTest: Number.NaN }, /`nTest` must be a whole number .* found NaN/],
  ])('refuses %o', (sizes, message) => {
    expect(() => drawSplit(singles(10), sizes, 0, 0)).toThrow(
      expect.objectContaining({ code: 'usage', message: expect.stringMatching(message) }),
    );
  });
});

describe('the random stream', () => {
  it('shuffles into every order equally often', () => {
    // 6 orders, 6000 shuffles: each count has sd 29, so 6 sd (false alarm < 1e-7).
    const counts = new Map<string, number>();
    for (let stream = 0; stream < 6000; stream++) {
      const order = shuffle(['a', 'b', 'c'], randomStream(1, stream)).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(174);
  });

  it('stays within its bounds', () => {
    const random = randomStream(3, 1);
    for (let draw = 0; draw < 2000; draw++) {
      const uniform = random.uniform();
      expect(uniform >= 0 && uniform < 1).toBe(true);
      const below = random.below(7);
      expect(Number.isInteger(below) && below >= 0 && below < 7).toBe(true);
    }
    expect(random.below(1)).toBe(0);
  });
});
