export { cached, type Source } from './sources/source.ts';
export type { StoredPreparing } from './store/format.ts';
