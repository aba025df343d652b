// What several rounds of a measurement come to.

/** The value in the middle (of an even number, the upper one). @param {readonly number[]} values */
export const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

/** The least and the largest, in words. @param {readonly number[]} values */
export const spread = (values) => `${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)}`;
