/** The text of the bundled `worker-browser`, which the build writes. */
export declare const source: string;
