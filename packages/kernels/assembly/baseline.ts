// The baseline module: what the baseline predictor and the segmentation stand-in spend their time on, and the training of both.
// Arithmetic is f64 in a fixed order, so that results are those of the scalar twins to the bit. It owns no data: all addresses come from the caller,
// memory is imported.
export { edgePreservingMean } from './edge-mean';
export { denseNetwork } from './dense-network';
export { adamStep, denseBackward, denseForward } from './dense-training';
