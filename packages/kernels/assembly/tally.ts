// Sums over the voxels of each group, in the order of voxels: neighbours mostly share a group, whose sum then stays in a register.
import { fourOf } from './profile';

/** out[j] = upper[j] − lower[j], rounded to f32, and sums[groups[j]] += out[j], f64, one after the other. */
@inline
function widths<T>(lower: usize, upper: usize, groups: usize, n: u32, sums: usize, out: usize): void {
  if (n == 0) return;
  const size = <usize>n << 2;
  const wide = size & ~15;
  let group = <u32>load<T>(groups);
  let sum = load<f64>(sums + (<usize>group << 3));
  let i: usize = 0;
  for (; i < wide; i += 16, groups += 4 * sizeof<T>()) {
    const width = f32x4.sub(v128.load(upper + i), v128.load(lower + i));
    v128.store(out + i, width);
    if (fourOf<T>(groups, group)) {
      const first = f64x2.promote_low_f32x4(width);
      const second = f64x2.promote_low_f32x4(v128.shuffle<i64>(width, width, 1, 1));
      sum += f64x2.extract_lane(first, 0);
      sum += f64x2.extract_lane(first, 1);
      sum += f64x2.extract_lane(second, 0);
      sum += f64x2.extract_lane(second, 1);
      continue;
    }
    for (let j: usize = 0; j < 4; j++) {
      const next = <u32>load<T>(groups + j * sizeof<T>());
      if (next != group) {
        store<f64>(sums + (<usize>group << 3), sum);
        group = next;
        sum = load<f64>(sums + (<usize>group << 3));
      }
      sum += <f64>load<f32>(out + i + (j << 2));
    }
  }
  store<f64>(sums + (<usize>group << 3), sum);
  for (; i < size; i += 4, groups += sizeof<T>()) {
    const width = load<f32>(upper + i) - load<f32>(lower + i);
    store<f32>(out + i, width);
    const own = sums + (<usize>load<T>(groups) << 3);
    store<f64>(own, load<f64>(own) + <f64>width);
  }
}

/** counts[groups[j]] += marks[j], u32, for marks of 0 or 1. */
@inline
function marked<T>(marks: usize, groups: usize, n: u32, counts: usize): void {
  const wide = marks + (n & ~3);
  const end = marks + n;
  for (; marks < wide; marks += 4, groups += 4 * sizeof<T>()) {
    const four = load<u32>(marks);
    if (four == 0) continue;
    const group = <u32>load<T>(groups);
    if (fourOf<T>(groups, group)) add(counts, group, popcnt<u32>(four));
    else for (let j: usize = 0; j < 4; j++) add(counts, <u32>load<T>(groups + j * sizeof<T>()), <u32>load<u8>(marks + j));
  }
  for (; marks < end; marks++, groups += sizeof<T>()) add(counts, <u32>load<T>(groups), <u32>load<u8>(marks));
}

@inline
function add(counts: usize, group: u32, by: u32): void {
  const own = counts + (<usize>group << 2);
  store<u32>(own, load<u32>(own) + by);
}

/** Widths over u8 groups. */
export function widths8(lower: usize, upper: usize, groups: usize, n: u32, sums: usize, out: usize): void {
  widths<u8>(lower, upper, groups, n, sums, out);
}

/** As widths8 over u16 groups. */
export function widths16(lower: usize, upper: usize, groups: usize, n: u32, sums: usize, out: usize): void {
  widths<u16>(lower, upper, groups, n, sums, out);
}

/** Marks over u8 groups. */
export function marked8(marks: usize, groups: usize, n: u32, counts: usize): void {
  marked<u8>(marks, groups, n, counts);
}

/** As marked8 over u16 groups. */
export function marked16(marks: usize, groups: usize, n: u32, counts: usize): void {
  marked<u16>(marks, groups, n, counts);
}
