/** A type whose properties and elements are all read-only, at every depth. */
export type Immutable<T> = unknown extends T ? T : { readonly [Key in keyof T]: Immutable<T[Key]> };
