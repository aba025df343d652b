import Type, { type Static } from 'typebox';
import type { Immutable } from '../options/immutable.ts';
import type { Fit } from '../procedures/fit.ts';

/** A λ as written: the f64 expansion of an f32 (below 0 where intervals may shrink), or "Infinity" where nothing could be calibrated. */
const LambdaNumber = Type.Union([Type.Number({ minimum: -1 }), Type.Literal('Infinity')]);

/** One λ, or one below and one above. */
const LambdaValue = Type.Union([
  LambdaNumber,
  Type.Object({ below: LambdaNumber, above: LambdaNumber }, { additionalProperties: false }),
]);

/** λ by group: `all` (crc), position group (k-crc), label id (sem-crc, organ-crc) or label id/bin (strata). */
export const LambdaByGroup = Type.Record(Type.String(), LambdaValue);
export type LambdaByGroup = Immutable<Static<typeof LambdaByGroup>>;

const written = (value: number): number | 'Infinity' =>
  value === Number.POSITIVE_INFINITY ? 'Infinity' : value;

/** λ by group as written to files. */
export function lambdaByGroup(
  keys: readonly string[],
  sides: 1 | 2,
  lambda: Float32Array | Float64Array,
): LambdaByGroup {
  return Object.fromEntries(
    keys.map((key, group) => [
      key,
      sides === 1
        ? written(lambda[group])
        : { below: written(lambda[group]), above: written(lambda[keys.length + group]) },
    ]),
  );
}

/** The inverse of `lambdaByGroup`: one f32 per (side, group). Undefined if a group is missing or has the wrong sides. */
export function lambdaVector(
  keys: readonly string[],
  sides: 1 | 2,
  byGroup: LambdaByGroup,
): Float32Array | undefined {
  const lambda = new Float32Array(keys.length * sides);
  for (const [group, key] of keys.entries()) {
    const value = byGroup[key];
    if (value === undefined || (sides === 2) !== (typeof value === 'object')) return undefined;
    if (typeof value === 'object') {
      lambda[group] = Number(value.below);
      lambda[keys.length + group] = Number(value.above);
    } else {
      lambda[group] = Number(value);
    }
  }
  return lambda;
}

/**
 * Mean λ of every label over its voxels on the opt scans, where it has several λ groups; over the groups where the opt scans do
 * not show it. A group whose λ would draw bounds in beyond the point counts with what is there to take away, on average.
 * Null where λ goes by label itself, or not by label at all.
 */
export function meanLambdaByLabel({ partition, sides, lambda, optGroups }: Fit): LambdaByGroup | null {
  const { spec, organOfGroup, keys } = partition;
  if ((spec.kind !== 'strata' && spec.kind !== 'learned') || optGroups === undefined) return null;
  const { voxels, below, above } = optGroups;
  const labels = [...new Set(organOfGroup)];
  const means = Float64Array.from({ length: sides * labels.length }, (_, at) => {
    const label = labels[at % labels.length];
    const side = at < labels.length ? 0 : 1;
    const groups = Array.from(keys.keys()).filter((group) => organOfGroup[group] === label);
    const shown = groups.filter((group) => voxels[group] > 0);
    const own = shown.length > 0 ? shown : groups;
    const weightOf = (group: number) => (shown.length > 0 ? voxels[group] : 1);
    const total = own.reduce((sum, group) => sum + weightOf(group), 0);
    return own.reduce((sum, group) => {
      const reach = side === 0 ? below[group] : above[group];
      const moved = Math.max(lambda[side * keys.length + group], -reach);
      return sum + (weightOf(group) / total) * moved;
    }, 0);
  });
  return lambdaByGroup(labels.map(String), sides, means);
}
