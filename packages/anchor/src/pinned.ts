import type { Kernels } from '@semcrc/kernels';
import type { LengthProblem, LengthVoxels } from './problem.ts';

/** A view that survives growing memory, if this is called before it grows: made anew on kernel memory, kept on the heap. */
export function pin(kernels: Kernels, view: Float32Array): () => Float32Array {
  const { memory } = kernels;
  if (view.buffer !== memory.buffer) return () => view;
  const { byteOffset, length } = view;
  let current = view;
  return () => {
    if (current.buffer !== memory.buffer) current = new Float32Array(memory.buffer, byteOffset, length);
    return current;
  };
}

/** Views of a problem's columns that survive growing memory, if this is called before it grows. */
export function pinColumns({ kernels, voxels }: LengthProblem): () => LengthVoxels {
  const truth = pin(kernels, voxels.truth);
  const lower = pin(kernels, voxels.lower);
  const upper = pin(kernels, voxels.upper);
  const lowerWeight = voxels.lowerWeight && pin(kernels, voxels.lowerWeight);
  const upperWeight = voxels.upperWeight && pin(kernels, voxels.upperWeight);
  const point = voxels.point && pin(kernels, voxels.point);
  return () => ({
    truth: truth(),
    lower: lower(),
    upper: upper(),
    lowerWeight: lowerWeight?.(),
    upperWeight: upperWeight?.(),
    point: point?.(),
  });
}
