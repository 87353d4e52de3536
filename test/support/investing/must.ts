/** @throws Error that names the promise that is broken */
export function must(condition: boolean, promise: string): asserts condition {
  if (!condition) throw new Error(`broken: ${promise}`);
}
