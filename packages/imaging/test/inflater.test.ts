import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Inflater } from '../src/files/inflater.ts';

/** Inflates a stream given `inputStep` bytes at a time into an output of `outputStep`. */
function inflate(stream: Uint8Array, inputStep: number, outputStep: number): Uint8Array {
  const inflater = new Inflater();
  const output = new Uint8Array(outputStep);
  const bytes: number[] = [];
  try {
    for (let at = 0; !inflater.ended; ) {
      const { taken, given } = inflater.inflate(stream.subarray(at, at + inputStep), output);
      at += taken;
      bytes.push(...output.subarray(0, given));
    }
  } finally {
    inflater.close();
  }
  return Uint8Array.from(bytes);
}

const members = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 4 });
const step = fc.integer({ min: 1, max: 400 });

describe('an inflater', () => {
  it('gives what gunzipSync gives, whatever the steps and wherever they fall in the members', () => {
    fc.assert(
      fc.property(members, step, step, (parts, inputStep, outputStep) => {
        const gzip = Buffer.concat(parts.map((part) => gzipSync(part)));
        const found = Buffer.from(inflate(gzip, inputStep, outputStep));
        expect(found).toEqual(gunzipSync(gzip));
        expect(found).toEqual(Buffer.concat(parts));
      }),
    );
  });

  it('refuses a stream cut off anywhere, but between members', () => {
    const gzip = gzipSync(Uint8Array.from({ length: 200 }, (_, i) => (i * i) % 251));
    for (let end = 1; end < gzip.length; end++) {
      expect(() => inflate(gzip.subarray(0, end), 7, 64), `cut at ${end}`).toThrow(
        expect.objectContaining({ code: 'Z_BUF_ERROR' }),
      );
    }
  });

  it('refuses a stream whose bytes do not match their checksum', () => {
    const gzip = gzipSync(new Uint8Array(100).fill(5));
    gzip[gzip.length - 8] ^= 1;
    expect(() => inflate(gzip, 1000, 1000)).toThrow(expect.objectContaining({ code: 'Z_DATA_ERROR' }));
  });

  it('ends at zeros behind the last member, as gunzip does', () => {
    const gzip = Buffer.concat([gzipSync(Uint8Array.of(1, 2, 3)), new Uint8Array(50)]);
    for (const step of [1, 20, 1000]) expect(inflate(gzip, step, 1000)).toEqual(Uint8Array.of(1, 2, 3));
  });
});
