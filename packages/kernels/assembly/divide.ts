// Dividing: groups of voxels by side, or by pixel into regions; segments of values, stably, by the part of the plane they lie in.

/** out[j] = groups[j] · partCount + parts[j], u16, for u8 groups. */
export function divideGroups8(groups: usize, parts: usize, n: u32, partCount: u32, out: usize): void {
  const factor = i16x8.splat(<i16>partCount);
  const wide = parts + (n & ~15);
  const end = parts + n;
  for (; parts < wide; parts += 16, groups += 16, out += 32) {
    const g = v128.load(groups), p = v128.load(parts);
    v128.store(out, regions(i16x8.extend_low_i8x16_u(g), i16x8.extend_low_i8x16_u(p), factor));
    v128.store(out, regions(i16x8.extend_high_i8x16_u(g), i16x8.extend_high_i8x16_u(p), factor), 16);
  }
  for (; parts < end; parts++, groups++, out += 2) {
    store<u16>(out, <u16>(<u32>load<u8>(groups) * partCount + <u32>load<u8>(parts)));
  }
}

/** As divideGroups8 for u16 groups. */
export function divideGroups16(groups: usize, parts: usize, n: u32, partCount: u32, out: usize): void {
  const factor = i16x8.splat(<i16>partCount);
  const wide = parts + (n & ~15);
  const end = parts + n;
  for (; parts < wide; parts += 16, groups += 32, out += 32) {
    const p = v128.load(parts);
    v128.store(out, regions(v128.load(groups), i16x8.extend_low_i8x16_u(p), factor));
    v128.store(out, regions(v128.load(groups, 16), i16x8.extend_high_i8x16_u(p), factor), 16);
  }
  for (; parts < end; parts++, groups += 2, out += 2) {
    store<u16>(out, <u16>(<u32>load<u16>(groups) * partCount + <u32>load<u8>(parts)));
  }
}

@inline
function regions(groups: v128, parts: v128, factor: v128): v128 {
  return i16x8.add(i16x8.mul(groups, factor), parts);
}

/**
 * out[j] = groups[j], or groupCount more where the truth lies above its border (NaN does not), u16. Group groupCount, of
 * voxels that do not count, becomes 2 · groupCount.
 */
@inline
function divideSides<T>(groups: usize, truth: usize, border: usize, n: u32, groupCount: u32, out: usize): void {
  const count = i16x8.splat(<i16>groupCount);
  const end = out + (<usize>n << 1);
  const wide = out + (<usize>(n & ~7) << 1);
  for (; out < wide; out += 16, truth += 32, border += 32, groups += 8 * sizeof<T>()) {
    const group = sizeof<T>() == 1 ? v128.load8x8_u(groups) : v128.load(groups);
    const above = i16x8.narrow_i32x4_s(
      f32x4.gt(v128.load(truth), v128.load(border)), f32x4.gt(v128.load(truth, 16), v128.load(border, 16)),
    );
    const moved = v128.or(above, i16x8.eq(group, count));
    v128.store(out, i16x8.add(group, v128.and(moved, count)));
  }
  for (; out < end; out += 2, truth += 4, border += 4, groups += sizeof<T>()) {
    const group = <u32>load<T>(groups);
    const moved = load<f32>(truth) > load<f32>(border) || group == groupCount;
    store<u16>(out, <u16>(moved ? group + groupCount : group));
  }
}

/** Lists of u8 groups. */
export function divideSides8(
  groups: usize, truth: usize, border: usize, n: u32, groupCount: u32, out: usize,
): void {
  divideSides<u8>(groups, truth, border, n, groupCount, out);
}

/** As divideSides8 for u16 groups. */
export function divideSides16(
  groups: usize, truth: usize, border: usize, n: u32, groupCount: u32, out: usize,
): void {
  divideSides<u16>(groups, truth, border, n, groupCount, out);
}

/** out[j] = parts[pixels[j]], bytes, for u16 pixels. */
export function partsOfPixels16(pixels: usize, n: u32, parts: usize, out: usize): void {
  for (let end = out + n; out < end; out++, pixels += 2) store<u8>(out, load<u8>(parts + <usize>load<u16>(pixels)));
}

/** As partsOfPixels16 for u32 pixels. */
export function partsOfPixels32(pixels: usize, n: u32, parts: usize, out: usize): void {
  for (let end = out + n; out < end; out++, pixels += 4) store<u8>(out, load<u8>(parts + <usize>load<u32>(pixels)));
}

/**
 * out[cursors[part of j]++] = values[j] for at most 4 parts and n < 65536: how far each cursor has come is one of four
 * 16-bit counters in a register, so that no step waits for a cursor stored by the step before.
 */
export function divideFew(values: usize, parts: usize, n: u32, cursors: usize, out: usize): void {
  let taken: u64 = 0;
  const end = parts + n;
  const wide = parts + (n & ~1);
  for (; parts < wide; parts += 2, values += 8) {
    const part0 = <usize>load<u8>(parts), part1 = <usize>load<u8>(parts, 1);
    const place0 = load<u32>(cursors + (part0 << 2)) + <u32>(taken >> (<u64>part0 << 4) & 0xffff);
    taken += <u64>1 << (<u64>part0 << 4);
    store<u32>(out + (<usize>place0 << 2), load<u32>(values));
    const place1 = load<u32>(cursors + (part1 << 2)) + <u32>(taken >> (<u64>part1 << 4) & 0xffff);
    taken += <u64>1 << (<u64>part1 << 4);
    store<u32>(out + (<usize>place1 << 2), load<u32>(values, 4));
  }
  if (parts < end) {
    const part = <usize>load<u8>(parts);
    const place = load<u32>(cursors + (part << 2)) + <u32>(taken >> (<u64>part << 4) & 0xffff);
    taken += <u64>1 << (<u64>part << 4);
    store<u32>(out + (<usize>place << 2), load<u32>(values));
  }
  for (let part: usize = 0; part < 4; part++, taken >>= 16) {
    const cursor = cursors + (part << 2);
    store<u32>(cursor, load<u32>(cursor) + <u32>(taken & 0xffff));
  }
}
