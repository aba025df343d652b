import type { Preparing, ProfiledSource, Source } from '@semcrc/core';
import { SemcrcError } from '@semcrc/kernels';
import { refuse } from './bytes.ts';
import { type JoinedProfiles, type JoinedScan, joinProfiles } from './joined.ts';
import type { ProfileFile } from './profile-file.ts';

/**
 * A cohort known by profile files alone: every procedure that needs no voxels is calibrated on it. Its digest covers the numbers
 * of every scan, and who they belong to.
 *
 * Scans of different sites may have the same id, and so may their patients, who are others then: ids that several sites use
 * are given their site in front, as `site/scan`.
 *
 * @throws SemcrcError `bad-input` naming a file that does not go with the others, or the parts of a source that are missing
 */
export async function openProfiles(files: readonly ProfileFile[]): Promise<Source> {
  const joined = joinProfiles(files);
  const { header, scans } = joined;
  const names = files.map(({ source }) => source.name).join(', ');
  refuseMissing(joined, names);
  const ids = idsOf(scans, ({ scan }) => scan);
  const seen = new Set<string>();
  const twice = ids.find((id) => seen.has(id) || !seen.add(id));
  if (twice !== undefined) {
    refuse(
      names,
      `two sources have a scan ${twice}; profile each with its own \`site\`, or rename the scans of one`,
    );
  }
  const patients = idsOf(scans, ({ patient }) => patient);
  const sites = scans.map(({ scan }) => scan.site);
  const sited = sites.some((site) => site !== null);
  const unsited = scans.find(({ scan }) => scan.site === null);
  if (sited && unsited !== undefined) {
    refuse(
      unsited.file.source.name,
      `scan ${unsited.scan.scan} has no site, but others have: profile all with their \`site\``,
    );
  }
  const fingerprints = scans.map(({ scan }) => scan.fingerprint);
  const placeOf = new Map(ids.map((id, at) => [id, at]));
  const scanOf = (id: string): JoinedScan => {
    const found = scans[placeOf.get(id) ?? -1];
    if (found !== undefined) return found;
    throw new SemcrcError('usage', `${names} has no scan "${id}"`, { data: { scan: id } });
  };
  const { heuristic, reach, round, sources } = header;
  return {
    name: names,
    ids,
    patients,
    labels: header.labels,
    digest: await digestOf(joined, ids, patients),
    draws: (sources[0] as ProfiledSource).draws,
    leftOut: sources.flatMap(({ leftOut }) => leftOut),
    ...(fingerprints.every((own) => own !== null) ? { fingerprints } : {}),
    preparing: commonPreparing(sources),
    ...(sited ? { sites: sites as string[] } : {}),
    profiled: { heuristic, reach, round },
    async read(id) {
      scanOf(id);
      throw new SemcrcError(
        'usage',
        `scan ${id} is known by its profile alone: ${names} holds no voxels; name the manifest or prepared cohort it was made from`,
        { data: { scan: id } },
      );
    },
    async profile(id) {
      const { file, scan } = scanOf(id);
      const at = placeOf.get(id) as number;
      return { ...(await file.profile(scan)), scan: id, patient: patients[at] as string };
    },
    mended: (id) => scanOf(id).scan.mended,
    async close() {
      for (const { source } of files) await source.close?.();
    },
  };
}

/** Refuses sources of which scans are missing: a part is no sample of its whole. */
function refuseMissing({ header, scans }: JoinedProfiles, names: string): void {
  for (const [at, source] of header.sources.entries()) {
    const held = new Set(scans.filter((own) => own.source === at).map(({ scan }) => scan.at));
    if (held.size === source.scans) continue;
    const missing = Array.from({ length: source.scans }, (_, place) => place).filter(
      (place) => !held.has(place),
    );
    const which = missing.slice(0, 5).map((place) => place + 1);
    refuse(
      names,
      `holds ${held.size} of the ${source.scans} scans of ${source.name}: number ${which.join(', ')}` +
        `${missing.length > which.length ? ', …' : ''} ${missing.length === 1 ? 'is' : 'are'} missing; name the other parts, too`,
    );
  }
}

/** What a scan or patient is called: its id, with its site in front where another site has the same. */
function idsOf(scans: readonly JoinedScan[], idOf: (scan: JoinedScan['scan']) => string): string[] {
  const sitesOf = new Map<string, Set<string | null>>();
  for (const { scan } of scans) {
    const own = sitesOf.get(idOf(scan)) ?? new Set();
    sitesOf.set(idOf(scan), own.add(scan.site));
  }
  return scans.map(({ scan }) => {
    const id = idOf(scan);
    const shared = (sitesOf.get(id) as Set<string | null>).size > 1;
    return shared && scan.site !== null ? `${scan.site}/${id}` : id;
  });
}

/** How all scans were made; null where sites differ in what need not be the same. */
function commonPreparing(sources: readonly ProfiledSource[]): Preparing {
  const [{ preparing: first }] = sources as readonly [ProfiledSource, ...ProfiledSource[]];
  const same = (name: keyof Preparing) =>
    sources.every(({ preparing }) => JSON.stringify(preparing[name]) === JSON.stringify(first[name]));
  return {
    ...first,
    labels: same('labels') ? first.labels : null,
    labelNames: same('labelNames') ? first.labelNames : null,
    segmentation: same('segmentation') ? first.segmentation : 'mixed',
    truthUnits: same('truthUnits') ? first.truthUnits : null,
  };
}

/** SHA-256 (hex) over how profiles were made and the checksums of their numbers. */
async function digestOf(
  { header, scans }: JoinedProfiles,
  ids: readonly string[],
  patients: readonly string[],
): Promise<string> {
  const { labels, heuristic, reach, round, sources } = header;
  const content = {
    ...{ labels, heuristic, reach, round },
    sources: sources.map(({ digest }) => digest),
    scans: scans.map(({ scan }, at) => [ids[at], patients[at], scan.site, scan.bytes, scan.checksum]),
  };
  const bytes = new TextEncoder().encode(JSON.stringify(content));
  const digest = await globalThis.crypto.subtle.digest('SHA-256', bytes);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
