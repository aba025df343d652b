import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { wasm as debugCoverage } from '../src/generated/coverage.debug.ts';
import { wasm as releaseCoverage } from '../src/generated/coverage.release.ts';
import { loadKernels, profileScores, SemcrcError, simdSupported } from '../src/index.ts';
import { instanceOf } from '../src/instance.ts';
import { intervals } from './inputs.ts';
import { opcodesByExport } from './opcodes.ts';

const decode = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));
const release = decode(releaseCoverage);

afterEach(() => void vi.restoreAllMocks());

describe('the coverage module', () => {
  test('has v128 opcodes in every kernel that lanes can speed up', () => {
    const opcodes = opcodesByExport(release);
    const vectors = new Map(
      [...opcodes].map(([name, body]) => [name, body.filter((code) => code >= 0xfd0000).length]),
    );
    const vectorised = [
      'scores',
      'scaledScores',
      'firstNaN',
      'largestGroup8',
      'largestGroup16',
      'countGroups8',
      'rank8',
      'scatter',
      'misses',
      'sweep8',
      'sweep16',
      'loss',
      'clampedLength',
      'clampedLengthByPixel8',
      'clampedLengthByPixel16',
      'largestOf32',
      'divideGroups8',
      'divideGroups16',
      'divideSides8',
      'divideSides16',
      'takePositive8',
      'takePositive16',
      'widen8',
      'widen16',
      'mark8',
      'mark16',
      'widths8',
      'widths16',
    ];
    for (const name of vectorised) expect(vectors.get(name), name).toBeGreaterThan(2);
    // f32x4.sub and f64x2.div, to be sure that the walk reads what it says.
    expect(opcodes.get('scores')).toContain(0xfd0000 + 0xe5);
    expect(opcodes.get('loss')).toContain(0xfd0000 + 0xf3);
  });

  test('imports nothing but memory and exports exactly what its TypeScript face declares', async () => {
    for (const bytes of [release, decode(debugCoverage)]) {
      const module = await WebAssembly.compile(bytes);
      expect(WebAssembly.Module.imports(module)).toEqual([{ module: 'env', name: 'memory', kind: 'memory' }]);
      const names = WebAssembly.Module.exports(module).map(({ name }) => name);
      expect(names.sort()).toEqual(
        [
          ...['scores', 'scaledScores', 'firstNaN', 'largestGroup8', 'largestGroup16'],
          ...['countGroups8', 'countGroups16', 'countFewGroups8', 'rank8', 'rank16', 'scatter', 'misses'],
          ...['sweep8', 'sweep16', 'loss'],
          ...['binResiduals', 'cellLoss'],
          ...['clampedLength', 'clampedLengthAny', 'radixSort', 'countPositive8'],
          ...['countPositive16', 'takePositive8', 'takePositive16', 'takePositiveScores8'],
          ...['levelsOfParts', 'clampedLengthByPixel8', 'clampedLengthByPixel16', 'partsOfPixels16'],
          ...['partsOfPixels32', 'largestOf32', 'divideFew', 'divideGroups8', 'divideGroups16'],
          ...['takePositiveScores16', 'sortPairs', 'sortScores', 'takeActive', 'takeWithin'],
          ...['countEdges8', 'countEdges16', 'takeEdges8', 'takeEdges16', 'binEdges8', 'binEdges16'],
          ...['divideSides8', 'divideSides16'],
          ...['widen8', 'widen16', 'mark8', 'mark16', 'widths8', 'widths16', 'marked8', 'marked16'],
        ].sort(),
      );
    }
  });

  test('the release and the debug build give the same f64 sums to the bit', async () => {
    const n = 5003;
    const { truth, lower, upper } = intervals(n, 3);
    const results = await Promise.all(
      [false, true].map(async (debug) => {
        const { raw, memory } = instanceOf(await loadKernels({ debug }));
        const base = 1 << 20;
        const addresses = [truth, lower, upper].map((column, c) => {
          new Float32Array(memory.buffer, base + c * 4 * n, n).set(column);
          return base + c * 4 * n;
        });
        raw.loss(addresses[0], addresses[1], addresses[2], n, 0.01, 0.5, 1, base - 16);
        const sums = new Float64Array(memory.buffer, base - 16, 2);
        const length = raw.clampedLength(addresses[1], addresses[2], n, 0.1, 0.2);
        return [...sums, length];
      }),
    );
    expect(results[0]).toEqual(results[1]);
    expect(results[0].every(Number.isFinite)).toBe(true);
  });
});

describe('loading', () => {
  test('works in a bare Node process, from the built package', () => {
    const script = `
      import { computeScores, loadKernels, simdSupported } from '@semcrc/kernels';
      const k = await loadKernels();
      const out = new Float32Array(1);
      computeScores(k, { truth: Float32Array.of(0.75), lower: Float32Array.of(0), upper: Float32Array.of(0.5) }, out);
      console.log(simdSupported(), out[0]);`;
    const cwd = fileURLToPath(new URL('..', import.meta.url));
    const out = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd,
      encoding: 'utf8',
    });
    expect(out).toBe('true 0.25\n');
  });

  test('gives every instance a memory of its own', async () => {
    const [a, b] = await Promise.all([loadKernels(), loadKernels()]);
    expect(a.memory).not.toBe(b.memory);
    a.arena.float32(2 ** 22);
    expect(b.memory.buffer.byteLength).toBeLessThan(a.memory.buffer.byteLength);
  });

  test('refuses with a sentence where SIMD is missing', async () => {
    vi.spyOn(WebAssembly, 'validate').mockReturnValue(false);
    expect(simdSupported()).toBe(false);
    const refused = await loadKernels().catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(SemcrcError);
    expect(refused).toMatchObject({ code: 'unsupported', message: expect.stringContaining('SIMD') });
  });

  test('refuses where WebAssembly is missing altogether', async () => {
    vi.stubGlobal('WebAssembly', undefined);
    expect(simdSupported()).toBe(false);
    await expect(loadKernels()).rejects.toMatchObject({ code: 'unsupported' });
    vi.unstubAllGlobals();
  });

  test('the probe is a real SIMD module: sound here, unsound with an opcode that does not exist', () => {
    expect(simdSupported()).toBe(true);
    const validate = vi.spyOn(WebAssembly, 'validate');
    simdSupported();
    const probe = new Uint8Array(validate.mock.calls[0][0] as Uint8Array);
    probe[probe.indexOf(253) + 1] = 0x7f;
    probe[probe.indexOf(253) + 2] = 0x1a;
    validate.mockRestore();
    expect(WebAssembly.validate(probe)).toBe(false);
  });

  test('kernels made elsewhere are refused', () => {
    const stranger = { memory: new WebAssembly.Memory({ initial: 1 }) } as never;
    expect(() =>
      profileScores(stranger, new Float32Array(0), new Uint8Array(0), 1, { positions: false }),
    ).toThrow(expect.objectContaining({ code: 'usage' }));
  });
});
