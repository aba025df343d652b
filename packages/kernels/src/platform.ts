declare global {
  // Every platform has it and declares it in typings of its own, with which this merges: without it, whoever
  // compiles for Node alone would have to pull in the types of a browser.
  interface AbortSignal {}
}

export {};
