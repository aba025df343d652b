/** What is used of it; the package has no types of its own. */
declare module 'fs-native-extensions' {
  /**
   * An exclusive lock on a whole file that is open for writing, held until its last descriptor is closed, by whatever end of
   * the process; or a shared one, for which open for reading will do. False where another descriptor has it; other failures
   * are thrown, with a `code`.
   */
  export function tryLock(descriptor: number, options?: { readonly shared: boolean }): boolean;
}
