import manifest from '../../package.json';

/** What calibrations record of the program that made them; all packages of the workspace have one version. */
export const VERSION: string = manifest.version;
