import { makeVolume } from '@semcrc/imaging';
import { type DenseNetworkData, parseStandIn, type StandInData } from '@semcrc/predict';
import type { LabelledSlice } from './examples.ts';
import { portableLog } from './random.ts';

/** Rounds of correction, and how much of the logarithm of what is found each takes back. */
const rounds = 5;
const pace = 0.9;
const farthest = 1.2;

/**
 * Shifts the scores of a trained stand-in until every organ is seen about as large as it is, on slices that it did not
 * learn from. Training takes organs more often than they are, so that it sees enough of the small ones; this undoes what
 * that does to their size.
 */
export async function balanceStandIn(
  standIn: StandInData,
  slices: readonly LabelledSlice[],
): Promise<DenseNetworkData> {
  const { classes } = standIn;
  const { network } = standIn;
  const last = network.layers.length - 1;
  let bias = network.layers[last].bias;
  const balanced = (): DenseNetworkData => ({
    ...network,
    layers: network.layers.map((layer, at) => (at === last ? { ...layer, bias } : layer)),
  });
  for (let round = 0; round < rounds; round++) {
    const segmenter = parseStandIn({ ...standIn, network: balanced() }, 'a stand-in in training');
    const said = new Float64Array(256);
    const is = new Float64Array(256);
    for (const slice of slices) {
      const [, height, width] = slice.shape;
      const empty = makeVolume(
        new Float32Array(height * width),
        [1, height, width],
        [slice.spacing[0], 0, 0, 0, 0, slice.spacing[1], 0, 0, 0, 0, slice.spacing[2], 0, 0, 0, 0, 1],
      );
      const found = await segmenter.segment({
        ...{ measurement: empty, slices: [0], point: slice.point, body: slice.body },
        ...(slice.height < 0 ? {} : { heights: [slice.height] }),
      });
      for (const label of found) said[label] += 1;
      for (const label of slice.organs) is[label] += 1;
    }
    bias = bias.map((value, kind) => {
      const label = classes[kind];
      if (label === 0 || is[label] === 0) return value;
      const ratio = (said[label] + 1) / (is[label] + 1);
      const excess = ratio > 1 ? -portableLog(1 / ratio) : portableLog(ratio);
      const step = Math.min(farthest, Math.max(-farthest, pace * excess));
      return Number((value - step).toPrecision(7));
    });
  }
  return balanced();
}
