import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drawSplit, PAPER_OPTIONS, type ProcedureOptions, profileToKeep } from '@semcrc/core';
import { type Kernels, loadKernels, SemcrcError } from '@semcrc/kernels';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeBlock } from '../src/index.ts';
import { mergeProfiles, openProfilePaths, ProfileWriter } from '../src/node.ts';
import {
  cohortOfScans,
  drawScans,
  fitOf,
  headerOf,
  PROFILING,
  profiledData,
  writeProfiles,
} from './profiled-cohort.ts';
import { LABELS, uniform } from './random-cohort.ts';

let kernels: Kernels;
let folder: string;
const samples = drawScans({ seed: 9, scans: 24, perPatient: 1, miss: 0.3, even: true });
beforeAll(async () => {
  kernels = await loadKernels();
  folder = mkdtempSync(join(tmpdir(), 'semcrc-profiles-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const OPTIONS: ProcedureOptions = { ...PAPER_OPTIONS, sides: 'two' };

/** Everything that reads of a file: λ of crc, and of sem-crc by gamma and by envelope, with all pages looked at. */
async function everything(path: string): Promise<string> {
  const source = await openProfilePaths([path]);
  try {
    const split = drawSplit(source, { nOpt: 4, nCal: 24, nTest: 0 }, 0, 0);
    const data = await profiledData(kernels, source, OPTIONS);
    const fits = [
      await fitOf(data, split, 'crc', 0.2, PAPER_OPTIONS),
      await fitOf(data, split, 'sem-crc', 0.2, OPTIONS),
      await fitOf(data, split, 'sem-crc', 0.2, { ...OPTIONS, anchor: 'envelope', backtrack: 'path' }),
    ];
    const numbers = source.ids.map((id) => {
      const { scores, lengths, cells, organVoxels, offsets } = data.profileOf(id);
      const read = (values: typeof scores) =>
        values instanceof Float32Array ? values : values.read(0, values.length);
      return [scores, lengths!.below.values, lengths!.above.values]
        .map(read)
        .concat(...([cells?.().residual, cells?.().width] as Float32Array[]))
        .map((own) => Array.from(own))
        .concat([Array.from(organVoxels), Array.from(offsets)]);
    });
    return JSON.stringify([
      source.ids,
      source.patients,
      fits.map(({ lambda }) => Array.from(lambda)),
      numbers,
    ]);
  } finally {
    await source.close?.();
  }
}

async function outcomeOf(path: string): Promise<{ readonly read: string } | { readonly error: unknown }> {
  try {
    return { read: await everything(path) };
  } catch (error) {
    return { error };
  }
}

describe('a profile file that is not what was written', () => {
  it('is read as it was, or refused by its name, whichever byte of it is another one', async () => {
    const path = join(folder, 'whole.profiles');
    await writeProfiles(kernels, path, samples);
    const bytes = readFileSync(path);
    const expected = await everything(path);
    const next = uniform(11);
    const damaged = join(folder, 'damaged.profiles');
    let refused = 0;
    for (let round = 0; round < 150; round++) {
      const copy = Buffer.from(bytes);
      const at = Math.floor(next() * copy.length);
      copy[at] = (copy[at] as number) ^ (1 << Math.floor(8 * next()));
      writeFileSync(damaged, copy);
      const outcome = await outcomeOf(damaged);
      if ('read' in outcome) {
        // Zeros that only fill up to the next multiple of eight, and copies of what the directory says.
        expect(outcome.read, `byte ${at}`).toBe(expected);
        continue;
      }
      refused++;
      expect(outcome.error, `byte ${at}`).toBeInstanceOf(SemcrcError);
      expect((outcome.error as SemcrcError).code, `byte ${at}`).toBe('bad-input');
      expect((outcome.error as SemcrcError).message).toContain(damaged);
      await expect(mergeProfiles([damaged], join(folder, 'merged.profiles'))).rejects.toBeInstanceOf(
        SemcrcError,
      );
    }
    expect(refused).toBeGreaterThan(100);
  });

  it('is refused by its name wherever it is cut off, and with bytes behind it', async () => {
    const path = join(folder, 'cut.profiles');
    await writeProfiles(kernels, path, samples);
    const bytes = readFileSync(path);
    const next = uniform(12);
    const cuts = [0, 1, 23, 24, 31, 32, 40, bytes.length - 1, bytes.length - 40];
    for (const length of [...cuts, ...Array.from({ length: 40 }, () => Math.floor(next() * bytes.length))]) {
      writeFileSync(path, bytes);
      truncateSync(path, length);
      const outcome = await outcomeOf(path);
      expect(outcome, `${length} bytes`).toHaveProperty('error');
      expect((outcome as { error: SemcrcError }).error.code).toBe('bad-input');
      expect((outcome as { error: SemcrcError }).error.message).toContain(path);
    }
    writeFileSync(path, Buffer.concat([bytes, Buffer.alloc(8)]));
    expect(await outcomeOf(path)).toHaveProperty('error.code', 'bad-input');
  });

  it.each([
    ['semcrc/profiles@2', /of the format semcrc\/profiles@2, written by another version/],
    ['scan,ground_truth,lower,upper', /is no profile file/],
  ])('that begins with %s is named for what it is', async (start, reason) => {
    const path = join(folder, 'other.profiles');
    writeFileSync(path, start.padEnd(200, '\0'));
    await expect(openProfilePaths([path])).rejects.toThrow(reason);
  });
});

describe('writing a profile file', () => {
  it('goes on where it was killed, at any byte, and ends with the same bytes', async () => {
    const whole = join(folder, 'reference.profiles');
    await writeProfiles(kernels, whole, samples);
    const expected = readFileSync(whole);
    const header = headerOf(cohortOfScans(samples));
    const next = uniform(13);
    const path = join(folder, 'resumed.profiles');
    for (let round = 0; round < 20; round++) {
      // What a killed process leaves: a beginning of what it would have written.
      writeFileSync(`${path}.partial`, expected.subarray(0, Math.floor(next() * expected.length)));
      const writer = await ProfileWriter.open(path, header);
      for (const [at, sample] of samples.entries()) {
        if (at < writer.scans.length) {
          expect(writer.scans[at]?.scan).toBe(sample.id);
          continue;
        }
        const { id, patient, shape, mended } = sample;
        const block = encodeBlock(profileToKeep(kernels, sample, LABELS, PROFILING));
        const scan = {
          scan: id,
          patient,
          site: null,
          at,
          shape: [...shape] as const,
          fingerprint: null,
          mended,
        };
        await writer.add({ scan: scan as Parameters<ProfileWriter['add']>[0]['scan'], block });
      }
      await writer.finish();
      expect(readFileSync(path).equals(expected)).toBe(true);
      rmSync(path);
    }
  });

  it('refuses to go on with a file begun of other profiles, unless it may be discarded', async () => {
    const path = join(folder, 'begun.profiles');
    const first = await ProfileWriter.open(path, headerOf(cohortOfScans(samples, 'one')));
    await first.close();
    const other = headerOf(cohortOfScans(samples, 'two'));
    await expect(ProfileWriter.open(path, other)).rejects.toThrow(/begun from other input/);
    const writer = await ProfileWriter.open(path, other, 'discard');
    expect(writer.scans).toEqual([]);
    await writer.discard();
  });
});

describe('rounding', () => {
  it('raises every score, to a multiple or beyond by less than an ulp, and never lowers one', () => {
    for (const round of [1e-3, 0.01, 0.1, 1 / 3, 1e-6]) {
      for (const sample of samples.slice(0, 6)) {
        const plain = profileToKeep(kernels, sample, LABELS, PROFILING);
        const rounded = profileToKeep(kernels, sample, LABELS, { ...PROFILING, round });
        expect(rounded.offsets).toEqual(plain.offsets);
        for (const [at, score] of rounded.scores.entries()) {
          const own = plain.scores[at] as number;
          expect(score).toBeGreaterThanOrEqual(own);
          expect(score - own).toBeLessThan(round * (1 + 1e-6) + 1e-7);
        }
      }
    }
  });
});
