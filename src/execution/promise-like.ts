export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  // Primitives have no `then`, and most values of leaf fields are primitives.
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return false;
  return typeof (value as { then?: unknown }).then === 'function';
}

/** Has a rejection that nobody waits for any more go unheard instead of ending the process. */
export function silence(values: Iterable<unknown>): void {
  for (const value of values) {
    if (isPromiseLike(value)) value.then(ignore, ignore);
  }
}

function ignore(): void {
  // Its position has been given up, and so has its value.
}
