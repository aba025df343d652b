// A picture by NiiVue, on a graphics card: the one file that knows it.
import { Niivue, NVImage, SLICE_TYPE } from '@niivue/niivue';
import { applyAffine, invertAffine, spacingOf } from '@semcrc/imaging';
import { type ColourScale, isOutlined, MISSED, outlineColour, VIRIDIS } from './colours.ts';
import { middleOf, WHOLE_FRAME } from './frame.ts';
import type { Picture, Subject, View } from './picture.ts';
import { type Plane, planeAxes } from './planes.ts';
import { tilesOf } from './tiles.ts';
import type { Place } from './voxel.ts';

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

/** NiiVue's names of planes. */
const PLANES = new Map<SLICE_TYPE, Plane>([
  [SLICE_TYPE.AXIAL, 'axial'],
  [SLICE_TYPE.CORONAL, 'coronal'],
  [SLICE_TYPE.SAGITTAL, 'sagittal'],
]);

/**
 * Draws a scan with NiiVue. What hands do is the page's own: no event reaches the canvas.
 *
 * @throws Error where the browser gives no WebGL2, or not the memory for the textures
 */
export async function niivuePicture(
  canvas: HTMLCanvasElement,
  subject: Subject,
  base: Float32Array,
): Promise<Picture> {
  const niivue = new Niivue({
    logLevel: 'error',
    loadingText: '',
    dragAndDropEnabled: false,
    // The page has keys of its own.
    viewModeHotKey: '',
    clipPlaneHotKey: '',
    cycleClipPlaneHotKey: '',
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
  const fractionOf = (place: Place) =>
    niivue.mm2frac(applyAffine(subject.affine, ...place) as never, 0, true);
  const pixelRatio = (): number => canvas.width / Math.max(canvas.clientWidth, 1);

  let planes = false;
  const layOut = (): void => {
    const aspect = canvas.clientWidth / Math.max(canvas.clientHeight, 1);
    niivue.setCustomLayout(
      tilesOf('planes', aspect, subject).map(({ plane, box: [left, top, width, height] }) => ({
        sliceType: SLICES[plane],
        position: [left, top, width, height],
      })),
    );
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
        const { img } = map;
        for (let voxel = 0; voxel < base.length; voxel++) img![voxel] = layer.value(voxel);
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
    look(view, frame) {
      if (view === 'mosaic') niivue.setSliceMosaicString(mosaicOf(subject));
      else if (niivue.sliceMosaicString !== '') niivue.setSliceMosaicString('');
      planes = view === 'planes';
      if (planes) layOut();
      else niivue.clearCustomLayout();
      if (view !== 'mosaic') niivue.setSliceType(SLICES[view]);
      // A place p is drawn at (zoom · p + pan), from the middle of the scan.
      const middle = niivue.frac2mm([0.5, 0.5, 0.5] as never);
      const centre = niivue.frac2mm(fractionOf(middleOf(frame, subject.shape)));
      const [x, y, z] = [0, 1, 2].map((axis) => middle[axis] - frame.zoom * centre[axis]);
      niivue.setPan2Dxyzmm([x, y, z, frame.zoom]);
    },
    goTo(voxel) {
      niivue.scene.crosshairPos = fractionOf(voxel);
      niivue.drawScene();
    },
    spotAt(x, y) {
      const ratio = pixelRatio();
      const [px, py] = [x * ratio, y * ratio];
      const tile = niivue.screenSlices[niivue.tileIndex(px, py)];
      const plane = tile && PLANES.get(tile.axCorSag);
      if (!plane) return null;
      const fraction = niivue.canvasPos2frac([px, py]);
      if (fraction[0] < 0) return null;
      const [mmX, mmY, mmZ] = niivue.frac2mm(fraction, 0, true);
      return { plane, place: applyAffine(inverse, mmX, mmY, mmZ) };
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

/** Axial slices by their height in mm, a row of the mosaic after the other. */
function mosaicOf(subject: Subject): string {
  const axes = planeAxes('axial', subject);
  const [x, y, z] = middleOf(WHOLE_FRAME, subject.shape);
  const rows = new Map<number, string[]>();
  for (const { slice, box } of tilesOf('mosaic', 1, subject)) {
    const place = [x, y, z] as [number, number, number];
    place[axes.through.axis] = slice!;
    const height = applyAffine(subject.affine, ...place)[2].toFixed(2);
    rows.set(box[1], [...(rows.get(box[1]) ?? []), height]);
  }
  return [...rows.values()].map((heights) => `A ${heights.join(' ')}`).join('; ');
}
