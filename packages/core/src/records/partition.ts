import { SemcrcError } from '@semcrc/kernels';
import Type, { type Static } from 'typebox';
import { type Labels, labelIds } from '../cohort/labels.ts';
import { isTree } from '../learned/regression-tree.ts';
import { SLICE_FEATURES } from '../learned/slice-features.ts';
import type { Immutable } from '../options/immutable.ts';
import type { Partition } from '../partition/partition.ts';
import type { PartitionSpec } from '../partition/partition-spec.ts';
import { LearnedPartitionRecord, learnedRecord } from './learned.ts';

const strata = {
  features: Type.Array(
    Type.Object({ name: Type.Enum(['intensity', 'width', 'gradient']), bins: Type.Integer({ minimum: 1 }) }),
    { minItems: 1 },
  ),
  /** By label id, for each feature, ascending cuts; a value equal to a cut belongs to the lower bin. */
  cuts: Type.Record(Type.String(), Type.Array(Type.Array(Type.Number()))),
};

/** Strata of organs as written. */
export const StrataRecord = Type.Object(strata);

const Bytes = Type.String({
  pattern: '^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$',
});
/** How voxels are divided into λ groups, as written. */
export const PartitionRecord = Type.Union([
  Type.Object({ kind: Type.Literal('uniform') }),
  Type.Object({ kind: Type.Literal('organ') }),
  Type.Object({
    kind: Type.Literal('position'),
    height: Type.Integer({ minimum: 1 }),
    width: Type.Integer({ minimum: 1 }),
    groupCount: Type.Integer({ minimum: 1, maximum: 256 }),
    /** Group of each pixel, one byte each, x fastest, base64. */
    map: Bytes,
  }),
  Type.Object({ kind: Type.Literal('strata'), ...strata }),
  LearnedPartitionRecord,
]);
export type PartitionRecord = Immutable<Static<typeof PartitionRecord>>;

/** A partition as written. */
export function partitionRecord({ spec, keys }: Partition): PartitionRecord {
  switch (spec.kind) {
    case 'uniform':
    case 'organ':
      return { kind: spec.kind };
    case 'position': {
      const { kind, height, width, groupCount, map } = spec;
      return {
        kind,
        height,
        width,
        groupCount,
        map: btoa(Array.from(map, (byte) => String.fromCharCode(byte)).join('')),
      };
    }
    case 'learned':
      return learnedRecord(spec, keys);
    case 'strata':
      return {
        kind: spec.kind,
        features: spec.features.map((feature) => ({ ...feature })),
        cuts: Object.fromEntries(
          Object.entries(spec.cuts).map(([organ, cuts]) => [organ, cuts.map((feature) => [...feature])]),
        ),
      };
  }
}

/**
 * The partition that a record describes.
 *
 * @throws SemcrcError `bad-input` where it does not fit the labels
 */
export function readPartition(record: PartitionRecord, labels: Labels, name: string): PartitionSpec {
  switch (record.kind) {
    case 'uniform':
    case 'organ':
      return record;
    case 'position': {
      const { height, width, groupCount } = record;
      const map = Uint8Array.from(atob(record.map), (character) => character.charCodeAt(0));
      if (map.length !== height * width || map.some((group) => group >= groupCount)) {
        throw new SemcrcError(
          'bad-input',
          `${name}: partition.map must hold ${height} × ${width} groups below ${groupCount}`,
          { data: { file: name } },
        );
      }
      return { ...record, map };
    }
    case 'learned': {
      const { features, trees } = record;
      const known = new Set(labelIds(labels).map(String));
      const sound = Object.entries(trees).every(([organ, tree]) => known.has(organ) && isTree(tree));
      if (!sound || features.join() !== SLICE_FEATURES.join()) {
        throw new SemcrcError(
          'bad-input',
          `${name}: partition must have the features ${SLICE_FEATURES.join(', ')} and whole trees of labels of its own`,
          { data: { file: name } },
        );
      }
      return { kind: 'learned', trees };
    }
    case 'strata': {
      const { features, cuts } = record;
      const ids = labelIds(labels);
      const complete =
        Object.keys(cuts).length === ids.length &&
        ids.every((id) => cuts[id]?.length === features.length && cuts[id].every(ascends));
      if (!complete) {
        throw new SemcrcError(
          'bad-input',
          `${name}: partition.cuts must hold, for each label ${listed(ids.map(String))}, ` +
            `${features.length} list(s) of ascending numbers, one per feature`,
          { data: { file: name } },
        );
      }
      return record;
    }
  }
}

/** Whether cuts ascend. */
export const ascends = (cuts: readonly number[]): boolean =>
  cuts.every((cut, i) => i === 0 || cut > cuts[i - 1]);

/** The first few of some names. */
export const listed = (names: readonly string[], most = 20): string =>
  names.length > most ? `${names.slice(0, most).join(', ')}, … (${names.length})` : names.join(', ');
