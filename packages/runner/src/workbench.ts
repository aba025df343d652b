import { encodeBlock } from '@semcrc/cohort';
import {
  averageEvaluations,
  buildProfile,
  type CalibrationData,
  cached,
  cohortOf,
  curveRecord,
  evaluateCalibration,
  evaluateFits,
  type Fit,
  fitCurve,
  fitSplit,
  insideBody,
  lengthsWithMore,
  makePartition,
  type Profile,
  type ProfileOptions,
  profileOptionsOf,
  profileToKeep,
  type RunPlan,
  type RunResult,
  runOne,
  type Sample,
  type ScanNote,
  type Source,
  type Split,
  sampleFacts,
  sitesRecord,
  sweepProfile,
  sweepScan,
} from '@semcrc/core';
import { type Kernels, loadKernels, SemcrcError } from '@semcrc/kernels';
import type { Workbench } from './executor.ts';
import type { OpenSource } from './handle.ts';
import type {
  CalibratedSplit,
  CohortSession,
  EncodedScan,
  EvaluatedScan,
  ExperimentJobs,
  ExperimentSession,
  HeldOut,
  ProfiledScan,
  ScanToProfile,
  SplitToCalibrate,
} from './job.ts';
import { canShare, toSharedMemory } from './shared-memory.ts';

/** Decoded samples that a worker keeps of its own, in bytes: the opt scans of a run, which two anchors read, fit in. */
const CACHE_BYTES = 128 * 2 ** 20;

/** Does the jobs of experiments: one WASM instance and one open cohort, kept from job to job. */
export class ExperimentWorkbench implements Workbench<CohortSession, ExperimentJobs> {
  readonly #openSource: OpenSource;
  #kernels: Kernels | undefined;
  #opened: { readonly handle: string; readonly source: Source } | undefined;
  /** Of the scan that is being read. */
  readonly #notes: ScanNote[] = [];
  #session: CohortSession | undefined;
  #profiles = new Map<string, Profile>();
  #samples = new Map<string, Sample>();

  constructor(openSource: OpenSource) {
    this.#openSource = openSource;
  }

  async begin(session: CohortSession): Promise<void> {
    this.#kernels ??= await loadKernels();
    const { known: _, ...which } = session.opening;
    const handle = JSON.stringify(which);
    if (this.#opened?.handle !== handle) {
      await this.#opened?.source.close?.();
      this.#opened = undefined;
      const source = await this.#openSource(session.opening, { note: (note) => this.#notes.push(note) });
      this.#opened = { handle, source: source.view || source.profile ? source : cached(source, CACHE_BYTES) };
    }
    this.#session = session;
    const { profiles, samples } = 'plan' in session ? session : { profiles: [], samples: [] };
    this.#profiles = new Map(profiles.map((profile) => [profile.scan, profile]));
    this.#samples = new Map(samples.map((sample) => [sample.id, sample]));
  }

  async perform<Kind extends keyof ExperimentJobs & string>(
    kind: Kind,
    input: ExperimentJobs[Kind]['input'],
  ): Promise<ExperimentJobs[Kind]['output']> {
    switch (kind) {
      case 'cohort':
        return cohortOf(this.#at().source);
      case 'profile':
        return this.#profile(input as ScanToProfile);
      case 'encode':
        return this.#encode(input as string);
      case 'run':
        return this.#run(input as RunPlan);
      case 'calibrate':
        return this.#calibrate(input as SplitToCalibrate);
      case 'evaluate':
        return this.#evaluate(input as string);
      default:
        throw new SemcrcError('internal', `no such job: ${kind}`);
    }
  }

  async #profile({ scan, keep }: ScanToProfile): Promise<ProfiledScan> {
    const { kernels, source } = this.#at();
    const { plan, grid } = this.#experiment();
    const { procedures, options } = plan;
    if (source.profile) {
      const swept = grid.length > 0 ? sweepProfile(await this.#kept(scan), source.labels, grid) : null;
      const mended = source.mended?.(scan) ?? { clipped: 0, crossed: 0 };
      const { organVoxels, dimension } = await source.profile(scan);
      const look = { background: organVoxels[0] / dimension, medians: {} };
      return { profile: null, mended, notes: [], look, curve: swept, sample: null };
    }
    const { sample, notes } = await this.#view(source, scan);
    const organs = makePartition({ kind: 'organ' }, source.labels);
    const profile = buildProfile(kernels, sample, organs, profileOptionsOf(procedures, options));
    return {
      profile: toSharedMemory(profile),
      mended: sample.mended,
      notes,
      look: sampleFacts(sample),
      curve: grid.length > 0 ? sweepScan(kernels, sample, source.labels, grid, options) : null,
      sample: keep && !source.view && canShare() ? toSharedMemory(sample) : null,
    };
  }

  /** A scan as a profile file holds it. */
  async #encode(scan: string): Promise<EncodedScan> {
    const { kernels, source, session } = this.#at();
    if (!('profiling' in session)) throw new SemcrcError('internal', 'profiling needs to be told how');
    const { sample, notes } = await this.#view(source, scan);
    const block = encodeBlock(profileToKeep(kernels, sample, source.labels, session.profiling));
    const { shape, patient, mended } = sample;
    return { shape: [...shape], patient, block, mended, notes, look: sampleFacts(sample) };
  }

