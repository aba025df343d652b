import { type Signal, useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { canvasPicture } from '../picture/canvas.ts';
import { onGestures } from '../picture/gestures.ts';
import { layersOf } from '../picture/layers.ts';
import { niivuePicture } from '../picture/niivue.ts';
import type { Picture } from '../picture/picture.ts';
import { drawsByCard } from '../state/abilities.ts';
import { handsOn, voxelUnder } from '../state/hands.ts';
import { measured } from '../state/measured.ts';
import * as store from '../state/store.ts';
import { procedureName } from '../words.ts';
import { pressed } from './keys.tsx';

/** Pictures on screen, for saving them. */
export const pictures: [Picture | null, Picture | null] = [null, null];

/** The scan, once or twice: side by side, or one over the other and parted by a divider. */
export function Stage() {
  const { comparison, slots, divider, looked } = store;
  const now = looked.value;
  if (!now) return null;
  const swipes = comparison.value === 'swipe';
  return (
    <div
      class={`stage ${comparison.value}`}
      role="application"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the picture is moved through by keys
      tabIndex={0}
      aria-label={`${now.title}: arrows and page keys move through the scan, question mark lists all keys`}
      aria-describedby="readout"
      aria-busy={store.computing.value}
      style={{ '--divider': `${100 * divider.value}%` }}
      onKeyDown={pressed}
    >
      {slots.value.map((slot) => (
        <Canvas key={`${now.scan.id} ${store.page.value} ${slot}`} slot={slot} />
      ))}
      {swipes && <Divider />}
    </div>
  );
}

function Canvas({ slot }: { readonly slot: 0 | 1 }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const hands = useRef<HTMLDivElement>(null);
  const picture = useSignal<Picture | null>(null);
  /** The plain canvas, from the beginning or since the graphics card gave out. */
  const plain = useSignal(!drawsByCard());

  useEffect(() => {
    let gone = false;
    const { scan, images } = store.looked.peek()!;
    const on = canvas.current!;
    const giveUp = (): void => {
      if (!gone) plain.value = true;
    };
    const show = (opened: Picture): void => {
      if (gone) {
        opened.close();
        return;
      }
      pictures[slot] = opened;
      picture.value = opened;
    };
    if (plain.value) show(canvasPicture(on, scan));
    else niivuePicture(on, scan, images.prediction).then(show, giveUp);
    on.addEventListener('webglcontextlost', giveUp);
    return () => {
      gone = true;
      on.removeEventListener('webglcontextlost', giveUp);
      picture.peek()?.close();
      pictures[slot] = null;
      picture.value = null;
    };
  }, [plain.value]);
  useEffect(() => onGestures(hands.current!, handsOn(picture.peek.bind(picture))), []);

  useDrawing(slot, picture, plain);

  const move = ({ pointerType, offsetX, offsetY }: PointerEvent): void => {
    if (pointerType === 'touch') return;
    const voxel = voxelUnder(picture.value, offsetX, offsetY);
    store.pointed.value = voxel && { voxel, slot };
  };
  return (
    <div class={`view view-${slot}`}>
      <div class="held">
        <canvas key={plain.value ? 'plain' : 'card'} ref={canvas} />
        <div
          class="hands"
          ref={hands}
          onPointerMove={move}
          onPointerLeave={() => {
            store.pointed.value = null;
          }}
        />
      </div>
      {store.comparison.value !== 'off' && (
        <p class="caption">{procedureName(store.designOf(slot)?.facts.calibration.procedure ?? '')}</p>
      )}
    </div>
  );
}

/** Keeps a picture what the store says; one by the graphics card that cannot be drawn makes room for the plain one. */
function useDrawing(slot: 0 | 1, picture: Signal<Picture | null>, plain: Signal<boolean>): void {
  const on = (draw: (picture: Picture) => void): void => {
    if (!picture.value) return;
    try {
      draw(picture.value);
    } catch (error) {
      if (plain.peek()) throw error;
      plain.value = true;
    }
  };
  useSignalEffect(() => {
    const [view, frame, at] = [store.view.value, store.frame.value, store.crosshair.value];
    on((picture) => {
      if (at) picture.look({ view, frame, at });
    });
  });
  useSignalEffect(() => {
    const layers = layersOf(slot);
    on((picture) => {
      if (!layers) return;
      const start = performance.now();
      picture.draw(layers);
      measured('draw', start);
    });
  });
}

/** The divider of a swipe: dragged, or moved by its keys. */
function Divider() {
  const { divider } = store;
  return (
    <input
      class="divider"
      type="range"
      aria-label="Where the two pictures are parted"
      min={0}
      max={1}
      step={0.01}
      value={divider.value}
      onInput={({ currentTarget }) => {
        divider.value = Number(currentTarget.value);
      }}
      onKeyDown={(event) => event.stopPropagation()}
    />
  );
}
