/** Group id → organ name, canonical whatever scheme the files use: 0 background, 1 body, 2 spleen … (DESIGN of the data model). */
export type Labels = Readonly<Record<string, string>>;
