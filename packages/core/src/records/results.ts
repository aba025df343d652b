import Type, { type Static } from 'typebox';
import { MendedRecord, RunRecord } from './run.ts';

const Count = Type.Integer({ minimum: 0 });
const Share = Type.Number({ minimum: 0, maximum: 1 });
const Digest = Type.String({ pattern: '^[0-9a-f]{64}$' });

/** `runs/journal.json`: what the finished runs beside it depend on. Written before any of them. */
export const JournalHeader = Type.Object({
  schema: Type.Literal('semcrc/journal@2'),
  /** Every setting that decides a run's outcome, by name, with the digest of the source and the version of semcrc. */
  terms: Type.Record(Type.String(), Type.Unknown()),
});
export type JournalHeader = Static<typeof JournalHeader>;

/** `runs/run-000.json`: one finished run, bound to its number and to the journal's terms. */
export const RunFile = Type.Object({
  schema: Type.Literal('semcrc/run@1'),
  run: Count,
  /** SHA-256 (hex) of the journal's terms, seed included. */
  terms: Digest,
  /** SHA-256 (hex) of the JSON text of `result`, without white space. */
  sha256: Digest,
  result: Type.Object({
    records: Type.Array(RunRecord),
    /** K-CRC's position map, base64, one byte a pixel, x fastest; null without K-CRC. */
    positions: Type.Union([
      Type.Object({
        kind: Type.Literal('position'),
        height: Count,
        width: Count,
        groupCount: Count,
        map: Type.String(),
      }),
      Type.Null(),
    ]),
  }),
});
export type RunFile = Static<typeof RunFile>;

/** `<out>.parts/whole.json`: what the parts of an output make together. Every part must say the very same. */
export const PartsDocument = Type.Object({
  schema: Type.Literal('semcrc/parts@1'),
  /** The command whose parts they are, such as `prepare`. */
  command: Type.String({ minLength: 1 }),
  /** Of semcrc. */
  version: Type.String(),
  /** How many parts there are. */
  of: Type.Integer({ minimum: 1 }),
  /** SHA-256 (hex) over the source and every option that decides what is written. */
  digest: Digest,
  /** What the items are called. */
  noun: Type.Union([Type.Literal('scans'), Type.Literal('runs')]),
  /** Scan ids in cohort order, or runs; parts are contiguous blocks of them, the first ones longer by one where they must be. */
  items: Type.Array(Type.String(), { minItems: 1 }),
  /** What the command needs to know once all parts are done. */
  details: Type.Record(Type.String(), Type.Unknown()),
});
export type PartsDocument = Static<typeof PartsDocument>;

/** `<out>.parts/part-3.json`: part 3 is done. */
export const PartRecord = Type.Object({
  schema: Type.Literal('semcrc/part@1'),
  /** From 1. */
  part: Type.Integer({ minimum: 1 }),
  of: Type.Integer({ minimum: 1 }),
  /** SHA-256 (hex) of the text of `whole.json`. */
  whole: Digest,
  /** How many items the part has. */
  items: Type.Integer({ minimum: 1 }),
  /** What the command says of them. */
  outcome: Type.Unknown(),
  /** What the process that finished the part took; the only place of timings. */
  resources: Type.Object({
    /** Items made by it; the others stood before. */
    made: Count,
    /** Before its first item, and from there to the end. */
    beforeSeconds: Type.Number(),
    seconds: Type.Number(),
    /** Of all its threads. */
    processorSeconds: Type.Number(),
    /** Largest memory of the process. */
    peakBytes: Count,
  }),
});
export type PartRecord = Static<typeof PartRecord>;

/** `grid.json`: the experiments of a grid, a folder each. */
export const GridDocument = Type.Object({
  schema: Type.Literal('semcrc/grid@1'),
  cells: Type.Array(
    Type.Object({
      folder: Type.String({ minLength: 1 }),
      /** The value of each axis of the grid, as text. */
      axes: Type.Record(Type.String(), Type.String()),
    }),
  ),
});
export type GridDocument = Static<typeof GridDocument>;

/** `risk-curve.json`: risk over all scans at each λ of a grid, the same λ in every group. */
export const RiskCurveDocument = Type.Object({
  schema: Type.Literal('semcrc/risk-curve@1'),
  /** Ascending, in windowed intensity. */
  lambda: Type.Array(Type.Number({ minimum: 0 })),
  risk: Type.Array(Share),
  /** By label id, over the scans that contain the label. */
  organs: Type.Record(Type.String(), Type.Array(Share)),
  /** Voxels of all these scans' predictions that reading clipped to the window, or whose bounds it swapped. */
  mended: Type.Optional(MendedRecord),
  /** Mean share of these scans' voxels that are background or padding. */
  background: Type.Optional(Share),
});
export type RiskCurveDocument = Static<typeof RiskCurveDocument>;

/** Volumes of an example scan that a cohort may have; `groups` holds label ids, the others windowed intensity. */
export const EXAMPLE_VOLUMES = ['truth', 'lower', 'upper', 'point', 'measurement', 'groups'] as const;
export type ExampleVolume = (typeof EXAMPLE_VOLUMES)[number];

/** `example/example.json`: a few slices of one scan, kept as NIfTI files beside it. */
export const ExampleDocument = Type.Object({
  schema: Type.Literal('semcrc/example@1'),
  scan: Type.String(),
  /** Run whose split the scan was chosen from. */
  run: Count,
  /** Why this scan, in words. */
  rule: Type.Optional(Type.String()),
  /** Slices of the scan that are kept, ascending, from 0. */
  slices: Type.Array(Count, { minItems: 1 }),
  /** Names of the files, without `.nii.gz`. */
  volumes: Type.Array(Type.Enum([...EXAMPLE_VOLUMES])),
  /** Millimetres between voxels along x and y; null where they are not known. */
  pixel: Type.Optional(Type.Union([Type.Tuple([Type.Number(), Type.Number()]), Type.Null()])),
  /** Whether the files have the scan's own affine, so that they lie on it in a viewer. */
  located: Type.Optional(Type.Boolean()),
  /** Procedures whose calibrated intervals stand in files `<procedure>-lower`, `-upper` and `-width`. */
  calibrated: Type.Optional(Type.Array(Type.String({ pattern: '^[a-z-]+$' }))),
});
export type ExampleDocument = Static<typeof ExampleDocument>;
