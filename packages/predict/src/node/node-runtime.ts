/// <reference types="node" preserve="true" />
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { SemcrcError } from '@semcrc/kernels';
import {
  type InferenceRuntime,
  type OnnxApi,
  onnxRuntime,
  type WasmApi,
  wasmRuntime,
} from '../networks/runtime.ts';

/** `native`: onnxruntime-node; `wasm`: the embedded one; `auto`: the native one where it is installed. */
export type RuntimeChoice = 'auto' | 'native' | 'wasm';

const NATIVE = 'onnxruntime-node';
// By name, so that a bundle of this code finds them where they are installed.
const require = createRequire(import.meta.url);

/**
 * What runs networks in Node: onnxruntime-node where it is installed beside semcrc, else the embedded onnxruntime-web, which is a
 * few times slower.
 *
 * @param threads of one session of onnxruntime-node; the embedded one has one.
 * @throws SemcrcError `usage` where the native one is asked for and does not load.
 */
export async function nodeRuntime(choice: RuntimeChoice = 'auto', threads = 1): Promise<InferenceRuntime> {
  if (choice !== 'wasm') {
    try {
      return onnxRuntime(require(NATIVE) as OnnxApi, {
        providers: ['cpu'],
        threads,
        name: `${NATIVE} (CPU)`,
      });
    } catch (cause) {
      if (choice === 'native') throw missing(cause);
    }
  }
  const api = (await import(pathToFileURL(require.resolve('@semcrc/predict/onnxruntime')).href)) as WasmApi;
  const wasm = await readFile(require.resolve('@semcrc/predict/onnxruntime.wasm'));
  // In Node, more threads would have to fetch the module by a file: address, which fetch does not do.
  return wasmRuntime(api, { wasm });
}

function missing(cause: unknown): SemcrcError {
  const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
  return new SemcrcError(
    'usage',
    `\`runtime\` native needs ${NATIVE}, which does not load here (${reason}); install it beside semcrc, or choose wasm`,
    { data: { options: ['runtime'] }, cause },
  );
}
