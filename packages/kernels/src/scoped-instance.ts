import { Arena, type KernelMemory } from './arena.ts';

/** Bytes at the bottom of a memory that modules leave alone. */
const BASE = 1024;

/** What the faces see of an instance whose jobs keep nothing on its memory from one to the next. */
export class ScopedInstance<Exports> {
  readonly memory: KernelMemory;
  readonly raw: Exports;
  readonly #arena: Arena;

  constructor(memory: KernelMemory, raw: Exports) {
    this.memory = memory;
    this.raw = raw;
    this.#arena = new Arena(memory, BASE);
  }

  /** Runs `body` with all it allocates freed behind it. */
  scoped<T>(body: (arena: Arena) => T): T {
    const mark = this.#arena.mark();
    try {
      return body(this.#arena);
    } finally {
      this.#arena.release(mark);
    }
  }
}
