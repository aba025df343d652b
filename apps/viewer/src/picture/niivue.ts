// A picture by NiiVue, on a graphics card: the one file that knows it.
import { Niivue, NVImage, SLICE_TYPE } from '@niivue/niivue';
import { applyAffine, spacingOf } from '@semcrc/imaging';
import { type ColourScale, MISSED, VIRIDIS } from './colours.ts';
import { middleOf, WHOLE_FRAME } from './frame.ts';
import { layOut, pixelRatio, spotOn } from './layout.ts';
import { marksOn } from './marks.ts';
import type { Look, Picture, Subject } from './picture.ts';
import type { Plane, PlaneAxes } from './planes.ts';
import type { Place } from './voxel.ts';

const SLICES: Readonly<Record<Plane, SLICE_TYPE>> = {
  axial: SLICE_TYPE.AXIAL,
  coronal: SLICE_TYPE.CORONAL,
  sagittal: SLICE_TYPE.SAGITTAL,
};

/** NIfTI's code of the type. */
const FLOAT32 = 16;
const GREY = 'gray';

/**
 * Draws the slices of a scan with NiiVue; marks are drawn on a canvas over it. What hands do is the page's own: no event reaches either.
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
    // Marks are the page's own.
    crosshairWidth: 0,
    isOrientationTextVisible: false,
    isColorbar: false,
  });
  for (const scale of [VIRIDIS, MISSED]) niivue.addColormap(scale.name, colormapOf(scale));
  await niivue.attachToCanvas(canvas, false);
  // The page's own element takes the keys, and says what they do.
  canvas.removeAttribute('tabindex');

  const image = await volumeOf(subject, base, 'image');
  image.colormap = GREY;
  image.cal_min = 0;
  image.cal_max = 1;
  const map = await volumeOf(subject, new Float32Array(base.length), 'map');
  for (const volume of [image, map]) niivue.addVolume(volume);

  const fractionOf = (place: Place) =>
    niivue.mm2frac(applyAffine(subject.affine, ...place) as never, 0, true);
  let look: Look | null = null;
  let outlines = false;
  const over = document.createElement('canvas');
  over.className = 'marks';
  canvas.after(over);
  const context = over.getContext('2d')!;
  const marks = marksOn(context, subject);
  const mark = (): void => {
    if (over.width !== canvas.width) over.width = canvas.width;
    if (over.height !== canvas.height) over.height = canvas.height;
    context.clearRect(0, 0, over.width, over.height);
    if (!look) return;
    // NiiVue fills no more of a tile than the whole slice does.
    for (const one of layOut(subject, canvas, look)) marks.draw(one, { look, box: one.whole, outlines });
  };
  /** Tiles stand where the page's own picture has them, so that points mean the same on both. */
  const show = (): void => {
    if (!look) return;
    const { frame, at } = look;
    niivue.scene.crosshairPos = fractionOf(at);
    // A place p is drawn at (zoom · p + pan), from the middle of the scan.
    const origin = niivue.frac2mm([0.5, 0.5, 0.5] as never);
    const centre = niivue.frac2mm(fractionOf(middleOf(frame, subject.shape)));
    const [x, y, z] = [0, 1, 2].map((axis) => origin[axis] - frame.zoom * centre[axis]);
    niivue.scene.pan2Dxyzmm = [x, y, z, frame.zoom];
    const middle = middleOf(WHOLE_FRAME, subject.shape);
    // Draws it, too.
    niivue.setCustomLayout(
      layOut(subject, canvas, look).map(({ tile: { plane, slice, box }, axes }) => ({
        sliceType: SLICES[plane],
        position: [...box],
        ...(slice === null ? {} : { sliceMM: heightOf(middle, axes, slice) }),
      })),
    );
    mark();
  };
  /** Of a slice that stays, where NiiVue wants it: mm along the axis through it. */
  const heightOf = (middle: Place, { through }: PlaneAxes, slice: number): number => {
    const place = [...middle] as [number, number, number];
    place[through.axis] = slice;
    return niivue.frac2mm(fractionOf(place))[2];
  };
  const resized = new ResizeObserver(show);
  resized.observe(canvas);

  return {
    draw({ base: values, map: layer, opacity, outlines: outlined }) {
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
      if (sameImage) {
        // The image below is drawn already: only what lies above it is sent again.
        niivue.refreshLayers(map, 1);
        niivue.drawScene();
      } else niivue.updateGLVolume();
      outlines = outlined;
      mark();
    },
    look(next) {
      look = next;
      show();
    },
    spotAt: (x, y) =>
      look && spotOn(layOut(subject, canvas, look), x * pixelRatio(canvas), y * pixelRatio(canvas)),
    snapshot() {
      const both = new OffscreenCanvas(canvas.width, canvas.height);
      const on = both.getContext('2d')!;
      // What WebGL drew is gone once the browser has shown it.
      niivue.drawScene();
      on.drawImage(canvas, 0, 0);
      on.drawImage(over, 0, 0);
      return createImageBitmap(both);
    },
    close() {
      resized.disconnect();
      over.remove();
      niivue.cleanup();
      niivue.gl.getExtension('WEBGL_lose_context')?.loseContext();
    },
  };
}

/** A volume of the given voxels. NiiVue takes files only, so one is made in memory. */
function volumeOf(
  { shape: [slices, height, width], affine }: Subject,
  values: Float32Array,
  name: string,
): Promise<NVImage> {
  const bytes = NVImage.createNiftiArray(
    [width, height, slices],
    [...spacingOf(affine)],
    [...affine],
    FLOAT32,
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
