const instances = new Map<unknown, Promise<unknown>>();

/**
 * One instance of kernels for this thread, for work that keeps nothing on its memory from one step to the next:
 * `sharedInstance(loadKernels)`. The memory keeps the size of the largest step.
 *
 * @throws SemcrcError as `load` does.
 */
export function sharedInstance<T>(load: () => Promise<T>): Promise<T> {
  let instance = instances.get(load) as Promise<T> | undefined;
  if (!instance) {
    instance = load();
    instances.set(load, instance);
  }
  return instance;
}
