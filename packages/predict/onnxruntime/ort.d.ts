import type { WasmApi } from '../networks/runtime.js';

/** The module of onnxruntime-web that this package carries; hand it to `wasmRuntime`. */
export const InferenceSession: WasmApi['InferenceSession'];
export const Tensor: WasmApi['Tensor'];
export const env: WasmApi['env'];
