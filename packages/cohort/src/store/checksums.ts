/** Remainders of every byte for a polynomial, reflected. */
function remainders(polynomial: number): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let remainder = byte;
    for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? polynomial : 0);
    return remainder >>> 0;
  });
}

const CASTAGNOLI = remainders(0x82f63b78);
const GZIP = remainders(0xedb88320);

function checksum(table: Uint32Array, bytes: Uint8Array): number {
  let remainder = 0xffffffff;
  for (let at = 0; at < bytes.length; at++) {
    remainder = (remainder >>> 8) ^ (table[(remainder ^ (bytes[at] as number)) & 0xff] as number);
  }
  return (remainder ^ 0xffffffff) >>> 0;
}

/** CRC-32C (RFC 3720), which Zarr's `crc32c` codec puts behind a chunk, little-endian. */
export function crc32c(bytes: Uint8Array): number {
  return checksum(CASTAGNOLI, bytes);
}

/** CRC-32 (RFC 1952), for platforms that have none. */
export function pureCrc32(bytes: Uint8Array): number {
  return checksum(GZIP, bytes);
}
