export { readNetworkFiles } from './node/model-file.ts';
export { nodeRuntime, type RuntimeChoice } from './node/node-runtime.ts';
export { readShippedNetwork } from './node/shipped-network.ts';
