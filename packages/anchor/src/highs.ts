import type { Highs } from 'highs';

let loaded: Promise<Highs> | undefined;

/** HiGHS, fetched on first use only, so that a page that solves no anchor never loads it. */
export function loadHighs(): Promise<Highs> {
  loaded ??= import('highs').then(
    (module) => module.default(),
    (cause) => {
      loaded = undefined;
      throw cause;
    },
  );
  return loaded;
}
