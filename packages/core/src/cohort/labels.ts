/** Label id → organ name, canonical whatever scheme the files use: 0 background, 1 body, 2 spleen … */
export type Labels = Readonly<Record<string, string>>;

/** Number of organ slots a set of labels needs: its largest id + 1. */
export function organSlots(labels: Labels): number {
  return Math.max(...labelIds(labels)) + 1;
}

/** Label ids, ascending. */
export function labelIds(labels: Labels): number[] {
  return Object.keys(labels)
    .map(Number)
    .sort((a, b) => a - b);
}
