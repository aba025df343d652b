import { createHash } from 'node:crypto';
import { PbfWriter } from 'pbf';
import { type ModelRecord, parseModelRecord } from '../src/index.ts';

/** A node of a graph written by {@link plainOnnx}. */
export interface PlainNode {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly domain?: string;
  /** An integer attribute. */
  readonly axis?: number;
}

export interface PlainGraph {
  readonly nodes: readonly PlainNode[];
  readonly inputs?: readonly PlainTensor[];
  readonly outputs?: readonly PlainTensor[];
  /** Name of a weight that is kept in a file of its own. */
  readonly external?: string;
}

export interface PlainTensor {
  readonly name: string;
  /** Sizes; a word stands for any. */
  readonly shape: readonly (number | string)[];
  /** Element type by its number in onnx.proto; float32 when left out. */
  readonly type?: number;
}

/** An ONNX file of a few nodes, opset 16; numbers of fields are those of onnx.proto. */
export function plainOnnx({ nodes, inputs = [], outputs = [], external }: PlainGraph): Uint8Array {
  const model = new PbfWriter();
  model.writeVarintField(1, 8);
  model.writeMessage(
    7,
    (_, graph) => {
      for (const node of nodes) graph.writeMessage(1, writeNode, node);
      graph.writeStringField(2, 'graph');
      if (external !== undefined) graph.writeMessage(5, writeExternal, external);
      for (const tensor of inputs) graph.writeMessage(11, writeTensor, tensor);
      for (const tensor of outputs) graph.writeMessage(12, writeTensor, tensor);
    },
    null,
  );
  for (const domain of new Set(['', ...nodes.flatMap((node) => node.domain ?? [])])) {
    model.writeMessage(
      8,
      (_, opset) => {
        opset.writeStringField(1, domain);
        opset.writeVarintField(2, domain === '' ? 16 : 1);
      },
      null,
    );
  }
  return Uint8Array.from(model.finish());
}

function writeNode({ operator, inputs, output, domain, axis }: PlainNode, pbf: PbfWriter): void {
  for (const input of inputs) pbf.writeStringField(1, input);
  pbf.writeStringField(2, output);
  pbf.writeStringField(4, operator);
  if (domain !== undefined) pbf.writeStringField(7, domain);
  if (axis === undefined) return;
  pbf.writeMessage(
    5,
    (_, attribute) => {
      attribute.writeStringField(1, 'axis');
      attribute.writeVarintField(3, axis);
      attribute.writeVarintField(20, 2);
    },
    null,
  );
}

function writeExternal(name: string, pbf: PbfWriter): void {
  pbf.writeVarintField(1, 4);
  pbf.writeVarintField(2, 1);
  pbf.writeStringField(8, name);
  pbf.writeMessage(
    13,
    (_, entry) => {
      entry.writeStringField(1, 'location');
      entry.writeStringField(2, 'weights.bin');
    },
    null,
  );
  pbf.writeVarintField(14, 1);
}

function writeTensor({ name, shape, type = 1 }: PlainTensor, pbf: PbfWriter): void {
  pbf.writeStringField(1, name);
  pbf.writeMessage(
    2,
    (_, kind) =>
      kind.writeMessage(
        1,
        (__, tensor) => {
          tensor.writeVarintField(1, type);
          tensor.writeMessage(
            2,
            (___, sizes) => {
              for (const size of shape) {
                sizes.writeMessage(
                  1,
                  (____, dim) => {
                    if (typeof size === 'number') dim.writeVarintField(1, size);
                    else dim.writeStringField(2, size);
                  },
                  null,
                );
              }
            },
            null,
          );
        },
        null,
      ),
    null,
  );
}

const ANY = ['n', 'c', 'z', 'y', 'x'] as const;

/** A network of one operator that keeps its image: `Identity`, `Log`. */
export function oneOperator(operator: string): Uint8Array {
  return plainOnnx({
    nodes: [{ operator, inputs: ['image'], output: 'values' }],
    inputs: [{ name: 'image', shape: ANY }],
    outputs: [{ name: 'values', shape: ANY }],
  });
}

/** A network that gives its image three times. */
export const THREEFOLD = plainOnnx({
  nodes: [{ operator: 'Concat', inputs: ['image', 'image', 'image'], output: 'values', axis: 1 }],
  inputs: [{ name: 'image', shape: ANY }],
  outputs: [{ name: 'values', shape: ANY }],
});

/** The digest that a record must name. */
export function digestOf(model: Uint8Array): string {
  return createHash('sha256').update(model).digest('hex');
}

const COMMON = {
  ...{ schema: 'semcrc/model@1', name: 'plain', dimensions: 3, axes: 'zyx', patch: [8, 8, 8], overlap: 0.25 },
  ...{ spacing: null, window: [-175, 250], clip: false, input: 'image', output: 'values', training: {} },
};

/** The record of a network that predicts images. */
export function imageRecord(model: Uint8Array, changes: Readonly<Record<string, unknown>> = {}): ModelRecord {
  const own = { task: 'denoising', channels: ['lower', 'point', 'upper'], alpha: 0.1 };
  return parseModelRecord({ ...COMMON, ...own, digest: digestOf(model), ...changes }, 'record.json');
}

/** The record of a network that names organs. */
export function organRecord(model: Uint8Array, changes: Readonly<Record<string, unknown>> = {}): ModelRecord {
  const own = { task: 'segmentation', scheme: 'suprem', labels: [6], threshold: 0.5 };
  return parseModelRecord({ ...COMMON, ...own, digest: digestOf(model), ...changes }, 'record.json');
}
