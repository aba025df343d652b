// The one file that knows NiiVue.
import { DRAG_MODE, Niivue, NVImage, SLICE_TYPE } from '@niivue/niivue';
import { applyAffine, invertAffine, spacingOf } from '@semcrc/imaging';
import { type ColourScale, isOutlined, MISSED, outlineColour, VIRIDIS } from './colours.ts';
import type { Picture, Subject, View } from './picture.ts';
import { isInside, type Voxel } from './voxel.ts';

const SLICES: Readonly<Record<Exclude<View, 'mosaic'>, SLICE_TYPE>> = {
  planes: SLICE_TYPE.MULTIPLANAR,
  axial: SLICE_TYPE.AXIAL,
  coronal: SLICE_TYPE.CORONAL,
  sagittal: SLICE_TYPE.SAGITTAL,
};

/** NIfTI's codes of types, and of the intent of labels, which NiiVue outlines. */
const FLOAT32 = 16;
const UINT16 = 512;
const LABEL_INTENT = 1002;
const GREY = 'gray';

/**
 * Draws a scan with NiiVue.
 *
 * @param place told of the voxel under the crosshair whenever the reader moves it
 * @throws Error where the browser gives no WebGL2, or not the memory for the textures
 */
export async function niivuePicture(
  canvas: HTMLCanvasElement,
  subject: Subject,
  base: Float32Array,
  place: (voxel: Voxel) => void,
): Promise<Picture> {
  const niivue = new Niivue({
    logLevel: 'error',
    loadingText: '',
    dragAndDropEnabled: false,
    // The page has keys of its own.
    viewModeHotKey: '',
    clipPlaneHotKey: '',
    cycleClipPlaneHotKey: '',
    dragMode: DRAG_MODE.pan,
    // As radiologists look: the patient's right at the left.
    isRadiologicalConvention: true,
    sagittalNoseLeft: true,
    backColor: [0.03, 0.035, 0.045, 1],
    fontColor: [0.72, 0.76, 0.82, 1],
    crosshairColor: [0.98, 0.99, 1, 0.55],
    // Of the scan's width: no thinner than a pixel of a plane that fills a third of a page.
    crosshairWidth: 0.3,
    crosshairWidthUnit: 'percent',
    crosshairGap: 9,
    isColorbar: false,
    atlasOutline: 1,
  });
  for (const scale of [VIRIDIS, MISSED]) niivue.addColormap(scale.name, colormapOf(scale));
  await niivue.attachToCanvas(canvas, false);
  // The page's own element takes the keys, and says what they do.
  canvas.removeAttribute('tabindex');

  const image = await volumeOf(subject, FLOAT32, base, 'image');
  image.colormap = GREY;
  image.cal_min = 0;
  image.cal_max = 1;
  const map = await volumeOf(subject, FLOAT32, new Float32Array(base.length), 'map');
  const labels = await volumeOf(subject, UINT16, outlined(subject.organs), 'labels');
  labels.hdr!.intent_code = LABEL_INTENT;
  labels.setColormapLabel(labelColours());
  for (const volume of [image, map, labels]) niivue.addVolume(volume);

  const inverse = invertAffine(subject.affine);
  const voxelAtFraction = (fraction: ArrayLike<number>): Voxel | null => {
    if (fraction[0] < 0) return null;
    const [x, y, z] = niivue.frac2mm(Float32Array.from(fraction) as never, 0, true);
    const voxel = applyAffine(inverse, x, y, z).map(Math.round) as unknown as Voxel;
    return isInside(voxel, subject.shape) ? voxel : null;
  };
  niivue.onLocationChange = () => {
    const voxel = voxelAtFraction(niivue.scene.crosshairPos as unknown as ArrayLike<number>);
    if (voxel) place(voxel);
  };
  const fractionOf = (voxel: Voxel) =>
    niivue.mm2frac(applyAffine(subject.affine, ...voxel) as never, 0, true);
  const pixelRatio = (): number => canvas.width / Math.max(canvas.clientWidth, 1);

  let planes = false;
  const layOut = (): void => {
    niivue.setCustomLayout(planesFor(canvas.clientWidth / Math.max(canvas.clientHeight, 1)));
  };
  const resized = new ResizeObserver(() => {
    if (planes) layOut();
  });
  resized.observe(canvas);

  return {
    draw({ base: values, map: layer, opacity, outlines }) {
      const sameImage = image.img === values;
      image.img = values;
      map.opacity = layer ? opacity : 0;
      if (layer) {
        map.img = layer.values;
        map.colormap = layer.colours.name;
        map.cal_min = layer.low;
        map.cal_max = layer.high;
      }
      labels.opacity = outlines ? 1 : 0;
      if (!sameImage) {
        niivue.updateGLVolume();
        return;
      }
      // The image below is drawn already: only what lies above it is sent again, from the bottom up.
      niivue.refreshLayers(map, 1);
      niivue.refreshLayers(labels, 2);
      niivue.drawScene();
    },
    look(view) {
      if (view === 'mosaic') niivue.setSliceMosaicString(mosaicOf(subject));
      else if (niivue.sliceMosaicString !== '') niivue.setSliceMosaicString('');
      planes = view === 'planes';
      if (planes) layOut();
      else niivue.clearCustomLayout();
      if (view !== 'mosaic') niivue.setSliceType(SLICES[view]);
    },
    goTo(voxel) {
      niivue.scene.crosshairPos = fractionOf(voxel);
      niivue.drawScene();
    },
    voxelAt(x, y) {
      const ratio = pixelRatio();
      return voxelAtFraction(niivue.canvasPos2frac([x * ratio, y * ratio]) as unknown as ArrayLike<number>);
    },
    pointOf(voxel) {
      const at = niivue.frac2canvasPos(fractionOf(voxel));
      const ratio = pixelRatio();
      return at ? [at[0] / ratio, at[1] / ratio] : null;
    },
    snapshot() {
      // What WebGL drew is gone once the browser has shown it.
      niivue.drawScene();
      return createImageBitmap(canvas);
    },
    close() {
      resized.disconnect();
      niivue.cleanup();
      niivue.gl.getExtension('WEBGL_lose_context')?.loseContext();
    },
  };
}

