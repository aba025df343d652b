const double = new DataView(new ArrayBuffer(16));

/**
 * The number halfway between two in the order of all doubles, −0 just below +0, so that the same count of doubles lies
 * on either side of it (one more above); `low` itself where the two are neighbours.
 */
export function halfway(low: number, high: number): number {
  double.setFloat64(0, low);
  double.setFloat64(8, high);
  // Bit patterns of negative numbers fall as the numbers grow: with all bits turned they do not.
  const lowSign = double.getInt32(0) >> 31;
  const highSign = double.getInt32(8) >> 31;
  const lowUpper = double.getInt32(0) ^ (lowSign & 0x7fffffff);
  const lowLower = double.getInt32(4) ^ lowSign;
  const highUpper = double.getInt32(8) ^ (highSign & 0x7fffffff);
  const highLower = double.getInt32(12) ^ highSign;
  // ⌊(a + b)/2⌋ = (a & b) + ((a ^ b) >> 1), in two words.
  const differing = lowUpper ^ highUpper;
  const lower =
    ((lowLower & highLower) >>> 0) + ((((lowLower ^ highLower) >>> 1) | ((differing & 1) << 31)) >>> 0);
  const upper = ((lowUpper & highUpper) + (differing >> 1) + (lower > 0xffffffff ? 1 : 0)) | 0;
  const sign = upper >> 31;
  double.setInt32(0, upper ^ (sign & 0x7fffffff));
  double.setInt32(4, lower ^ sign);
  return double.getFloat64(0);
}

/** The least double above `value`; +0 above −0. */
export function nextAbove(value: number): number {
  double.setFloat64(0, value);
  const bits = double.getBigInt64(0);
  const turned = Object.is(value, -0) ? 0n : bits >= 0n ? bits + 1n : bits - 1n;
  double.setBigInt64(0, turned);
  return double.getFloat64(0);
}
