import { SemcrcError } from '@semcrc/kernels';

/** The error of a scan that a part says it made, and whose files are not there. */
export function goneFrom(path: string, scan: string): SemcrcError {
  return new SemcrcError(
    'bad-input',
    `${path}: files of scan ${scan} are gone, which a part had made; do that part again, then merge`,
    { data: { file: path, scan } },
  );
}
