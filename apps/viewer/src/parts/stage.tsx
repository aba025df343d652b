import { type Signal, useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { flatPicture } from '../picture/flat.ts';
import { layersOf } from '../picture/layers.ts';
import { niivuePicture } from '../picture/niivue.ts';
import type { Picture } from '../picture/picture.ts';
import { hasWebGl2 } from '../state/abilities.ts';

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
  const wheel = (event: WheelEvent): void => {
    if (!event.ctrlKey) return;
    event.preventDefault();
  };
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
      onWheel={wheel}
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
  const note = useSignal<string | null>(null);
  const again = useSignal(0);

  useEffect(() => {
    let gone = false;
    const { looked, crosshair } = store;
    const now = looked.peek()!;
    const place = (voxel: [number, number, number]) => {
      crosshair.value = { voxel, by: slot };
      store.pointed.value = null;
    };
    const subject = { shape: now.scan.shape, affine: now.scan.affine, organs: now.scan.organs };
    const open = async (): Promise<Picture> => {
      const base = now.images.prediction;
      if (hasWebGl2()) return niivuePicture(on, subject, base, place as never);
      note.value =
        'This browser draws no WebGL2, so single slices are shown. All numbers and files are the same.';
      return flatPicture(on, subject, place as never);
    };
    const lost = (): void => {
      picture.value = null;
      pictures[slot] = null;
      note.value = 'The graphics card took the picture away.';
    };
    const on = canvas.current!;
    on.addEventListener('webglcontextlost', lost);
    open().then(
      (opened) => {
        if (gone) return opened.close();
        pictures[slot] = opened;
        picture.value = opened;
      },
      (error: unknown) => {
        note.value = `The picture could not be drawn (${error instanceof Error ? error.message : error}). All numbers and files are the same.`;
      },
    );
    return () => {
      gone = true;
      on.removeEventListener('webglcontextlost', lost);
      picture.peek()?.close();
      pictures[slot] = null;
      picture.value = null;
    };
  }, [again.value]);

  useDrawing(slot, picture, note);

  const move = (event: PointerEvent): void => {
    if (event.pointerType === 'touch') return;
    const box = canvas.current!.getBoundingClientRect();
    store.pointed.value = picture.value?.voxelAt(event.clientX - box.left, event.clientY - box.top) ?? null;
  };
  return (
    <div class={`view view-${slot}`}>
      <div class="held">
        <canvas
          key={again.value}
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
      {note.value === null && picture.value === null && (
        <p class="over" role="status">
          Drawing …
        </p>
      )}
      {note.value !== null && (
        <p class="over" role="status">
          {note.value}{' '}
          {picture.value === null && (
            <button
              type="button"
              class="small"
              onClick={() => {
                note.value = null;
                again.value++;
              }}
            >
              Draw again
            </button>
          )}
        </p>
      )}
    </div>
  );
}

/** Keeps a picture what the store says. */
function useDrawing(slot: 0 | 1, picture: Signal<Picture | null>, note: Signal<string | null>): void {
  const guarded = (draw: (on: Picture) => void): void => {
    const on = picture.value;
    if (!on) return;
    try {
      draw(on);
    } catch (error) {
      note.value = `The picture could not be drawn (${error instanceof Error ? error.message : error}).`;
    }
  };
  useSignalEffect(() => {
    const view = store.view.value;
    guarded((on) => on.look(view));
  });
  useSignalEffect(() => {
    const layers = layersOf(slot);
    guarded((on) => {
      if (!layers) return;
      const start = performance.now();
      on.draw(layers);
      measured('draw', start);
    });
  });
  useSignalEffect(() => {
    const place = store.crosshair.value;
    guarded((on) => {
      if (place && place.by !== slot) on.goTo(place.voxel);
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
