import type { ProfiledScan, ProfiledSource, ProfilesDirectory, ProfilesHeader } from '@semcrc/core';
import { SemcrcError } from '@semcrc/kernels';
import { refuse } from './bytes.ts';
import type { ProfileFile } from './profile-file.ts';

/** A scan of files that are taken together. */
export interface JoinedScan {
  readonly scan: ProfilesDirectory['scans'][number];
  /** Its source's place in the joined header. */
  readonly source: number;
  readonly file: ProfileFile;
}

/** Profile files taken together: as one file that holds all their scans. */
export interface JoinedProfiles {
  readonly header: ProfilesHeader;
  /** By source, in the order of each source. */
  readonly scans: readonly JoinedScan[];
}

/**
 * Takes profile files together, in an order of their own: whatever the order they are given in, and whichever of them holds
 * which scans, the outcome is the same. Parts of one source come together again; a scan that several files hold must be the
 * same in each.
 *
 * @throws SemcrcError `bad-input` naming a file whose profiles were made in another way, or that holds another scan of a name
 */
export function joinProfiles(files: readonly ProfileFile[]): JoinedProfiles {
  const [first] = files;
  if (first === undefined) throw new SemcrcError('usage', 'name at least one profile file');
  for (const file of files) checkSame(first, file);
  const bySource = new Map<
    string,
    { source: ProfiledSource; file: ProfileFile; scans: Map<number, JoinedScan> }
  >();
  for (const file of files) {
    const own = file.header.sources.map((source) => {
      const known = bySource.get(source.digest) ?? { source, file, scans: new Map<number, JoinedScan>() };
      bySource.set(source.digest, known);
      const name = differing(known.source, source);
      if (name === undefined) return known;
      return refuse(
        file.source.name,
        `it holds scans of ${source.name}, as ${known.file.source.name} does, but not of the same ${name}: profile them anew`,
      );
    });
    for (const scan of file.scans) {
      const { scans } = own[scan.source] as (typeof own)[number];
      const before = scans.get(scan.at);
      if (before !== undefined && !sameScan(before.scan, scan)) {
        refuse(
          file.source.name,
          `scan ${scan.scan} is another one than in ${before.file.source.name}: leave one of the files out`,
        );
      }
      if (before === undefined) scans.set(scan.at, { scan, source: 0, file });
    }
  }
  const sources = [...bySource.values()].sort((a, b) => (a.source.digest < b.source.digest ? -1 : 1));
  const scans = sources.flatMap((own, source) =>
    [...own.scans.values()].sort((a, b) => a.scan.at - b.scan.at).map((joined) => ({ ...joined, source })),
  );
  return { header: { ...first.header, sources: sources.map(({ source }) => source) }, scans };
}

const sameScan = (a: ProfiledScan, b: ProfiledScan): boolean =>
  a.scan === b.scan &&
  a.patient === b.patient &&
  a.site === b.site &&
  a.fingerprint === b.fingerprint &&
  a.bytes === b.bytes &&
  a.checksum === b.checksum;

/** Refuses a file whose profiles do not go with those of another. */
function checkSame({ header: ours, source: { name } }: ProfileFile, { header, source }: ProfileFile): void {
  const wrong = (what: string, expected: unknown, found: unknown): never =>
    refuse(
      source.name,
      `its ${what} ${JSON.stringify(found)}, that of ${name} ${JSON.stringify(expected)}: such profiles cannot be taken together`,
    );
  const labels = differing(ours.labels, header.labels);
  if (labels !== undefined) {
    wrong(`label ${labels} is`, ours.labels[labels] ?? null, header.labels[labels] ?? null);
  }
  for (const name of ['heuristic', 'weightFloor', 'alpha', 'sampleQuantiles'] as const) {
    if (ours.heuristic[name] !== header.heuristic[name]) {
      wrong(`${name} is`, ours.heuristic[name], header.heuristic[name]);
    }
  }
  if (ours.round !== header.round) wrong('round is', ours.round, header.round);
  if (ours.reach !== header.reach) wrong('reach is', ours.reach, header.reach);
  const preparing = preparingOf(ours.sources[0] as ProfiledSource);
  for (const other of header.sources) {
    const found = preparingOf(other);
    const name = differing(preparing, found);
    if (name !== undefined) wrong(`${name} is`, preparing[name], found[name]);
  }
}

/** What in the making of scans must be the same at every site. */
function preparingOf({ preparing, draws }: ProfiledSource): Readonly<Record<string, unknown>> {
  const {
    window,
    predictionUnits,
    prepare,
    spacing,
    slices,
    size,
    windowSlices,
    margin,
    leastLabelled,
    crop,
  } = preparing;
  const { point, std, body } = preparing;
  return {
    ...{ window, predictionUnits, prepare, spacing, slices, size, windowSlices, margin, leastLabelled, crop },
    ...{ point, std, body, draws },
  };
}

/** The first key whose values differ. */
function differing(
  a: Readonly<Record<string, unknown>>,
  b: Readonly<Record<string, unknown>>,
): string | undefined {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].find(
    (key) => JSON.stringify(a[key]) !== JSON.stringify(b[key]),
  );
}
