import { type BaselineKernels, loadBaselineKernels } from '@semcrc/kernels';

let shared: Promise<BaselineKernels> | undefined;

/** The kernels of baselines and stand-ins: one instance a realm, as each of its jobs ends before another begins. */
export function baselineKernels(): Promise<BaselineKernels> {
  shared ??= loadBaselineKernels();
  return shared;
}
