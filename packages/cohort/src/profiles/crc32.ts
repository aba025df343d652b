/**
 * Remainders for the polynomial of zlib and PNG, reflected: 0xedb88320. Table t holds those of every byte with t bytes of zeros
 * behind it, so that eight bytes are taken at a time.
 */
const TABLES: readonly Uint32Array[] = tables(8);

function tables(count: number): Uint32Array[] {
  const first = Uint32Array.from({ length: 256 }, (_, byte) => {
    let remainder = byte;
    for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? 0xedb88320 : 0);
    return remainder >>> 0;
  });
  const all = [first];
  while (all.length < count) {
    const before = all[all.length - 1] as Uint32Array;
    all.push(before.map((remainder) => (remainder >>> 8) ^ (first[remainder & 0xff] as number)));
  }
  return all;
}

/** CRC-32 as zlib has it: what `node:zlib` computes, where there is none. */
export function crc32(bytes: Uint8Array): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = TABLES as [
    ...[Uint32Array, Uint32Array, Uint32Array, Uint32Array],
    ...[Uint32Array, Uint32Array, Uint32Array, Uint32Array],
  ];
  const { length } = bytes;
  const whole = length & ~7;
  let remainder = 0xffffffff;
  let at = 0;
  for (; at < whole; at += 8) {
    remainder ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    remainder =
      t7[remainder & 0xff]! ^
      t6[(remainder >>> 8) & 0xff]! ^
      t5[(remainder >>> 16) & 0xff]! ^
      t4[remainder >>> 24]! ^
      t3[bytes[at + 4]!]! ^
      t2[bytes[at + 5]!]! ^
      t1[bytes[at + 6]!]! ^
      t0[bytes[at + 7]!]!;
  }
  for (; at < length; at++) remainder = (remainder >>> 8) ^ t0[(remainder ^ bytes[at]!) & 0xff]!;
  return (remainder ^ 0xffffffff) >>> 0;
}
