import type { SkippedRecord } from '../upstream/parse-records.ts';

/** The first record that was refused, named for a run record; null where none was. */
export function firstError(skipped: readonly SkippedRecord[]): string | null {
  const first = skipped[0];
  if (first === undefined) return null;
  return `record ${first.id === undefined ? `at ${first.index}` : JSON.stringify(first.id)}: ${first.reason}`;
}
