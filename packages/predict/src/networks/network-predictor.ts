import { assignLabels, BODY, makeVolume, namedScheme, takeSlices } from '@semcrc/imaging';
import { SemcrcError } from '@semcrc/kernels';
import type { Predictor, Segmenter } from '../predictor.ts';
import type { ImageModel, SegmentationModel } from './model-record.ts';
import type { Network } from './network.ts';
import { predictScan, segmentScan } from './scan.ts';

/**
 * A network as a {@link Predictor} of measurements in windowed units. A point outside its bounds is moved to the nearer one, as
 * the interface asks. Runtimes agree within rounding, not to the bit.
 */
export function networkPredictor(network: Network<ImageModel>): Predictor {
  const { name, training: _, ...decisive } = network.record;
  return {
    name,
    digest: JSON.stringify(decisive),
    async predict(measurement, slices) {
      const [depth] = measurement.shape;
      const wanted = slices ?? Array.from({ length: depth }, (_, slice) => slice);
      const absent = wanted.find((slice) => !(Number.isSafeInteger(slice) && slice >= 0 && slice < depth));
      if (absent !== undefined) {
        throw new SemcrcError(
          'usage',
          `slice ${absent} cannot be predicted: the measurement has 0 … ${depth - 1}`,
        );
      }
      const predicted = await predictScan(network, measurement, { units: 'window', file: 'measurement' });
      const lower = takeSlices(predicted.lower, wanted);
      const upper = takeSlices(predicted.upper, wanted);
      const point = takeSlices(predicted.point, wanted);
      for (let at = 0; at < point.length; at++) {
        point[at] = Math.min(upper[at], Math.max(lower[at], point[at]));
      }
      return { lower, point, upper };
    },
  };
}

/**
 * A network as a {@link Segmenter}, which looks at the point prediction and nothing else. Labels of its scheme that are none of the
 * nine organs are no organ. It sees the slices asked for alone, so that a network in three dimensions wants all of them.
 */
export function networkSegmenter(network: Network<SegmentationModel>): Segmenter {
  const { name, training: _, ...decisive } = network.record;
  const { labelOf } = assignLabels(namedScheme(decisive.scheme)!);
  return {
    name,
    digest: JSON.stringify(decisive),
    async segment({ measurement: { shape, affine }, slices, point }) {
      const volume = makeVolume(point, [slices.length, shape[1], shape[2]], affine);
      const { segmentation } = await segmentScan(network, volume, { units: 'window', file: 'point' });
      return Uint8Array.from(segmentation.data, (number) => {
        const label = labelOf[number];
        return label === BODY ? 0 : label;
      });
    },
  };
}
