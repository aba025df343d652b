import { type Signal, useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { canvasPicture } from '../picture/canvas.ts';
import { layersOf } from '../picture/layers.ts';
import type { Picture } from '../picture/picture.ts';
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
  const picture = useSignal<Picture | null>(null);

  useEffect(() => {
    const { axes, organs, shape, spacing } = store.looked.peek()!.scan;
    const opened = canvasPicture(
      canvas.current!,
      { axes, organs, shape, spacing },
      {
        crosshair(voxel) {
          store.crosshair.value = { voxel, by: slot };
          store.pointed.value = null;
        },
        frame(part) {
          store.frame.value = part;
        },
      },
    );
    pictures[slot] = opened;
    picture.value = opened;
    return () => {
      opened.close();
      pictures[slot] = null;
      picture.value = null;
    };
  }, []);

  useDrawing(slot, picture);

  const move = (event: PointerEvent): void => {
    if (event.pointerType === 'touch') return;
    const box = canvas.current!.getBoundingClientRect();
    store.pointed.value = picture.value?.voxelAt(event.clientX - box.left, event.clientY - box.top) ?? null;
  };
  return (
    <div class={`view view-${slot}`}>
      <div class="held">
        <canvas
          ref={canvas}
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

/** Keeps a picture what the store says. */
function useDrawing(slot: 0 | 1, picture: Signal<Picture | null>): void {
  useSignalEffect(() => {
    picture.value?.look(store.view.value, store.frame.value);
  });
  useSignalEffect(() => {
    const on = picture.value;
    const layers = layersOf(slot);
    if (!on || !layers) return;
    const start = performance.now();
    on.draw(layers);
    measured('draw', start);
  });
  useSignalEffect(() => {
    const place = store.crosshair.value;
    if (place && place.by !== slot) picture.value?.goTo(place.voxel);
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
