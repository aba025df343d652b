/** The part of onnxruntime's JavaScript API that is used here; onnxruntime-web and onnxruntime-node both have it. */
export interface OnnxApi {
  readonly InferenceSession: {
    create(model: Uint8Array, options: Readonly<Record<string, unknown>>): Promise<OnnxApiSession>;
  };
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => OnnxApiTensor;
}

/** A session of {@link OnnxApi}. */
export interface OnnxApiSession {
  run(
    feeds: Readonly<Record<string, OnnxApiTensor>>,
    options?: Readonly<Record<string, unknown>>,
  ): Promise<Readonly<Record<string, OnnxApiTensor>>>;
  release?(): Promise<void>;
}

/** A tensor of {@link OnnxApi}. */
export interface OnnxApiTensor {
  readonly dims: readonly number[];
  /** Loads the elements where they lie on another device. */
  getData(): Promise<unknown>;
  dispose(): void;
}

/** What a network computed: row-major, the last axis fastest. */
export interface NetworkOutput {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

/** A network ready to run, on one runtime. */
export interface InferenceSession {
  /** What it runs on, as the user is told. */
  readonly runtime: string;
  /** Feeds one input tensor and takes one output. @throws what the runtime throws. */
  run(input: Float32Array, dims: readonly number[], names: InferenceNames): Promise<NetworkOutput>;
  close(): Promise<void>;
}

/** Names of the tensors of a graph. */
export interface InferenceNames {
  readonly input: string;
  readonly output: string;
}

/** What runs networks. */
export interface InferenceRuntime {
  /** As the user is told: what, and on which device. */
  readonly name: string;
  /** Loads an ONNX model. @throws what the runtime throws. */
  open(model: Uint8Array): Promise<InferenceSession>;
}

/** How a runtime is used. */
export interface RuntimeOptions {
  /** As the user is told; default: the providers. */
  readonly name?: string;
  /** Execution providers of onnxruntime, the preferred one first: `cpu`, `wasm`, `webgpu`. */
  readonly providers: readonly string[];
  /** Threads of one session; default 1. Values do not depend on the sessions beside it. */
  readonly threads?: number;
}

/** Of onnxruntime's log: what is fatal. */
const SILENT = 4;

/**
 * A runtime over onnxruntime's API, whichever package it comes from: `onnxRuntime(await import('onnxruntime-node'), …)`,
 * or the module that this package carries as `@semcrc/predict/onnxruntime`.
 */
export function onnxRuntime(
  api: OnnxApi,
  { providers, threads = 1, name = `onnxruntime (${providers.join(', ')})` }: RuntimeOptions,
): InferenceRuntime {
  return {
    name,
    async open(model) {
      const session = await api.InferenceSession.create(model, {
        executionProviders: providers,
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        // Warnings of the optimizer are nothing a user can act on, and what fails is thrown, too.
        logSeverityLevel: SILENT,
      });
      return {
        runtime: name,
        async run(data, dims, { input, output }) {
          const fed = new api.Tensor('float32', data, dims);
          const results = await session.run({ [input]: fed }, { logSeverityLevel: SILENT });
          const result = results[output];
          // What `getData` gives belongs to JavaScript, and outlives the tensor.
          const copy = { data: (await result.getData()) as Float32Array, dims: [...result.dims] };
          for (const tensor of [fed, ...Object.values(results)]) tensor.dispose();
          return copy;
        },
        close: async () => session.release?.(),
      };
    },
  };
}

/** {@link OnnxApi} with the settings of onnxruntime-web. */
export interface WasmApi extends OnnxApi {
  readonly env: {
    readonly wasm: { wasmPaths?: unknown; wasmBinary?: unknown; numThreads?: number };
  };
}

/** Where the files of the embedded runtime stand, for a page. */
export interface WasmFiles {
  /** URL of `@semcrc/predict/onnxruntime.wasm` as the page serves it, or its bytes. */
  readonly wasm: string | ArrayBuffer | Uint8Array;
  readonly threads?: number;
}

/**
 * The embedded runtime: onnxruntime-web on WebAssembly SIMD, in pages and in Node. Threads beyond one need a page that is
 * cross-origin isolated.
 *
 * @param api the module `@semcrc/predict/onnxruntime`.
 */
export function wasmRuntime(api: WasmApi, { wasm, threads = 1 }: WasmFiles): InferenceRuntime {
  const settings = api.env.wasm;
  if (typeof wasm === 'string') settings.wasmPaths = { wasm };
  else settings.wasmBinary = wasm;
  settings.numThreads = threads;
  return onnxRuntime(api, { providers: ['wasm'], threads, name: 'onnxruntime-web (WebAssembly)' });
}
