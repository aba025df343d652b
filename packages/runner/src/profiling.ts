import { ProfileWriter } from '@semcrc/cohort/node';
import {
  type Cohort,
  type CohortLook,
  lookOf,
  type MendedVoxels,
  PROFILES_SCHEMA,
  type ProfilesHeader,
  type Profiling,
  type SampleFacts,
  type ScanNote,
  UNKNOWN_PREPARING,
} from '@semcrc/core';
import { SemcrcError } from '@semcrc/kernels';
import type { Opening } from './handle.ts';
import type { ExperimentExecutor, ProfilingSession } from './job.ts';
import { lanesFor, runConcurrently } from './run-concurrently.ts';

/** What decides what a profile file holds, beside the cohort. */
export interface ProfilingTerms extends Profiling {
  /** Site of every scan where the cohort names none; null: no site. */
  readonly site: string | null;
  /** Version of semcrc, for the header. */
  readonly version: string;
}

export interface ProfilingOptions extends ProfilingTerms {
  readonly executor: ExperimentExecutor;
  /** Places of the scans to profile, ascending; all of the cohort by default. */
  readonly scans?: readonly number[] | undefined;
  /** Whether a file begun of other profiles gives way. */
  readonly replace: 'keep' | 'replace';
  /** Gives up; what was written is kept, and the next call goes on from there. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: { readonly done: number; readonly total: number }) => void) | undefined;
}

/** What profiling a cohort came to. */
export interface ProfilingSummary {
  readonly path: string;
  readonly scans: number;
  readonly bytes: number;
  /** Scans that stood in the file before. */
  readonly kept: number;
  readonly mended: MendedVoxels;
  readonly notes: readonly ScanNote[];
  /** Null where no scan was read. */
  readonly look: CohortLook | null;
}

/**
 * Profiles the scans of a cohort into a file, several at a time and in their order. Killed at any moment, it goes on where it
 * stood. What is written depends on the cohort and the options alone.
 *
 * @throws SemcrcError the first error of a scan, naming it; `usage` where a file of other profiles was begun; `interrupted`
 */
export async function runProfiling(
  opening: Opening & { readonly known: Cohort },
  path: string,
  options: ProfilingOptions,
): Promise<ProfilingSummary> {
  const { executor, heuristic, reach, round, replace, signal, onProgress } = options;
  const { known: cohort } = opening;
  if (cohort.profiled) {
    throw new SemcrcError('usage', `${cohort.name} holds profiles already: use it as it is`, {
      data: { file: cohort.name },
    });
  }
  const places = options.scans ?? cohort.ids.map((_, at) => at);
  const header = profilesHeader(cohort, options);
  const writer = await ProfileWriter.open(path, header, replace === 'replace' ? 'discard' : 'refuse');
  try {
    const kept = writer.scans.length;
    if (writer.scans.some(({ at }, index) => at !== places[index])) {
      throw new SemcrcError('bad-input', `${path}.partial holds other scans: remove it and profile again`, {
        data: { file: `${path}.partial` },
      });
    }
    const session: ProfilingSession = { opening, profiling: { heuristic, reach, round } };
    const notes: ScanNote[] = [];
    const looks: SampleFacts[] = [];
    let done = kept;
    onProgress?.({ done, total: places.length });
    // Scans are written in their order: whoever is done early waits for its turn, so that few are in memory.
    let failed = false;
    let turn = Promise.resolve();
    const waiting = places.slice(kept).map((at) => {
      const before = turn;
      let pass: () => void = () => {};
      turn = new Promise((resolve) => {
        pass = resolve;
      });
      return { at, before, pass };
    });
    await runConcurrently(signal, lanesFor(executor), waiting, async ({ at, before, pass }, either) => {
      try {
        const scan = cohort.ids[at];
        const task = { session, kind: 'encode', input: scan, name: `scan ${scan}`, signal: either } as const;
        const encoded = await executor.run(task);
        await before;
        if (failed) throw new SemcrcError('interrupted', `scan ${scan}: one before it could not be profiled`);
        const { shape, mended, block } = encoded;
        const [patient, fingerprint = null] = [cohort.patients[at], cohort.fingerprints?.[at]];
        const site = cohort.sites?.[at] ?? options.site;
        const about = { scan, patient, site, at, shape, fingerprint, mended };
        await writer.add({ scan: about, block });
        notes.push(...encoded.notes);
        looks.push(encoded.look);
        done += 1;
        onProgress?.({ done, total: places.length });
      } catch (error) {
        failed = true;
        throw error;
      } finally {
        pass();
      }
    });
    const bytes = await writer.finish();
    const mended = writer.scans.reduce(
      (sum, own) => ({
        clipped: sum.clipped + own.mended.clipped,
        crossed: sum.crossed + own.mended.crossed,
      }),
      { clipped: 0, crossed: 0 },
    );
    const look = looks.length === 0 ? null : lookOf(looks);
    return { path, scans: writer.scans.length, bytes, kept, mended, notes, look };
  } catch (error) {
    await writer.close();
    throw error;
  }
}

/** The header of a cohort's profile file: the same from every part. */
export function profilesHeader(
  { name, ids, labels, digest, draws, leftOut, preparing }: Cohort,
  { heuristic, reach, round, site, version }: ProfilingTerms,
): ProfilesHeader {
  const { heuristic: kind, weightFloor, alpha, sampleQuantiles } = heuristic;
  return {
    schema: PROFILES_SCHEMA,
    labels,
    heuristic: { heuristic: kind, weightFloor, alpha, sampleQuantiles },
    reach,
    round,
    sources: [
      {
        name,
        // The same scans as those of two sites are not the same source.
        digest: site === null ? digest : `${digest}@${site}`,
        scans: ids.length,
        draws,
        leftOut,
        preparing: preparing ?? { ...UNKNOWN_PREPARING, draws },
        version,
      },
    ],
  };
}
