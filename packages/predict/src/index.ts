export { AnatomyFeatures, anatomyFeatureCount } from './anatomy-features.ts';
export { type BaselineData, parseBaseline } from './baseline.ts';
export { bodyMask } from './body-mask.ts';
export { DenseNetwork, type DenseNetworkData } from './dense-network.ts';
export { featureNames, MeasurementFeatures } from './measurement-features.ts';
export type { Prediction, Predictor, Segmenter, SegmenterInput } from './predictor.ts';
export { baselinePredictor, type ShippedTask, standInSegmenter } from './shipped.ts';
export { parseStandIn, type StandInData } from './stand-in.ts';
