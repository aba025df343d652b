import { SemcrcError } from '@semcrc/kernels';

/** The SemcrcError that some work ends with; anything else is thrown on. */
export async function failure(work: Promise<unknown>): Promise<SemcrcError> {
  const error = await work.then(
    () => new Error('it worked'),
    (caught: unknown) => caught,
  );
  if (!(error instanceof SemcrcError)) throw error;
  return error;
}
