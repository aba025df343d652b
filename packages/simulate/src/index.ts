export type { OrganSet } from './anatomy.ts';
export { drawPhantom, type PhantomModel, type PhantomScan } from './phantom.ts';
export { type PhantomOptions, paperSizedSource, phantomSource } from './source.ts';
