import { SemcrcError } from '@semcrc/kernels';
import type { Highs } from 'highs';

let loaded: Promise<Highs> | undefined;

/** HiGHS, fetched on first use only, so that a page that solves no gamma anchor never loads it. */
export function loadHighs(): Promise<Highs> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<Highs> {
  try {
    const { default: start } = await import('highs');
    return await start();
  } catch (cause) {
    loaded = undefined;
    throw new SemcrcError(
      'unsupported',
      'the solver HiGHS could not be loaded; highs.wasm must be reachable beside its module',
      { cause },
    );
  }
}