  async #run(run: RunPlan): Promise<readonly RunResult[]> {
    return runOne(await this.#data(run.split), this.#experiment().plan, run);
  }

  async #calibrate({ split, curve, measure }: SplitToCalibrate): Promise<CalibratedSplit> {
    const { procedures, epsilons, options, seed } = this.#experiment().plan;
    const data = await this.#data(split);
    const [procedure] = procedures;
    const [epsilon] = epsilons;
    const stream = { seed, run: 0, more: [epsilon] };
    const tolerances = curve.length > 0 ? curve : [epsilon];
    const fits = await fitCurve(data, split, procedure, tolerances, options, stream);
    // Alone, it says why there is no λ.
    const fit = fits[tolerances.indexOf(epsilon)] ?? (await this.#fit(split, epsilon));
    const profiling = profileOptionsOf(procedures, options);
    const [scans] = await evaluateFits(data, [fit], split.test, profiling);
    const [moreScans] = await lengthsWithMore(data, [fit], split.test, profiling);
    const sites = sitesRecord(fit, options.sites, scans, data.siteOf);
    return {
      ...{ fit, evaluation: averageEvaluations(scans), scans, moreScans },
      ...(sites ? { sites } : {}),
      toleranceCurve: curve.length > 0 ? curveRecord(tolerances, fits) : null,
      heldOut: measure === 'curve' ? await this.#heldOut(tolerances, fits, split, profiling) : [],
    };
  }

  /** Mean risk and length on the test scans wherever there is a fit; each scan is read once. */
  async #heldOut(
    tolerances: readonly number[],
    fits: readonly (Fit | null)[],
    split: Split,
    profiling: ProfileOptions,
  ): Promise<HeldOut[]> {
    const some = fits.filter((fit) => fit !== null);
    const evaluations = await evaluateFits(await this.#data(split), some, split.test, profiling);
    return tolerances.flatMap((epsilon, at) => {
      const fit = fits[at];
      const mean = fit && averageEvaluations(evaluations[some.indexOf(fit)]);
      return mean ? [{ epsilon, risk: mean.risk, length: mean.length }] : [];
    });
  }

  /** The plan's first procedure at one tolerance. */
  async #fit(split: Split, epsilon: number): Promise<Fit> {
    const { procedures, options, seed } = this.#experiment().plan;
    const stream = { seed, run: 0, more: [epsilon] };
    const data = await this.#data(split);
    const [fitted] = await fitSplit(data, split, procedures.slice(0, 1), [epsilon], options, stream);
    return fitted.fits[0];
  }

  async #evaluate(scan: string): Promise<EvaluatedScan> {
    const { kernels, source, session } = this.#at();
    if (!('calibration' in session)) throw new SemcrcError('internal', 'an evaluation needs a calibration');
    const { sample, notes } = await this.#view(source, scan);
    const evaluation = evaluateCalibration(kernels, session.calibration, sample);
    return { evaluation, mended: sample.mended, notes, look: sampleFacts(sample) };
  }

  /** Reads a scan and takes the notes on it. */
  async #view(source: Source, id: string): Promise<{ sample: Sample; notes: readonly ScanNote[] }> {
    const sample = await view(source, id);
    return { sample, notes: this.#notes.splice(0).filter(({ scan }) => scan === id) };
  }

  /** The profile that a source without voxels keeps of a scan, its loss taken where the plan says. */
  async #kept(id: string): Promise<Profile> {
    const { source } = this.#at();
    const known = this.#profiles.get(id);
    if (known) return known;
    const read = await (source.profile as NonNullable<Source['profile']>)(id);
    const profile = this.#experiment().plan.options.within === 'body' ? insideBody(read) : read;
    this.#profiles.set(id, profile);
    return profile;
  }

  async #data({ opt, cal, test }: Split): Promise<CalibrationData> {
    const { kernels, source } = this.#at();
    if (source.profile) for (const id of [...opt, ...cal, ...test]) await this.#kept(id);
    return {
      kernels,
      labels: source.labels,
      preparing: source.preparing,
      profiled: source.profiled,
      siteOf: siteOfScans(source),
      read: async (id) => this.#samples.get(id) ?? view(source, id),
      profileOf: (id) => {
        const profile = this.#profiles.get(id);
        if (!profile) throw new SemcrcError('internal', `scan ${id} has no profile`, { data: { scan: id } });
        return profile;
      },
    };
  }

  #experiment(): ExperimentSession {
    const { session } = this.#at();
    if (!('plan' in session)) throw new SemcrcError('internal', 'a job of an experiment needs its plan');
    return session;
  }

  #at(): { kernels: Kernels; source: Source; session: CohortSession } {
    if (!this.#kernels || !this.#opened || !this.#session) {
      throw new SemcrcError('internal', 'a job came before its session');
    }
    return { kernels: this.#kernels, source: this.#opened.source, session: this.#session };
  }
}

/** Site of a scan, by its id; undefined where the cohort names no sites. */
function siteOfScans({ ids, sites }: Source): ((scan: string) => string) | undefined {
  if (sites === undefined) return undefined;
  const siteOf = new Map(ids.map((id, at) => [id, sites[at]]));
  return (scan) => siteOf.get(scan)!;
}

/** Reads a scan for as long as no other is read; every job looks at one scan at a time and keeps none of its arrays. */
function view(source: Source, id: string): Promise<Sample> {
  return source.view?.(id) ?? source.read(id);
}
