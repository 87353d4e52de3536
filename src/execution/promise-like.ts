export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  // A fast exit: most values of leaf fields are primitives.
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return false;
  return typeof (value as { then?: unknown }).then === 'function';
}

/** Handles rejections that nobody awaits any more, which would otherwise end the process. */
export function silence(values: Iterable<unknown>): void {
  for (const value of values) {
    if (isPromiseLike(value)) value.then(ignore, ignore);
  }
}

function ignore(): void {
  // Its position was abandoned.
}
