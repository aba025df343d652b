import { SemcrcError } from '@semcrc/kernels';
import type { Highs } from '#highs-solver';
import { highsBinary } from './highs-binary.ts';

let loaded: Promise<Highs> | undefined;

/** HiGHS, fetched on first use only, so that a page that solves no gamma anchor never loads it. */
export function loadHighs(): Promise<Highs> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<Highs> {
  try {
    const [{ default: start }, binary] = await Promise.all([import('#highs-solver'), highsBinary()]);
    return await new Promise((resolve, reject) => {
      // The module would wait for ever for an instance that cannot be had.
      const instantiateWasm: Instantiate = (imports, done) => {
        WebAssembly.instantiate(binary, imports).then(({ instance }) => done(instance), reject);
      };
      start({ instantiateWasm } as Parameters<typeof start>[0]).then(resolve, reject);
    });
  } catch (cause) {
    loaded = undefined;
    throw new SemcrcError('unsupported', 'the solver HiGHS could not be loaded', { cause });
  }
}

/** Emscripten's hook for whoever makes the instance; the typings of highs leave it out. */
type Instantiate = (imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance) => void) => void;
