// What keys do while the picture has the focus.
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { VIEWS, type View } from '../picture/picture.ts';
import type { Direction } from '../picture/voxel.ts';
import { backToPromise, step, stepTolerance, zoom } from '../state/looking.ts';
import {
  COMPARISONS,
  choice,
  choose,
  comparison,
  draw,
  image,
  looked,
  MAPS,
  map,
  outlines,
  view,
} from '../state/store.ts';

export const keysShown = signal(false);

const next = <T,>(all: readonly T[], now: T): T => all[(all.indexOf(now) + 1) % all.length];

interface Key {
  readonly keys: readonly string[];
  readonly shown: string;
  readonly does: string;
  readonly run: (key: string) => void;
}

/** Where keys lead: arrows within the plane as it is drawn (the patient's right, or nose, at the left), page keys through it. */
const MOVES = ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'PageUp', 'PageDown'];
const WAYS: Readonly<Record<View, string>> = {
  planes: 'RLAPSI',
  axial: 'RLAPSI',
  mosaic: 'RLAPSI',
  coronal: 'RLSIAP',
  sagittal: 'APSIRL',
};

const KEYS: readonly Key[] = [
  {
    keys: MOVES,
    shown: '← → ↑ ↓ PgUp PgDn',
    does: 'move in the plane, and through it, voxel by voxel',
    run: (key) => step(WAYS[view.value][MOVES.indexOf(key)] as Direction),
  },
  { keys: [']', '+'], shown: ']', does: 'a larger tolerance', run: () => stepTolerance(1) },
  { keys: ['[', '-'], shown: '[', does: 'a smaller tolerance', run: () => stepTolerance(-1) },
  { keys: ['0'], shown: '0', does: 'back to the tolerance promised', run: backToPromise },
  {
    keys: ['m'],
    shown: 'm',
    does: 'next map: width, missed, λ, none',
    run: () => {
      const all = looked.value?.images.truth ? MAPS : MAPS.filter((kind) => kind !== 'missed');
      draw({ map: next(all, map.value) });
    },
  },
  {
    keys: ['i'],
    shown: 'i',
    does: 'prediction or truth beneath',
    run: () => {
      if (looked.value?.images.truth) draw({ image: image.value === 'prediction' ? 'truth' : 'prediction' });
    },
  },
  {
    keys: ['o'],
    shown: 'o',
    does: 'outlines of organs',
    run: () => {
      outlines.value = !outlines.value;
    },
  },
  {
    keys: ['v'],
    shown: 'v',
    does: 'next view: three planes, one plane, mosaic',
    run: () => {
      view.value = next(VIEWS, view.value);
    },
  },
  { keys: ['z'], shown: 'z', does: 'larger around the crosshair, and as a whole again', run: zoom },
  {
    keys: ['p'],
    shown: 'p',
    does: 'next procedure',
    run: () => {
      const count = looked.value?.scan.designs.length ?? 1;
      if (choice.value) choose({ design: (choice.value.design + 1) % count });
    },
  },
  {
    keys: ['c'],
    shown: 'c',
    does: 'compare two procedures: off, side by side, swipe',
    run: () => {
      if ((looked.value?.scan.designs.length ?? 0) > 1)
        draw({ comparison: next(COMPARISONS, comparison.value) });
    },
  },
  {
    keys: ['?'],
    shown: '?',
    does: 'this list',
    run: () => {
      keysShown.value = !keysShown.value;
    },
  },
];

/** Keys work only while the picture has the focus, so that they never come in the way of typing. */
export function pressed(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const key = KEYS.find(({ keys }) => keys.includes(event.key));
  if (!key) return;
  event.preventDefault();
  key.run(event.key);
}

/** The list of keys. */
export function KeyList() {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (keysShown.value) dialog.current?.showModal();
    else dialog.current?.close();
  }, [keysShown.value]);
  const close = (): void => {
    keysShown.value = false;
  };
  return (
    <dialog ref={dialog} aria-labelledby="keys-title" onClose={close}>
      <h2 id="keys-title">Keys, while the picture has the focus</h2>
      <dl class="keys">
        {KEYS.map(({ shown, does }) => (
          <div key={shown}>
            <dt>
              <kbd>{shown}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <button type="button" onClick={close}>
        Close
      </button>
    </dialog>
  );
}
