import { SemcrcError } from '@semcrc/kernels';
import { PbfReader } from 'pbf';

/** A tensor that a graph takes or gives. Sizes that are not fixed are null; `shape` is null where the file says nothing. */
export interface OnnxValue {
  readonly name: string;
  /** Element type by its number in onnx.proto; 1 is float32. */
  readonly type: number;
  readonly shape: readonly (number | null)[] | null;
}

/** What an ONNX file says of its graph. */
export interface OnnxGraph {
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

/** Domains of operators that onnxruntime has itself. */
const BUILT_IN = new Set(['', 'ai.onnx', 'ai.onnx.ml', 'com.microsoft', 'com.ms.internal.nhwc']);

/** What is gathered while the messages of a file are read; numbers of fields are those of onnx.proto. */
interface Gathered {
  version: number;
  graph: boolean;
  readonly inputs: OnnxValue[];
  readonly outputs: OnnxValue[];
  readonly weights: Set<string>;
  /** `domain::operator` of every node that is not built in. */
  readonly foreign: Set<string>;
  /** Domains of functions that the file defines itself. */
  readonly own: Set<string>;
  readonly external: { tensor: string; location: string }[];
}

/**
 * Reads what an ONNX file takes, gives and needs; weights are passed over.
 *
 * @param file named in errors.
 * @throws SemcrcError `bad-input` for a file that is no ONNX model, keeps weights in other files, or needs operators that
 *   onnxruntime does not have; each is named.
 */
export function readOnnxGraph(bytes: Uint8Array, file: string): OnnxGraph {
  const found: Gathered = {
    version: 0,
    graph: false,
    inputs: [],
    outputs: [],
    weights: new Set(),
    foreign: new Set(),
    own: new Set(),
    external: [],
  };
  try {
    new PbfReader(bytes).readFields(readModel, found);
  } catch (cause) {
    throw notOnnx(file, cause);
  }
  if (found.version === 0 || !found.graph || found.outputs.length === 0) throw notOnnx(file);
  const [external] = found.external;
  if (external) {
    throw new SemcrcError(
      'bad-input',
      `${file}: expected an ONNX file with its weights inside, but ${external.tensor} is kept in ${external.location || 'another file'}; ` +
        'save it with onnx.save_model(model, path, save_as_external_data=False)',
      { data: { file, tensor: external.tensor, found: external.location } },
    );
  }
  const foreign = [...found.foreign].filter((operator) => !found.own.has(operator.split('::', 1)[0]));
  if (foreign.length > 0) {
    throw new SemcrcError(
      'bad-input',
      `${file}: needs operators that onnxruntime does not have: ${foreign.sort().join(', ')}; export it with standard ones`,
      { data: { file, operators: foreign } },
    );
  }
  return { inputs: found.inputs.filter(({ name }) => !found.weights.has(name)), outputs: found.outputs };
}

function notOnnx(file: string, cause?: unknown): SemcrcError {
  return new SemcrcError('bad-input', `${file}: expected an ONNX model, found another or a damaged file`, {
    data: { file },
    cause,
  });
}

function readModel(tag: number, found: Gathered, pbf: PbfReader): void {
  if (tag === 1) found.version = pbf.readVarint();
  else if (tag === 7) {
    found.graph = true;
    pbf.readMessage((field, _, reader) => readGraph(field, found, reader, true), null);
  } else if (tag === 25) pbf.readMessage(readFunction, found);
}

function readFunction(tag: number, found: Gathered, pbf: PbfReader): void {
  if (tag === 7) pbf.readMessage((field, node, reader) => readNode(field, node, reader, found), newNode());
  else if (tag === 10) found.own.add(pbf.readString());
}

function readGraph(tag: number, found: Gathered, pbf: PbfReader, outermost: boolean): void {
  if (tag === 1) {
    const node = pbf.readMessage((field, into, reader) => readNode(field, into, reader, found), newNode());
    if (!BUILT_IN.has(node.domain)) found.foreign.add(`${node.domain}::${node.operator}`);
  } else if (tag === 5) found.weights.add(readTensor(pbf, found));
  else if (outermost && (tag === 11 || tag === 12)) {
    const value = pbf.readMessage(readValue, { name: '', type: 0, shape: null });
    (tag === 11 ? found.inputs : found.outputs).push(value);
  }
}

interface Node {
  operator: string;
  domain: string;
}

const newNode = (): Node => ({ operator: '', domain: '' });

function readNode(tag: number, node: Node, pbf: PbfReader, found: Gathered): void {
  if (tag === 4) node.operator = pbf.readString();
  else if (tag === 7) node.domain = pbf.readString();
  else if (tag === 5) pbf.readMessage((field, _, reader) => readAttribute(field, reader, found), null);
}

/** Branches and loops hold graphs of their own, constants hold tensors. */
function readAttribute(tag: number, pbf: PbfReader, found: Gathered): void {
  if (tag === 5 || tag === 10) readTensor(pbf, found);
  else if (tag === 6 || tag === 11)
    pbf.readMessage((field, _, reader) => readGraph(field, found, reader, false), null);
}

/** The name of a tensor; one that is kept elsewhere is noted. */
function readTensor(pbf: PbfReader, found: Gathered): string {
  const tensor = { name: '', location: '', external: false };
  pbf.readMessage((field, into, reader) => {
    if (field === 8) into.name = reader.readString();
    else if (field === 13) {
      const entry = reader.readMessage(readEntry, { key: '', value: '' });
      if (entry.key === 'location') into.location = entry.value;
      into.external = true;
    } else if (field === 14) into.external ||= reader.readVarint() === 1;
  }, tensor);
  if (tensor.external) found.external.push({ tensor: tensor.name, location: tensor.location });
  return tensor.name;
}

function readEntry(tag: number, entry: { key: string; value: string }, pbf: PbfReader): void {
  if (tag === 1) entry.key = pbf.readString();
  else if (tag === 2) entry.value = pbf.readString();
}

interface MutableValue {
  name: string;
  type: number;
  shape: (number | null)[] | null;
}

function readValue(tag: number, value: MutableValue, pbf: PbfReader): void {
  if (tag === 1) value.name = pbf.readString();
  else if (tag === 2) {
    pbf.readMessage((field, _, reader) => {
      if (field === 1) reader.readMessage(readTensorType, value);
    }, null);
  }
}

function readTensorType(tag: number, value: MutableValue, pbf: PbfReader): void {
  if (tag === 1) value.type = pbf.readVarint();
  else if (tag === 2) {
    value.shape = pbf.readMessage((field, shape: (number | null)[], reader) => {
      if (field !== 1) return;
      const size: { value: number | null } = { value: null };
      reader.readMessage((part, into, inner) => {
        if (part === 1) into.value = inner.readVarint();
      }, size);
      shape.push(size.value);
    }, []);
  }
}
