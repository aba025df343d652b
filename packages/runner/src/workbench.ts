import { cached, type Source } from '@semcrc/cohort';
import {
  averageEvaluations,
  buildProfile,
  buildRankings,
  type CalibrationData,
  type CountedStretch,
  evaluateFits,
  fitSplit,
  type LossScope,
  makePartition,
  type Profile,
  profileOptionsOf,
  type RunResult,
  runOne,
  type Sample,
  type ScoreRanking,
  ScoreRankings,
  type Split,
  stretchesToRank,
  sweepScan,
} from '@semcrc/core';
import { type Kernels, loadKernels, SemcrcError } from '@semcrc/kernels';
import type { Workbench } from './executor.ts';
import type { OpenSource } from './handle.ts';
import type {
  CalibratedSplit,
  CohortFacts,
  ExperimentJobs,
  ExperimentSession,
  ProfiledScan,
  RunToDo,
  ScanToProfile,
  ScoresToRank,
} from './job.ts';
import { allocateShared, canShare, toSharedMemory } from './shared-memory.ts';

/** Does the jobs of experiments: one WASM instance and one open cohort, kept from job to job. */
export class ExperimentWorkbench implements Workbench<ExperimentSession, ExperimentJobs> {
  readonly #openSource: OpenSource;
  #kernels: Kernels | undefined;
  #opened:
    | { readonly handle: string; readonly source: Source; readonly leftOut: CohortFacts['leftOut'] }
    | undefined;
  #session: ExperimentSession | undefined;
  #profiles = new Map<string, Profile>();
  #samples = new Map<string, Sample>();

  constructor(openSource: OpenSource) {
    this.#openSource = openSource;
  }

  async begin(session: ExperimentSession): Promise<void> {
    this.#kernels ??= await loadKernels();
    const handle = JSON.stringify([session.handle, session.cacheBytes]);
    if (this.#opened?.handle !== handle) {
      await this.#opened?.source.close?.();
      this.#opened = undefined;
      const { known, cacheBytes } = session;
      const source = await this.#openSource(
        session.handle,
        known ? { ...known, leftOut: known.leftOut.map(({ scan }) => scan) } : {},
      );
      const leftOut = 'leftOut' in source ? (source.leftOut as CohortFacts['leftOut']) : [];
      this.#opened = {
        handle,
        source: source.borrow ? source : cached(source, cacheBytes),
        leftOut: known?.leftOut ?? leftOut,
      };
    }
    this.#session = session;
    this.#profiles = new Map(session.profiles.map((profile) => [profile.scan, profile]));
    this.#samples = new Map(session.samples.map((sample) => [sample.id, sample]));
  }

  async perform<Kind extends keyof ExperimentJobs & string>(
    kind: Kind,
    input: ExperimentJobs[Kind]['input'],
  ): Promise<ExperimentJobs[Kind]['output']> {
    switch (kind) {
      case 'cohort':
        return this.#cohort();
      case 'profile':
        return this.#profile(input as ScanToProfile);
      case 'stretches':
        return this.#stretches(input as LossScope);
      case 'rankings':
        return this.#rankings(input as ScoresToRank);
      case 'run':
        return this.#run(input as RunToDo);
      case 'calibrate':
        return this.#calibrate(input as Split);
      default:
        throw new SemcrcError('internal', `no such job: ${kind}`);
    }
  }

  #cohort(): CohortFacts {
    const { source, leftOut } = this.#at();
    const { name, digest, ids, patients, labels, verified } = source;
    return { name, digest, ids, patients, labels, leftOut, ...(verified ? { verified } : {}) };
  }

  async #profile({ scan, keep }: ScanToProfile): Promise<ProfiledScan> {
    const { kernels, source, session } = this.#at();
    const { procedures, options } = session.plan;
    const sample = await lend(source, scan);
    const organs = makePartition({ kind: 'organ' }, source.labels);
    const profile = buildProfile(kernels, sample, organs, profileOptionsOf(procedures, options));
    const { grid } = session;
    return {
      profile: toSharedMemory(profile),
      mended: sample.mended,
      curve: grid.length > 0 ? sweepScan(kernels, sample, source.labels, grid, options) : null,
      sample: keep && !source.borrow && canShare() ? toSharedMemory(sample) : null,
    };
  }

  #stretches(scope: LossScope): readonly CountedStretch[] {
    const { source, session } = this.#at();
    return stretchesToRank(session.profiles, source.labels, session.plan, session.tolerances, scope);
  }

  #rankings({ scope, stretches }: ScoresToRank): readonly ScoreRanking[] {
    const { kernels, source, session } = this.#at();
    return buildRankings(kernels, session.profiles, source.labels, scope, stretches, allocateShared);
  }

  #run({ run, rankings }: RunToDo): Promise<readonly RunResult[]> {
    const { plan, tolerances, profiles } = this.#at().session;
    const scans = profiles.map(({ scan }) => scan);
    const data = { ...this.#data(), rankings: new ScoreRankings(scans, rankings) };
    return runOne(data, plan, run, tolerances);
  }

  async #calibrate(split: Split): Promise<CalibratedSplit> {
    const { plan, tolerances } = this.#at().session;
    const { procedures, options, seed } = plan;
    const data = this.#data();
    const [procedure] = procedures;
    const [fitted] = await fitSplit(data, split, [procedure], [tolerances[0]], options, { seed, run: 0 });
    const [fit] = fitted.fits;
    const [scans] = await evaluateFits(data, [fit], split.test, profileOptionsOf(procedures, options));
    return { fit, evaluation: averageEvaluations(scans), scans };
  }

  #data(): CalibrationData {
    const { kernels, source } = this.#at();
    return {
      kernels,
      labels: source.labels,
      read: async (id) => this.#samples.get(id) ?? lend(source, id),
      profileOf: (id) => {
        const profile = this.#profiles.get(id);
        if (!profile) throw new SemcrcError('internal', `scan ${id} has no profile`, { data: { scan: id } });
        return profile;
      },
    };
  }

  #at(): {
    kernels: Kernels;
    source: Source;
    leftOut: CohortFacts['leftOut'];
    session: ExperimentSession;
  } {
    if (!this.#kernels || !this.#opened || !this.#session) {
      throw new SemcrcError('internal', 'a job came before its session');
    }
    const { source, leftOut } = this.#opened;
    return { kernels: this.#kernels, source, leftOut, session: this.#session };
  }
}

/** Reads a scan for as long as no other is read; every job looks at one scan at a time and keeps none of its arrays. */
function lend(source: Source, id: string): Promise<Sample> {
  return source.borrow?.(id) ?? source.read(id);
}
