export { readNetworkFiles } from './node/model-file.ts';
export { nodeRuntime, type RuntimeChoice } from './node/node-runtime.ts';
