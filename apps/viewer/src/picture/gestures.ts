// What hands do to a picture: points are in CSS pixels from the element's corner.

export interface Gestures {
  /** Pressed, or drawn across it, with the first button or a finger. */
  point(x: number, y: number): void;
  /** Drawn across it with another button. */
  pan(x: number, y: number, byX: number, byY: number): void;
  /** The wheel, away from the reader (1) or towards them (−1). */
  through(x: number, y: number, up: 1 | -1): void;
  /** The wheel with the control key, and what touchpads make of a pinch. */
  zoom(x: number, y: number, times: number): void;
}

/** Pixels of the wheel by which a picture grows e-fold. */
const WHEEL = 300;

/** Tells of gestures on an element; returns how to stop. */
export function onGestures(target: HTMLElement, gestures: Gestures): () => void {
  const listening = new AbortController();
  const { signal } = listening;
  let dragged: 'point' | 'pan' | null = null;
  let last: readonly [number, number] = [0, 0];
  const on = <Name extends keyof HTMLElementEventMap>(
    name: Name,
    does: (event: HTMLElementEventMap[Name]) => void,
  ): void => target.addEventListener(name, does, { signal, passive: false });

  on('pointerdown', ({ button, offsetX, offsetY, pointerId }) => {
    target.setPointerCapture(pointerId);
    dragged = button === 0 ? 'point' : 'pan';
    last = [offsetX, offsetY];
    if (dragged === 'point') gestures.point(offsetX, offsetY);
  });
  on('pointermove', ({ offsetX, offsetY }) => {
    if (dragged === 'point') gestures.point(offsetX, offsetY);
    else if (dragged === 'pan') gestures.pan(last[0], last[1], offsetX - last[0], offsetY - last[1]);
    last = [offsetX, offsetY];
  });
  const stop = (): void => {
    dragged = null;
  };
  on('pointerup', stop);
  on('pointercancel', stop);
  on('contextmenu', (event) => event.preventDefault());
  on('wheel', (event) => {
    event.preventDefault();
    const { ctrlKey, deltaY, offsetX, offsetY } = event;
    if (ctrlKey) gestures.zoom(offsetX, offsetY, Math.exp(-deltaY / WHEEL));
    else if (deltaY !== 0) gestures.through(offsetX, offsetY, deltaY < 0 ? 1 : -1);
  });
  return () => listening.abort();
}
