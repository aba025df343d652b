export { type ErrorCode, type ErrorData, SemcrcError } from './error.ts';
