/** Calls of one request, job or object to what the platform bills, and to upstream. */
export interface CallCounts {
  /** Queries; a batch has as many as it has statements. */
  d1Queries: number;
  d1RowsRead: number;
  d1RowsWritten: number;
  /** Keys asked for. */
  kvReads: number;
  /** Puts, deletes and lists. */
  kvWrites: number;
  /** Requests to Durable Objects. */
  objectCalls: number;
  /** R2's class B operations. */
  r2Reads: number;
  /** R2's class A operations. */
  r2Writes: number;
  /** HTTP requests to the platform's own APIs. */
  upstreamCalls: number;
}

/** The order of the counts in the rows of D1. New ones are appended. */
export const CALL_NAMES = [
  'd1Queries',
  'd1RowsRead',
  'd1RowsWritten',
  'kvReads',
  'kvWrites',
  'objectCalls',
  'r2Reads',
  'r2Writes',
  'upstreamCalls',
] as const satisfies readonly (keyof CallCounts)[];

export const noCalls = (): CallCounts => ({
  d1Queries: 0,
  d1RowsRead: 0,
  d1RowsWritten: 0,
  kvReads: 0,
  kvWrites: 0,
  objectCalls: 0,
  r2Reads: 0,
  r2Writes: 0,
  upstreamCalls: 0,
});

export function addCalls(sum: CallCounts, added: Readonly<CallCounts>): void {
  // Each request adds its calls: a loop over the names takes thirty times as long.
  sum.d1Queries += added.d1Queries;
  sum.d1RowsRead += added.d1RowsRead;
  sum.d1RowsWritten += added.d1RowsWritten;
  sum.kvReads += added.kvReads;
  sum.kvWrites += added.kvWrites;
  sum.objectCalls += added.objectCalls;
  sum.r2Reads += added.r2Reads;
  sum.r2Writes += added.r2Writes;
  sum.upstreamCalls += added.upstreamCalls;
}
