import { type UnitsRecord, unitsOf } from '@semcrc/core';

/** Units of a document; documents written before the record existed hold the window among their options. */
export function unitsIn(document: {
  readonly units?: UnitsRecord;
  readonly config?: Readonly<Record<string, unknown>>;
}): UnitsRecord | null {
  if (document.units !== undefined) return document.units;
  const window = document.config?.window;
  if (!Array.isArray(window) || window.length !== 2) return null;
  const [low, high] = window as unknown[];
  return typeof low === 'number' && typeof high === 'number' && high > low ? unitsOf([low, high]) : null;
}