/** A volume of the given voxels. NiiVue takes files only, so one is made in memory. */
function volumeOf(
  { shape: [slices, height, width], affine }: Subject,
  type: number,
  values: Float32Array | Uint16Array,
  name: string,
): Promise<NVImage> {
  const bytes = NVImage.createNiftiArray(
    [width, height, slices],
    [...spacingOf(affine)],
    [...affine],
    type,
    values,
  );
  const file = new File([bytes as Uint8Array<ArrayBuffer>], `${name}.nii`);
  return NVImage.loadFromFile({ file, name: file.name, colormap: GREY, cal_min: 0, cal_max: 1 });
}

function colormapOf({ stops, clear }: ColourScale) {
  const channel = (at: 0 | 1 | 2): number[] => stops.map((stop) => stop[at]);
  const places = stops.map((_, at) => Math.round((255 * at) / (stops.length - 1)));
  const alpha = stops.map((_, at) => (clear && at === 0 ? 0 : 255));
  return { R: channel(0), G: channel(1), B: channel(2), A: alpha, I: places };
}

/** Organs that are outlined; the rest is no label. */
function outlined(organs: Uint16Array): Uint16Array {
  return organs.map((id) => (isOutlined(id) ? id : 0));
}

/** Colours of labels; an alpha of 0 leaves their inside clear. */
function labelColours() {
  const ids = Array.from({ length: 256 }, (_, id) => id);
  const colours = ids.map(outlineColour);
  return {
    R: colours.map(([red]) => red),
    G: colours.map(([, green]) => green),
    B: colours.map(([, , blue]) => blue),
    A: ids.map(() => 0),
    I: ids,
    labels: ids.map(String),
  };
}

/** The axial plane large, the other two beside it, or below it on a phone. */
function planesFor(aspect: number) {
  const { AXIAL, CORONAL, SAGITTAL } = SLICE_TYPE;
  type Place = [left: number, top: number, width: number, height: number];
  const [large, first, second]: [Place, Place, Place] =
    aspect > 1
      ? [
          [0, 0, 0.62, 1],
          [0.625, 0, 0.375, 0.495],
          [0.625, 0.505, 0.375, 0.495],
        ]
      : [
          [0, 0, 1, 0.64],
          [0, 0.65, 0.495, 0.35],
          [0.505, 0.65, 0.495, 0.35],
        ];
  return [
    { sliceType: AXIAL, position: large },
    { sliceType: CORONAL, position: first },
    { sliceType: SAGITTAL, position: second },
  ];
}

/** Twelve axial slices over the height of the scan, in three rows, from its feet up. */
function mosaicOf({ shape: [slices, height, width], affine }: Subject): string {
  const middle = (z: number): number => applyAffine(affine, (width - 1) / 2, (height - 1) / 2, z)[2];
  const [low, high] = [middle(0), middle(slices - 1)].sort((a, b) => a - b);
  const count = Math.min(12, slices);
  const perRow = Math.ceil(count / (count > 4 ? 3 : 1));
  const places = Array.from({ length: count }, (_, at) => low + ((at + 0.5) / count) * (high - low));
  const rows = Array.from({ length: Math.ceil(count / perRow) }, (_, row) =>
    places
      .slice(row * perRow, (row + 1) * perRow)
      .map((place) => place.toFixed(2))
      .join(' '),
  );
  return rows.map((row) => `A ${row}`).join('; ');
}
