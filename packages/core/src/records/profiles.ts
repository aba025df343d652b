import Type, { type Static } from 'typebox';
import type { Immutable } from '../options/immutable.ts';
import { Preparing } from '../options/preparing.ts';
import { ProcedureOptions } from '../options/procedure-options.ts';
import { LabelsRecord, MendedRecord } from './run.ts';

/** Name and version of the format of profile files; a reader refuses any other. */
export const PROFILES_SCHEMA = 'semcrc/profiles@1';

const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const Word = Type.Integer({ minimum: 0, maximum: 0xffffffff });
const Digest = Type.String({ pattern: '^[0-9a-f]{64}$' });
const Text = Type.String({ minLength: 1 });
const { heuristic, weightFloor, alpha, sampleQuantiles } = ProcedureOptions.properties;
const closed = { additionalProperties: false } as const;

/** A cohort that was profiled: what is known of it beside its scans. */
export const ProfiledSource = Type.Object(
  {
    name: Type.String(),
    /** Of the source, with whatever decides what its samples are. */
    digest: Type.String({ minLength: 1 }),
    /** Scans it has; a part of it holds fewer. */
    scans: Type.Integer({ minimum: 1 }),
    draws: Count,
    leftOut: Type.Array(Type.Object({ scan: Text, reason: Type.String() }, closed)),
    preparing: Preparing,
    version: Type.String(),
  },
  closed,
);
export type ProfiledSource = Immutable<Static<typeof ProfiledSource>>;

/** The header of a profile file, JSON at its start: how its profiles were made, and of what. */
export const ProfilesHeader = Type.Object(
  {
    schema: Type.Literal(PROFILES_SCHEMA),
    labels: LabelsRecord,
    heuristic: Type.Object({ heuristic, weightFloor, alpha, sampleQuantiles }, closed),
    /** Distances of bounds to the edge of the range are kept one by one below it, in windowed intensity. */
    reach: Type.Number({ exclusiveMinimum: 0, maximum: 0.5 }),
    /** What scores were rounded up to multiples of, in windowed intensity; null where they were not. */
    round: Type.Union([Type.Number({ exclusiveMinimum: 0, maximum: 1 }), Type.Null()]),
    sources: Type.Array(ProfiledSource, { minItems: 1 }),
  },
  { $id: PROFILES_SCHEMA, ...closed },
);
export type ProfilesHeader = Immutable<Static<typeof ProfilesHeader>>;

/** What a profile file says of one of its scans, JSON before its numbers. */
export const ProfiledScan = Type.Object(
  {
    scan: Text,
    patient: Text,
    site: Type.Union([Text, Type.Null()]),
    /** Its place among the scans of its source. */
    at: Count,
    shape: Type.Tuple([
      Type.Integer({ minimum: 1 }),
      Type.Integer({ minimum: 1 }),
      Type.Integer({ minimum: 1 }),
    ]),
    /** Of its ground truth; null where the source knows none. */
    fingerprint: Type.Union([Digest, Type.Null()]),
    mended: MendedRecord,
    /** Of its numbers: how many bytes, and their CRC-32; and of the first of them, which say where the others are. */
    bytes: Count,
    checksum: Word,
    head: Type.Object({ bytes: Count, checksum: Word }, closed),
  },
  closed,
);
export type ProfiledScan = Immutable<Static<typeof ProfiledScan>>;

/** The directory at the end of a profile file: every scan, with its source in the header and where its numbers begin. */
export const ProfilesDirectory = Type.Object(
  {
    scans: Type.Array(Type.Object({ ...ProfiledScan.properties, source: Count, offset: Count }, closed)),
  },
  closed,
);
export type ProfilesDirectory = Immutable<Static<typeof ProfilesDirectory>>;
