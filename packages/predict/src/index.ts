export { AnatomyFeatures, anatomyFeatureCount } from './anatomy-features.ts';
export { type BaselineData, parseBaseline } from './baseline.ts';
export { bodyMask } from './body-mask.ts';
export { DenseNetwork, type DenseNetworkData } from './dense-network.ts';
export { featureNames, MeasurementFeatures } from './measurement-features.ts';
export { fallbackRuntime } from './networks/fallback-runtime.ts';
export {
  type ImageModel,
  ModelRecord,
  parseModelRecord,
  type SegmentationModel,
} from './networks/model-record.ts';
export {
  isImageModel,
  type Network,
  type NetworkFiles,
  type NetworkWatch,
  openNetwork,
} from './networks/network.ts';
export { networkPredictor, networkSegmenter } from './networks/network-predictor.ts';
export {
  type InferenceNames,
  type InferenceRuntime,
  type InferenceSession,
  type NetworkOutput,
  type OnnxApi,
  type OnnxApiSession,
  type OnnxApiTensor,
  onnxRuntime,
  type RuntimeOptions,
  type WasmApi,
  type WasmFiles,
  wasmRuntime,
} from './networks/runtime.ts';
export {
  type Mended,
  type PredictedScan,
  predictScan,
  predictScanWith,
  type ScanOptions,
  type ScanUnits,
  type SegmentedScan,
  segmentScan,
} from './networks/scan.ts';
export type { FinishedSlices } from './networks/sliding-window.ts';
export type { Prediction, Predictor, Segmenter, SegmenterInput } from './predictor.ts';
export { baselinePredictor, type ShippedTask, standInSegmenter } from './shipped.ts';
export { isShippedNetwork, SHIPPED_NETWORKS, type ShippedNetwork } from './shipped-networks.ts';
export { parseStandIn, type StandInData } from './stand-in.ts';
